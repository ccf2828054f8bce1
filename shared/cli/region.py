"""``silo region``: the directory of regions, and waiting until one of them has everything."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from shared.cli.access import Access, access_of
from shared.cli.invocation import SiloCommand, SiloGroup
from shared.cli.key import add_key, open_keys
from shared.cli.lost_region import add_to_regions
from shared.cli.outbox_senders import TIMEOUT_SECONDS, Stub
from shared.cli.output import JsonOption, examples, note, print_json
from shared.cli.tables import print_table
from shared.domain.peer import CONTROL, is_region_name
from shared.errors import ConfigInvalid, Conflict, RegionNotFound
from shared.pb.hybridcloud.operations.v1 import (
    key_service_pb2,
    outbox_service_pb2,
    region_pb2,
    topology_service_pb2,
    topology_service_pb2_grpc,
)
from shared.rpc.channel import SiloChannel

app = typer.Typer(cls=SiloGroup, add_completion=False, no_args_is_help=True)

WAIT_SECONDS = 60.0
"""How long a region is waited for."""
_LOOK_SECONDS = 0.1
_TELL_SECONDS = 5.0


@dataclass(frozen=True)
class Waiting:
    """What waits in one direction."""

    due: int
    parked: int
    is_paused: bool


@dataclass(frozen=True)
class Drained:
    """How far a region is drained."""

    region: str
    incoming: Waiting
    """From control to the region."""
    outgoing: Waiting
    """From the region to control."""

    @property
    def due(self) -> int:
        return self.incoming.due + self.outgoing.due

    @property
    def parked(self) -> int:
        return self.incoming.parked + self.outgoing.parked

    @property
    def is_complete(self) -> bool:
        """Nothing is due and nothing was set aside."""
        return not self.due and not self.parked

    def as_json(self) -> dict[str, Any]:
        return {
            "region": self.region,
            "drained": self.is_complete,
            "due": {"to_region": self.incoming.due, "to_control": self.outgoing.due},
            "parked": {"to_region": self.incoming.parked, "to_control": self.outgoing.parked},
        }


@app.callback(epilog=examples("silo region list", "silo region drain de"))
def region() -> None:
    """Regions, as they have registered themselves with control: list and invite them, wait until one has all."""


add_to_regions(app)


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
        for each in _list_regions(access_of(ctx))
    ]
    if as_json:
        print_json(found)
    else:
        print_table(("name", "gRPC", "HTTP", "registered"), [_row(each) for each in found])


@app.command(cls=SiloCommand, epilog=examples("silo region invite jp", "silo region invite jp --json"))
def invite(
    ctx: typer.Context,
    region: Annotated[str, typer.Argument(metavar="NAME", help="Of the new region.")],
    as_json: JsonOption = False,
) -> None:
    """Let a new region in: print the line of its environment with which it may register under that name.

    Control keeps its side of the key, and needs no restart. Nobody else can register under the name.
    """
    if not is_region_name(region):
        raise ConfigInvalid(f"{region!r} is no name for a region.")
    access = access_of(ctx)
    with open_keys(access, CONTROL) as keys:
        known = keys.ListKeys(key_service_pb2.ListKeysRequest()).keys
    # Two invitations would be two keys for one name, of which the first may be in somebody's shell history.
    if any(key.peer == region and not key.HasField("revoked_at") for key in known):
        raise Conflict(f"{region} has a key already. `silo key add {region}` gives it another.")
    added = add_key(access, CONTROL, region)
    if as_json:
        print_json({"name": region, "rpc_keys": added["peer_entry"]})
        return
    # Two lines of an environment file, so that the output can go into one.
    print(f"REGION_NAME={region}\nSILO_RPC_KEYS={added['peer_entry']}", flush=True)
    note(f"Put these lines into the environment of {region}. The secret is shown this once.")


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
    drained = _drain_region(access_of(ctx), region, seconds=wait)
    if as_json:
        print_json(drained.as_json())
    elif drained.is_complete:
        note(f"Nothing is due to {region}, and nothing from it.")
    if not drained.is_complete:
        note(_what_is_left(drained))
        raise typer.Exit(1)


def _list_regions(access: Access) -> Sequence[region_pb2.Region]:
    """Every region that has registered, by name."""
    with access.channel(CONTROL) as channel:
        stub = topology_service_pb2_grpc.TopologyServiceStub(channel)
        return list(stub.ListRegions(topology_service_pb2.ListRegionsRequest()).regions)


def _drain_region(access: Access, region: str, *, seconds: float) -> Drained:
    """Returns when nothing is due any more, nothing can be because of a pause, or the seconds are over.

    Raises:
        RegionNotFound: there is no such region.
        SiloError: control or the region does not answer.
    """
    if region == CONTROL:
        raise RegionNotFound("control is no region. Name the region that should have everything.")
    begun = told = time.monotonic()
    with access.channel(CONTROL) as control, access.channel(region) as channel:
        while True:
            now = Drained(region, _waiting(control, region), _waiting(channel, CONTROL))
            # Waiting would be in vain: nothing is delivered until an operator says so.
            is_stopped = any(way.due and way.is_paused for way in (now.incoming, now.outgoing))
            if not now.due or is_stopped or time.monotonic() - begun >= seconds:
                return now
            if time.monotonic() - told >= _TELL_SECONDS:
                told = time.monotonic()
                note(f"Still due: {now.due}.")
            threading.Event().wait(_LOOK_SECONDS)


def _waiting(channel: SiloChannel, destination: str) -> Waiting:
    answer = Stub(channel).GetStatus(outbox_service_pb2.GetStatusRequest(), timeout=TIMEOUT_SECONDS)
    for status in answer.destinations:
        if status.destination == destination:
            return Waiting(sum(status.backlog.values()), status.parked, status.HasField("paused_at"))
    # A destination that is not mentioned was never written to.
    return Waiting(0, 0, is_paused=False)


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
