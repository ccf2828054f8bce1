"""``silo rpc``: one signed call of any method of any silo."""

import base64
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import typer
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message_factory import GetMessageClass

from shared.cli.access import Access, access_of
from shared.cli.contract import find_method, parse_message, render_message
from shared.cli.invocation import SiloCommand
from shared.cli.output import examples, note, print_json, sentence_of
from shared.errors import ConfigInvalid, SiloError
from shared.rpc.channel import SiloChannel
from shared.rpc.status import code_of

app = typer.Typer(add_completion=False)

TRAILERS_KEY = "_trailers"
"""Where ``--trailers`` puts the trailing metadata; no field of a contract starts with an underscore."""

# As HTTP/2 takes keys and values: what could not be sent is refused here, with a sentence.
_ENTRY = re.compile(r"(?P<key>[0-9A-Za-z_.-]+)=(?P<value>[\x20-\x7e]*)")


@app.command(
    cls=SiloCommand,
    epilog=examples(
        """silo rpc us hybridcloud.apps.v1.AppService/GetSentryAppBySlug '{"slug": "acme-kanban"}'""",
        "silo rpc control hybridcloud.operations.v1.TopologyService/ListRegions",
        "silo rpc 127.0.0.1:50061 hybridcloud.operations.v1.OutboxService/GetStatus",
        "silo rpc de grpc.health.v1.Health/Check",
    ),
)
def rpc(
    ctx: typer.Context,
    target: Annotated[str, typer.Argument(metavar="TARGET", help="control, a region's name, or host:port.")],
    method: Annotated[str, typer.Argument(metavar="METHOD", help="package.Service/Method")],
    request: Annotated[str, typer.Argument(metavar="JSON", help="The request; - reads it from standard input.")] = "{}",
    metadata: Annotated[
        list[str] | None, typer.Option("--metadata", metavar="KEY=VALUE", help="Sent along; any number of times.")
    ] = None,
    trailers: Annotated[
        bool, typer.Option("--trailers", help=f"Add the trailing metadata to the answer, under {TRAILERS_KEY!r}.")
    ] = False,
    target_name: Annotated[
        str | None, typer.Option("--target-name", metavar="NAME", help="Sign for this one. Default: who is at TARGET.")
    ] = None,
    timeout: Annotated[float, typer.Option("--timeout", metavar="SECONDS", min=0.001, help="Deadline.")] = 10.0,
) -> None:
    """Call a method of a silo over gRPC, signed, and print the answer as JSON.

    Names in JSON are those of the contract. 64-bit integers are numbers, unless a JSON number cannot hold them; both
    numbers and strings are read. An error is printed with its reason on standard error, and the exit code is 1.
    """
    # Out of this release's contract, so that a call needs no reflection of the silo.
    described = find_method(method)
    message = parse_message(sys.stdin.read() if request == "-" else request, GetMessageClass(described.input_type))
    entries = [_entry(text) for text in metadata or ()]
    try:
        with _open_channel(access_of(ctx), target, target_name=target_name) as channel:
            answer, call = _callable(channel, described).with_call(message, timeout=timeout, metadata=entries)
    # Wrong use, which ends with another exit code than a silo's no.
    except ConfigInvalid:
        raise
    except SiloError as exc:
        _print_error(exc)
        raise typer.Exit(1) from exc
    printed = render_message(answer)
    print_json({**printed, TRAILERS_KEY: _rendered(call.trailing_metadata())} if trailers else printed)


def _open_channel(access: Access, target: str, *, target_name: str | None) -> SiloChannel:
    # A name has no colon, but for services' and operators', whom nobody calls.
    if ":" not in target:
        return access.channel(target_name or target, address=access.address_of(target))
    return access.channel(target_name or access.name_of(target), address=target)


def _callable(channel: SiloChannel, method: MethodDescriptor) -> Any:
    answer_class = GetMessageClass(method.output_type)
    return channel.unary_unary(
        f"/{method.containing_service.full_name}/{method.name}",
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=answer_class.FromString,
    )


def _entry(text: str) -> tuple[str, str | bytes]:
    entry = _ENTRY.fullmatch(text)
    if entry is None:
        raise ConfigInvalid(f"--metadata takes key=value, both printable ASCII, not {text!r}.")
    key, value = entry["key"].lower(), entry["value"]
    try:
        # Strictly: letters that are none would be passed over, and other bytes be sent.
        return key, base64.b64decode(value, validate=True) if key.endswith("-bin") else value
    except ValueError as exc:
        raise ConfigInvalid(f"The value of {key} must be Base64, as of every key that ends in -bin.") from exc


def _rendered(entries: Iterable[tuple[str, str | bytes]] | None) -> dict[str, str]:
    return {
        key: base64.b64encode(value).decode() if isinstance(value, bytes) else value for key, value in entries or ()
    }


def _print_error(error: SiloError) -> None:
    """The sentence and the reason, then what is known besides, a line each."""
    note(f"silo rpc: {sentence_of(error)} [{code_of(type(error)).name} {error.reason}]")
    for field, texts in error.fields.items():
        note(f"  {field}: {' '.join(texts)}")
    _print_metadata(sorted(error.metadata.items()))


def _print_metadata(entries: Sequence[tuple[str, str]]) -> None:
    for key, value in entries:
        note(f"  {key} = {value}")
