"""``silo app``: the life of an app, from a manifest to its end."""

import json
from enum import Enum
from typing import Annotated, Any

import typer

from shared.cli import app_credentials, app_install, rest
from shared.cli.access import access_of
from shared.cli.app_credentials import SlugArgument
from shared.cli.app_install import OrgOption, default_organization
from shared.cli.app_replicas import AppReplica, list_replicas
from shared.cli.app_update import find_app, update, update_app
from shared.cli.confirm import DryRunOption, YesOption, is_confirmed
from shared.cli.invocation import SiloCommand, SiloGroup
from shared.cli.manifest import RECEIVER_PORT, acme_kanban, read_manifest
from shared.cli.output import JsonOption, examples, note, print_json
from shared.cli.tables import print_pairs, print_table

app = typer.Typer(cls=SiloGroup, add_completion=False, no_args_is_help=True)


class AppStatus(Enum):
    """Who may install an app: everyone, its owner, nobody but the organization it was made in."""

    PUBLISHED = "published"
    UNPUBLISHED = "unpublished"
    INTERNAL = "internal"


@app.callback(epilog=examples("silo app example > kanban.json", "silo app create kanban.json"))
def apps() -> None:
    """Apps: make, show, install and remove them."""


@app.command(
    cls=SiloCommand,
    epilog=examples("silo app example > kanban.json", "silo app example --url http://localhost:8080 > mine.json"),
)
def example(
    url: Annotated[
        str, typer.Option(metavar="URL", help="Where the app is. Default: where `silo receiver` is.")
    ] = f"http://localhost:{RECEIVER_PORT}",
) -> None:
    """Print the manifest of a public app with every kind of component, to start from."""
    print(json.dumps(acme_kanban(url.rstrip("/")), indent=2))


@app.command(
    cls=SiloCommand,
    epilog=examples(
        "silo app create kanban.json",
        "silo app create kanban.yaml --org shop --name 'Shop Kanban' --json",
        "silo app example | silo app create -",
        "silo app create kanban.json --or-update",
    ),
)
def create(
    ctx: typer.Context,
    manifest: Annotated[str, typer.Argument(metavar="MANIFEST", help="File in JSON or YAML; - is standard input.")],
    organization: OrgOption = None,
    name: Annotated[str | None, typer.Option("--name", help="In place of the manifest's.")] = None,
    or_update: Annotated[
        bool, typer.Option("--or-update", help="If the organization has an app of that name, update that one.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Make an app from a manifest: the body of POST sentry-apps/ as a file."""
    body = read_manifest(manifest)
    access = access_of(ctx)
    # The option over the manifest: a manifest is shared, where it goes is said by whoever makes it.
    owner = organization or body.get("organization") or default_organization(access)
    body |= {"organization": owner} | ({"name": name} if name else {})
    with rest.connect(access) as api:
        if or_update and (found := find_app(api, body, owner=owner)):
            update_app(api, found, body, dry_run=False, as_json=as_json)
            return
        made = api.post("/sentry-apps/", body)
    if as_json:
        print_json(made)
        return
    _print_app(made)
    if made["status"] == AppStatus.INTERNAL.value:  # it was installed when it was made
        note(f"Next: silo app token create {made['slug']}")
    else:
        note(f"Next: silo app install {made['slug']} --org {owner}")


app.command(
    cls=SiloCommand,
    epilog=examples("silo app update kanban.json --dry-run", "silo app update kanban.json --app acme-kanban --json"),
)(update)


@app.command("list", cls=SiloCommand, epilog=examples("silo app list", "silo app list --org acme --status internal"))
def list_all(
    ctx: typer.Context,
    organization: Annotated[str | None, typer.Option("--org", metavar="SLUG", help="Only those that it owns.")] = None,
    status: Annotated[AppStatus | None, typer.Option("--status", help="Only those that are so.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List apps: all that the token may see, or those that an organization owns."""
    path = f"/organizations/{rest.segment(organization)}/sentry-apps/" if organization else "/sentry-apps/"
    with rest.connect(access_of(ctx)) as api:
        found = list(api.pages(path, params={"status": status.value} if status else None))
    if as_json:
        print_json(found)
    else:
        rows = [(each["slug"], each["name"], each["status"], (each.get("owner") or {}).get("slug")) for each in found]
        print_table(("slug", "name", "status", "owner"), rows)


@app.command(cls=SiloCommand, epilog=examples("silo app show acme-kanban", "silo app show acme-kanban --json"))
def show(ctx: typer.Context, slug: SlugArgument, as_json: JsonOption = False) -> None:
    """Show an app, and what each region holds of it: the version of its replica, and its installations."""
    access = access_of(ctx)
    with rest.connect(access) as api:
        found = api.get(f"/sentry-apps/{rest.segment(slug)}/")
    # By the slug that control answered: an id may have been typed, which regions are not asked by.
    replicas = list_replicas(access, found["slug"]) if access.rpc_keys else []
    if as_json:
        print_json({**found, "regions": {replica.region: replica.as_json() for replica in replicas}})
        return
    _print_app(found)
    if access.rpc_keys:
        print_table(("region", "replica", "installed in"), [_replica_row(replica) for replica in replicas])
    else:
        note("What the regions hold of it is asked over gRPC: set SILO_RPC_KEYS.")


app.command(
    "publish",
    cls=SiloCommand,
    epilog=examples(
        "silo app publish acme-kanban",
        "silo app publish acme-kanban --request --logo logo.png --icon icon.png --answer 'What does it do?=Cards.'",
    ),
)(app_install.publish)
app.command(
    cls=SiloCommand, epilog=examples("silo app install acme-kanban", "silo app install acme-kanban --org shop")
)(app_install.install)
app.command(cls=SiloCommand, epilog=examples("silo app uninstall acme-kanban --org shop"))(app_install.uninstall)
app.command("rotate-secret", cls=SiloCommand, epilog=examples("silo app rotate-secret acme-kanban --json"))(
    app_credentials.rotate_secret
)
app.add_typer(app_credentials.tokens, name="token")


@app.command(cls=SiloCommand, epilog=examples("silo app delete acme-kanban"))
def delete(
    ctx: typer.Context,
    slug: SlugArgument,
    yes: YesOption = False,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Delete an app with its installations and tokens, everywhere. A published app cannot be deleted."""
    with rest.connect(access_of(ctx)) as api:
        path = f"/sentry-apps/{rest.segment(slug)}/"
        # Asked for first, so that nobody confirms what is not there.
        what = f"{api.get(path)['slug']} is deleted everywhere, with its installations and tokens."
        goes_on = is_confirmed(what, yes=yes, dry_run=dry_run)
        if goes_on:
            api.delete(path)
    if as_json:
        print_json({"slug": slug, "deleted": goes_on})


def _replica_row(replica: AppReplica) -> tuple[str, str, str]:
    if not replica.is_reachable:
        return replica.region, "does not answer", ""
    version = f"version {replica.version}" if replica.version else "none"
    installed = ", ".join(f"{each.organization} ({each.status})" for each in replica.installations)
    return replica.region, version, installed


def _print_app(found: dict[str, Any]) -> None:
    shown = ("slug", "name", "status", "uuid", "clientId", "clientSecret", "webhookUrl", "scopes", "events")
    pairs = [(name, found.get(name)) for name in shown]
    components = [element.get("type") for element in (found.get("schema") or {}).get("elements", [])]
    print_pairs([*pairs, ("components", components), ("verifyInstall", found.get("verifyInstall"))])
