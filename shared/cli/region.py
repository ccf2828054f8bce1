"""``silo region``: the directory of regions."""

from typing import Annotated

import typer

from shared.cli.access import access_of
from shared.cli.directory import list_regions
from shared.cli.draining import Drained, drain_region
from shared.cli.invocation import SiloCommand, SiloGroup
from shared.cli.output import JsonOption, examples, note, print_json
from shared.cli.tables import print_table

app = typer.Typer(cls=SiloGroup, add_completion=False, no_args_is_help=True)

WAIT_SECONDS = 60.0
"""How long a region is waited for."""


@app.callback(epilog=examples("silo region list", "silo region drain de"))
def region() -> None:
    """Regions, as they have registered themselves with control: list them, wait until one has everything."""


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


@app.command(cls=SiloCommand, epilog=examples("silo region drain de", "silo region drain de --wait 300 --json"))
def drain(
    ctx: typer.Context,
    region: Annotated[str, typer.Argument(metavar="REGION", help="Its name.")],
    wait: Annotated[float, typer.Option("--wait", metavar="SECONDS", min=0, help="How long at most.")] = WAIT_SECONDS,
    as_json: JsonOption = False,
) -> None:
    """Wait until a region was told of everything, and has told control of everything: before it is stopped, say.

    Writes go on meanwhile. Exits with 1 when something is still due, or was parked.
    """
    drained = drain_region(access_of(ctx), region, seconds=wait, tell=note)
    if as_json:
        print_json(drained.as_json())
    elif drained.is_complete:
        note(f"Nothing is due to {region}, and nothing from it.")
    if not drained.is_complete:
        note(_what_is_left(drained))
        raise typer.Exit(1)


def _what_is_left(drained: Drained) -> str:
    region, paused = drained.region, drained.incoming.is_paused or drained.outgoing.is_paused
    sentences = [f"Still due to {region} or from it: {drained.due}."] if drained.due else []
    if drained.parked:
        sentences.append(f"Parked: {drained.parked}; `silo outbox parked` shows why.")
    if drained.due and paused:
        sentences.append(f"An operator has paused it: `silo outbox resume {region}`, or `silo outbox resume control`.")
    return " ".join(sentences)


def _row(region: dict[str, str]) -> tuple[str, ...]:
    return region["name"], region["grpc"], region["http"], f"{region['registered_at'][:19]}Z"
