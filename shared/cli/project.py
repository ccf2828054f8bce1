"""``silo project``: the projects of an organization, and the DSN where the events of each come in."""

from typing import Annotated, Any

import typer

from shared.cli import rest
from shared.cli.access import access_of
from shared.cli.invocation import SiloCommand, SiloGroup
from shared.cli.output import JsonOption, examples, note, print_json
from shared.cli.tables import print_pairs, print_table

app = typer.Typer(cls=SiloGroup, add_completion=False, no_args_is_help=True)

OrganizationArgument = Annotated[str, typer.Argument(metavar="ORG", help="Slug or id.")]


@app.callback(epilog=examples("silo project create acme web --json", "silo project show acme web"))
def project() -> None:
    """Projects: make one, list them, and learn where its events go."""


@app.command(cls=SiloCommand, epilog=examples("silo project create acme web", "silo project create acme web --json"))
def create(
    ctx: typer.Context,
    organization: OrganizationArgument,
    slug: Annotated[str, typer.Argument(metavar="SLUG", help="Lower case; unique in the organization.")],
    name: Annotated[str | None, typer.Option("--name", help="Shown to people. Default: the slug.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Make a project in an organization, in the region where the organization lives."""
    owner = rest.segment(organization)
    with rest.connect(access_of(ctx)) as api:
        made = api.post(f"/organizations/{owner}/projects/", {"slug": slug, "name": name or slug})
        # By the slug that was made, which need not be the one that was typed.
        printed = _printed(api, owner, made)
    if as_json:
        print_json(printed)
        return
    print_pairs(printed.items())
    note("Next: give the DSN to any SDK, as SENTRY_DSN, and its events arrive as issues.")


@app.command("list", cls=SiloCommand, epilog=examples("silo project list acme", "silo project list acme --json"))
def list_all(ctx: typer.Context, organization: OrganizationArgument, as_json: JsonOption = False) -> None:
    """List an organization's projects, each with its DSN."""
    owner = rest.segment(organization)
    with rest.connect(access_of(ctx)) as api:
        found = [_printed(api, owner, each) for each in api.pages(f"/organizations/{owner}/projects/")]
    if as_json:
        print_json(found)
    else:
        print_table(("id", "slug", "dsn"), [tuple(each.values()) for each in found])


@app.command(cls=SiloCommand, epilog=examples("silo project show acme web", "silo project show acme web --json"))
def show(
    ctx: typer.Context,
    organization: OrganizationArgument,
    slug: Annotated[str, typer.Argument(metavar="SLUG", help="Slug or id.")],
    as_json: JsonOption = False,
) -> None:
    """Show a project and its DSN, which is no secret: it can only send events."""
    owner = rest.segment(organization)
    with rest.connect(access_of(ctx)) as api:
        printed = _printed(api, owner, api.get(f"/projects/{owner}/{rest.segment(slug)}/"))
    if as_json:
        print_json(printed)
    else:
        print_pairs(printed.items())


def _printed(api: rest.RestClient, owner: str, shown: dict[str, Any]) -> dict[str, Any]:
    """What is shown of a project; no DSN where every key of it was deleted."""
    keys = api.get(f"/projects/{owner}/{rest.segment(shown['slug'])}/keys/")
    return {"id": int(shown["id"]), "slug": shown["slug"], "dsn": keys[0]["dsn"]["public"] if keys else None}
