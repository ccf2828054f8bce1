"""``silo org``: organizations and their features."""

from enum import Enum
from typing import Annotated

import typer

from shared.cli import rest
from shared.cli.access import access_of
from shared.cli.invocation import SiloCommand, SiloGroup
from shared.cli.lost_region import add_to_organizations
from shared.cli.organizations import list_organizations
from shared.cli.output import JsonOption, examples, note, print_json
from shared.cli.tables import print_pairs, print_table

app = typer.Typer(cls=SiloGroup, add_completion=False, no_args_is_help=True)


class Switch(Enum):
    """Whether a feature is available."""

    ON = "on"
    OFF = "off"


@app.callback(epilog=examples("silo org create shop --region de", "silo org list --json"))
def org() -> None:
    """Organizations: make them in a region, list them, switch their features."""


add_to_organizations(app)


@app.command(
    cls=SiloCommand, epilog=examples("silo org create shop --region de", "silo org create shop --region us --json")
)
def create(
    ctx: typer.Context,
    slug: Annotated[str, typer.Argument(metavar="SLUG", help="Lower case; unique in the world.")],
    region: Annotated[str, typer.Option("--region", metavar="NAME", help="Where it lives, for good.")],
    name: Annotated[str | None, typer.Option("--name", help="Shown to people. Default: the slug.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Make an organization in a region."""
    with rest.connect(access_of(ctx)) as api:
        made = api.post("/organizations/", {"slug": slug, "name": name or slug, "region": region})
    printed = {"id": int(made["id"]), "slug": made["slug"], "name": made.get("name", name or slug), "region": region}
    if as_json:
        print_json(printed)
        return
    print_pairs(printed.items())
    note(f"Next: silo user create someone@{slug}.example --org {slug} --role owner")


@app.command(
    cls=SiloCommand,
    epilog=examples(
        "silo org feature acme organizations:integrations-event-hooks off",
        "silo org feature acme organizations:sentry-app-manual-token-refresh on",
    ),
)
def feature(
    ctx: typer.Context,
    organization: Annotated[str, typer.Argument(metavar="ORG", help="Slug or id.")],
    name: Annotated[str, typer.Argument(metavar="FEATURE", help="Full name, such as organizations:….")],
    switch: Annotated[Switch, typer.Argument(metavar="on|off")],
    as_json: JsonOption = False,
) -> None:
    """Switch a feature of an organization on or off. All known features are on until they are switched off."""
    enabled = switch is Switch.ON
    with rest.connect(access_of(ctx)) as api:
        api.put(f"/organizations/{rest.segment(organization)}/features/", {"feature": name, "enabled": enabled})
    if as_json:
        print_json({"organization": organization, "feature": name, "enabled": enabled})
    else:
        note(f"{name} is {switch.value} for {organization}.")


@app.command("list", cls=SiloCommand, epilog=examples("silo org list", "silo org list --json"))
def list_all(ctx: typer.Context, as_json: JsonOption = False) -> None:
    """List every organization in the world, as control knows them."""
    found = list(list_organizations(access_of(ctx)))
    if as_json:
        print_json(
            [{"id": each.id, "slug": each.slug, "name": each.name, "region": each.region_name} for each in found]
        )
    else:
        print_table(
            ("id", "slug", "name", "region"), [(each.id, each.slug, each.name, each.region_name) for each in found]
        )
