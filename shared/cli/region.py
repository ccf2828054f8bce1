"""``silo region``: the directory of regions."""

import typer

from shared.cli.access import access_of
from shared.cli.directory import list_regions
from shared.cli.invocation import SiloCommand, SiloGroup
from shared.cli.output import JsonOption, examples, print_json
from shared.cli.tables import print_table

app = typer.Typer(cls=SiloGroup, add_completion=False, no_args_is_help=True)


@app.callback(epilog=examples("silo region list --json"))
def region() -> None:
    """Regions, as they have registered themselves with control."""


@app.command("list", cls=SiloCommand, epilog=examples("silo region list", "silo region list --json"))
def list_all(ctx: typer.Context, as_json: JsonOption = False) -> None:
    """List the regions in control's directory."""
    found = [
        {
            "name": each.name,
            "grpc": each.grpc_address,
            "http": each.http_address,
            "registered_at": each.registered_at.ToJsonString(),
        }
        for each in list_regions(access_of(ctx))
    ]
    if as_json:
        print_json(found)
    else:
        print_table(("name", "gRPC", "HTTP", "registered"), [_row(each) for each in found])


def _row(region: dict[str, str]) -> tuple[str, ...]:
    return region["name"], region["grpc"], region["http"], f"{region['registered_at'][:19]}Z"
