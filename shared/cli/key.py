"""``silo key``: the keys that a silo shares with its peers."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from shared.cli.access import Access, access_of
from shared.cli.confirm import DryRunOption, YesOption, is_confirmed
from shared.cli.invocation import SiloCommand, SiloGroup
from shared.cli.output import JsonOption, examples, note, print_json
from shared.cli.tables import print_table
from shared.domain.peer import CONTROL, PeerKind, find_kind
from shared.errors import ConfigInvalid
from shared.pb.hybridcloud.operations.v1 import key_pb2, key_service_pb2, key_service_pb2_grpc

app = typer.Typer(cls=SiloGroup, add_completion=False, no_args_is_help=True)

PeerArgument = Annotated[
    str, typer.Argument(metavar="PEER", help="control, a region's name, service:NAME or operator:NAME.")
]
SiloOption = Annotated[str, typer.Option("--silo", metavar="NAME", help="Whose key: control or a region's name.")]


@app.callback(epilog=examples("silo key list", "silo key add us", "silo key revoke us/us-1"))
def key() -> None:
    """Keys between a silo and its peers: list them, add one, end one at once.

    A silo signs calls to a peer with the first of the peer's keys and accepts all of them. So a key is replaced without
    downtime: add one, give the peer its entry as the first, then revoke the old one.
    """


@app.command("list", cls=SiloCommand, epilog=examples("silo key list", "silo key list --silo us --json"))
def list_all(ctx: typer.Context, silo: SiloOption = CONTROL, as_json: JsonOption = False) -> None:
    """List the keys of a silo, revoked ones included; secrets are never shown again."""
    with open_keys(access_of(ctx), silo) as keys:
        found = [_as_json(each) for each in keys.ListKeys(key_service_pb2.ListKeysRequest()).keys]
    if as_json:
        print_json(found)
    else:
        print_table(("key", "kept by", "added", "revoked"), [_row(each) for each in found])


@app.command(
    cls=SiloCommand,
    epilog=examples("silo key add us", "silo key add service:web --silo us", "silo key add operator:ann --json"),
)
def add(ctx: typer.Context, peer: PeerArgument, silo: SiloOption = CONTROL, as_json: JsonOption = False) -> None:
    """Add a key of a peer, and print what each side has to be told: an entry of SILO_RPC_KEYS.

    Where the silo keeps the key itself, it is in force at once. The secret is shown this once.
    """
    added = add_key(access_of(ctx), silo, peer)
    if as_json:
        print_json(added)
        return
    print_table(("for", "entry of SILO_RPC_KEYS"), [(silo, added["silo_entry"]), (peer, added["peer_entry"])])
    note(f"{silo} keeps it: it is in force." if added["in_force"] else f"Put its entry into the environment of {silo}.")


@app.command(cls=SiloCommand, epilog=examples("silo key revoke us/us-1", "silo key revoke operator:ann/a-1 --silo us"))
def revoke(
    ctx: typer.Context,
    key: Annotated[str, typer.Argument(metavar="PEER/ID", help="As `silo key list` shows it.")],
    silo: SiloOption = CONTROL,
    yes: YesOption = False,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """End a key at once: from now on it neither signs nor verifies, in any process of the silo."""
    # An id has no slash; a peer may have a colon.
    peer, slash, key_id = key.partition("/")
    if not (peer and slash and key_id):
        raise ConfigInvalid(f"A key is named PEER/ID, such as us/us-1, not {key!r}.")
    goes_on = is_confirmed(f"{silo} takes {key} no more.", yes=yes, dry_run=dry_run)
    if goes_on:
        with open_keys(access_of(ctx), silo) as keys:
            keys.RevokeKey(key_service_pb2.RevokeKeyRequest(peer=peer, key_id=key_id))
    if as_json:
        print_json({"silo": silo, "peer": peer, "id": key_id, "revoked": goes_on})


@contextmanager
def open_keys(access: Access, silo: str) -> Iterator[key_service_pb2_grpc.KeyServiceStub]:
    """The keys of a silo."""
    with access.channel(silo) as channel:
        yield key_service_pb2_grpc.KeyServiceStub(channel)


def add_key(access: Access, silo: str, peer: str) -> dict[str, Any]:
    """A new key between a silo and a peer, with the entry of each side.

    Raises:
        ConfigInvalid: nobody can have that name.
        SiloError: the silo refuses, or does not answer.
    """
    # Asked of nobody: a silo would refuse it too, in words for programs.
    if find_kind(peer) is None or peer == silo:
        raise ConfigInvalid(f"{peer!r} is no peer of {silo}: control, a region's name, service:NAME or operator:NAME.")
    with open_keys(access, silo) as keys:
        made = keys.AddKey(key_service_pb2.AddKeyRequest(peer=peer))
    key = f"{made.key_id}:{made.secret}"
    # An operator's own entry carries the operator's name: the same one may be given to several silos.
    own = peer if find_kind(peer) is PeerKind.OPERATOR else silo
    return {
        "silo": silo,
        "peer": peer,
        "id": made.key_id,
        "silo_entry": f"{peer}/{key}",
        "peer_entry": f"{own}/{key}",
        "in_force": made.in_force,
    }


def _as_json(key: key_pb2.PeerKey) -> dict[str, Any]:
    return {
        "peer": key.peer,
        "id": key.key_id,
        "kept": key.kept,
        "added_at": key.added_at.ToJsonString() if key.HasField("added_at") else None,
        "revoked_at": key.revoked_at.ToJsonString() if key.HasField("revoked_at") else None,
    }


def _row(key: dict[str, Any]) -> tuple[str, ...]:
    kept = "the silo" if key["kept"] else "its environment"
    return f"{key['peer']}/{key['id']}", kept, key["added_at"] or "", key["revoked_at"] or ""
