"""``silo project``: projects, where an organization's events come in."""

from typing import Annotated

import typer

from shared.cli import rest
from shared.cli.access import access_of
from shared.cli.invocation import SiloCommand, SiloGroup
from shared.cli.output import JsonOption, examples, note, print_json
from shared.cli.tables import print_pairs

app = typer.Typer(cls=SiloGroup, add_completion=False, no_args_is_help=True)


@app.callback(epilog=examples("silo project create acme web --json"))
def project() -> None:
    """Projects: make one, and learn where its events go."""


@app.command(cls=SiloCommand, epilog=examples("silo project create acme web", "silo project create acme web --json"))
def create(
    ctx: typer.Context,
    organization: Annotated[str, typer.Argument(metavar="ORG", help="Slug or id.")],
    slug: Annotated[str, typer.Argument(metavar="SLUG", help="Lower case; unique in the organization.")],
    name: Annotated[str | None, typer.Option("--name", help="Shown to people. Default: the slug.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Make a project in an organization, in the region where the organization lives."""
    owner = rest.segment(organization)
    with rest.connect(access_of(ctx)) as api:
        made = api.post(f"/organizations/{owner}/projects/", {"slug": slug, "name": name or slug})
        keys = api.get(f"/projects/{owner}/{rest.segment(made['slug'])}/keys/")
    printed = {"id": int(made["id"]), "slug": made["slug"], "dsn": keys[0]["dsn"]["public"]}
    if as_json:
        print_json(printed)
        return
    print_pairs(printed.items())
    note("Next: give the DSN to any SDK, as SENTRY_DSN, and its events arrive as issues.")
