"""``silo app``: the life of an app, from a manifest to its end."""

import json
from enum import Enum
from typing import Annotated, Any

import typer

from shared.cli import app_publish, app_token, rest
from shared.cli.access import Access, access_of
from shared.cli.app_replicas import AppReplica, list_replicas
from shared.cli.invocation import SiloCommand, SiloGroup
from shared.cli.manifest import ACME_KANBAN, read_manifest
from shared.cli.output import JsonOption, examples, note, print_json
from shared.cli.tables import print_pairs, print_table
from shared.errors import AppNotFound, ConfigInvalid, InstallationNotFound, NotFound

app = typer.Typer(cls=SiloGroup, add_completion=False, no_args_is_help=True)

app.add_typer(app_token.app, name="token")

SlugArgument = Annotated[str, typer.Argument(metavar="APP", help="Slug or id.")]
OrgOption = Annotated[
    str | None, typer.Option("--org", metavar="SLUG", help="Default: the organization that `silo up` made.")
]


class AppStatus(Enum):
    """Who may install an app: everyone, its owner, nobody but the organization it was made in."""

    PUBLISHED = "published"
    UNPUBLISHED = "unpublished"
    INTERNAL = "internal"


@app.callback(epilog=examples("silo app example > kanban.json", "silo app create kanban.json"))
def apps() -> None:
    """Apps: make, show, install and remove them."""


@app.command(cls=SiloCommand, epilog=examples("silo app example > kanban.json"))
def example() -> None:
    """Print the manifest of a public app with every kind of component, to start from."""
    print(json.dumps(ACME_KANBAN, indent=2))


@app.command(
    cls=SiloCommand,
    epilog=examples(
        "silo app create kanban.json",
        "silo app create kanban.yaml --org shop --name 'Shop Kanban' --json",
        "silo app example | silo app create -",
    ),
)
def create(
    ctx: typer.Context,
    manifest: Annotated[str, typer.Argument(metavar="MANIFEST", help="File in JSON or YAML; - is standard input.")],
    organization: OrgOption = None,
    name: Annotated[str | None, typer.Option("--name", help="In place of the manifest's.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Make an app from a manifest: the body of POST sentry-apps/ as a file."""
    body = read_manifest(manifest)
    access = access_of(ctx)
    owner = organization or body.get("organization") or _default_organization(access)
    body |= {"organization": owner} | ({"name": name} if name else {})
    with rest.connect(access) as api:
        made = api.post("/sentry-apps/", body)
    if as_json:
        print_json(made)
        return
    _print_app(made)
    if made["status"] == AppStatus.INTERNAL.value:  # it was installed when it was made
        note(f"Next: silo app token create {made['slug']}")
    else:
        note(f"Next: silo app install {made['slug']} --org {owner}")


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
    replicas = list_replicas(access, found["slug"]) if access.rpc_keys else []
    if as_json:
        print_json({**found, "regions": {replica.region: replica.as_json() for replica in replicas}})
        return
    _print_app(found)
    if access.rpc_keys:
        print_table(("region", "replica", "installed in"), [_replica_row(replica) for replica in replicas])
    else:
        note("What the regions hold of it is asked over gRPC: set SILO_RPC_KEYS.")


@app.command(
    cls=SiloCommand, epilog=examples("silo app install acme-kanban", "silo app install acme-kanban --org shop")
)
def install(
    ctx: typer.Context, slug: SlugArgument, organization: OrgOption = None, as_json: JsonOption = False
) -> None:
    """Install an app in an organization; once installed, it stays as it is."""
    access = access_of(ctx)
    owner = organization or _default_organization(access)
    with rest.connect(access) as api:
        made = _install(api, slug, owner)
    if as_json:
        print_json(made)
        return
    pairs = {"uuid": made["uuid"], "app": made["app"]["slug"], "organization": made["organization"]["slug"]}
    print_pairs({**pairs, "status": made["status"]}.items())


@app.command(cls=SiloCommand, epilog=examples("silo app uninstall acme-kanban --org shop"))
def uninstall(
    ctx: typer.Context, slug: SlugArgument, organization: OrgOption = None, as_json: JsonOption = False
) -> None:
    """Remove every installation of an app from an organization."""
    access = access_of(ctx)
    owner = organization or _default_organization(access)
    with rest.connect(access) as api:
        found = _installations_of(api, slug, owner)
        for uuid in found:
            api.delete(f"/sentry-app-installations/{uuid}/")
    if as_json:
        print_json({"app": slug, "organization": owner, "uninstalled": found})
    else:
        note(f"{slug} is no longer installed in {owner}.")


@app.command("rotate-secret", cls=SiloCommand, epilog=examples("silo app rotate-secret acme-kanban --json"))
def rotate_secret(ctx: typer.Context, slug: SlugArgument, as_json: JsonOption = False) -> None:
    """Give an app another client secret and print it, once. Regions sign with it as soon as they have it."""
    with rest.connect(access_of(ctx)) as api:
        made = api.post(f"/sentry-apps/{rest.segment(slug)}/rotate-secret/")
    if as_json:
        print_json(made)
    else:
        print_pairs([("app", slug), ("clientSecret", made["clientSecret"])])


app.command("publish", cls=SiloCommand, epilog=examples(*app_publish.EXAMPLES))(app_publish.publish)


@app.command(cls=SiloCommand, epilog=examples("silo app delete acme-kanban"))
def delete(ctx: typer.Context, slug: SlugArgument, as_json: JsonOption = False) -> None:
    """Delete an app with its installations and tokens, everywhere. A published app cannot be deleted."""
    with rest.connect(access_of(ctx)) as api:
        api.delete(f"/sentry-apps/{rest.segment(slug)}/")
    if as_json:
        print_json({"slug": slug, "deleted": True})
    else:
        note(f"{slug} is deleted.")


def _install(api: rest.RestClient, slug: str, organization: str) -> Any:
    try:
        return api.post(f"/organizations/{rest.segment(organization)}/sentry-app-installations/", {"slug": slug})
    except NotFound as exc:
        if exc.metadata.get("silent") != "true":
            raise
        raise AppNotFound(f"There is no app {slug!r} that {organization} may install.") from exc


def _installations_of(api: rest.RestClient, slug: str, organization: str) -> list[str]:
    """UUIDs of an app's installations in an organization.

    Raises:
        InstallationNotFound: there is none.
    """
    installed = api.pages(f"/organizations/{rest.segment(organization)}/sentry-app-installations/")
    found = [each["uuid"] for each in installed if slug in {each["app"]["slug"], str(each["app"].get("sentryAppId"))}]
    if not found:
        raise InstallationNotFound(f"{slug} is not installed in {organization}.")
    return found


def _default_organization(access: Access) -> str:
    if access.organization is None:
        raise ConfigInvalid("Name the organization with --org.")
    return access.organization


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
