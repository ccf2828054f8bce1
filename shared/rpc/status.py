"""The error tree as gRPC statuses, and back.

Owns THE table from error family to ``grpc.StatusCode`` and both translations: to a ``google.rpc.Status`` that carries
``ErrorInfo(reason, domain="silo", metadata)`` and, for fields, ``BadRequest``; and from any ``grpc.RpcError`` to the
same class again. Refuses to know what the errors mean. Nothing outside this package sees a gRPC status.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import cast
from urllib.parse import quote

import grpc
from google.protobuf.message import DecodeError, Message
from google.rpc import error_details_pb2, status_pb2

from shared import errors
from shared.rpc.metadata import Metadata

DOMAIN = "silo"

CODES: dict[type[errors.SiloError], grpc.StatusCode] = {
    errors.InvalidInput: grpc.StatusCode.INVALID_ARGUMENT,
    errors.Unauthenticated: grpc.StatusCode.UNAUTHENTICATED,
    errors.Forbidden: grpc.StatusCode.PERMISSION_DENIED,
    errors.NotFound: grpc.StatusCode.NOT_FOUND,
    errors.Conflict: grpc.StatusCode.ALREADY_EXISTS,
    errors.Exhausted: grpc.StatusCode.RESOURCE_EXHAUSTED,
    errors.Unavailable: grpc.StatusCode.UNAVAILABLE,
    errors.DeadlineExceeded: grpc.StatusCode.DEADLINE_EXCEEDED,
    errors.Cancelled: grpc.StatusCode.CANCELLED,
    errors.Unimplemented: grpc.StatusCode.UNIMPLEMENTED,
    errors.Internal: grpc.StatusCode.INTERNAL,
}
"""One row per family; a leaf has its family's code."""

_BARE: dict[grpc.StatusCode, type[errors.SiloError]] = {
    # Derived, and then what differs: most codes mean the family that has them.
    **{code: family for family, code in CODES.items()},
    # Of our own the details would say which leaf; a bare one is the transport's.
    grpc.StatusCode.UNAVAILABLE: errors.SiloUnreachable,
    grpc.StatusCode.FAILED_PRECONDITION: errors.RequestRefused,
    grpc.StatusCode.OUT_OF_RANGE: errors.InvalidInput,
    grpc.StatusCode.ABORTED: errors.Conflict,
}
"""What a code means that arrives without our details: from the transport, a proxy or a foreign server."""

_DETAILS_KEY = "grpc-status-details-bin"
MAX_DETAILS_BYTES = 7 * 1024
"""All that an error says, as it is sent: any gRPC client takes 8 KiB of metadata, and other entries need some of it.
One that is larger ends the call without any details."""
_MAX_MESSAGE_BYTES = 1_000
"""Sent twice, since the message of the status itself is what other clients show; there a byte may take three."""
_MAX_FACTS_BYTES = 1_000
_FRAME_BYTES = 200
"""The keys, the type of each detail, and what tells one part of a message from the next."""
_PART_BYTES = 12


class WireStatus(grpc.Status):
    """What ``ServicerContext.abort_with_status`` takes."""

    def __init__(self, code: grpc.StatusCode, *, details: str, trailing_metadata: Metadata) -> None:
        self.code = code
        self.details = details
        self.trailing_metadata = trailing_metadata


def code_of(error: type[errors.SiloError]) -> grpc.StatusCode:
    """The code of a leaf's family; INTERNAL for a class outside every family."""
    # A class that nobody gave a code is a fault of ours, and not the caller's.
    return next((CODES[row] for row in error.__mro__ if row in CODES), grpc.StatusCode.INTERNAL)


def to_status(error: errors.SiloError, *, trailers: Sequence[tuple[str, str | bytes]] = ()) -> WireStatus:
    """The status with which a call fails.

    Args:
        error: what went wrong. What does not fit into ``MAX_DETAILS_BYTES`` is cut off: of the message, of the metadata
            and of the fields, from behind.
        trailers: further trailing metadata.
    """
    code = code_of(type(error))
    message = _legible(error.message, at_most=_MAX_MESSAGE_BYTES)
    details = status_pb2.Status(code=code.value[0], message=message)
    info = error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN)
    info.metadata.update(_fitting(error.metadata.items(), room=_MAX_FACTS_BYTES))
    details.details.add().Pack(info)
    if error.fields:
        # In base64, which takes four bytes for three.
        room = (MAX_DETAILS_BYTES - len(quote(message))) * 3 // 4 - details.ByteSize() - _FRAME_BYTES
        pairs = _fitting(_violations(error), room=room)
        violations = [error_details_pb2.BadRequest.FieldViolation(field=name, description=text) for name, text in pairs]
        details.details.add().Pack(error_details_pb2.BadRequest(field_violations=violations))
    entries: Metadata = (*trailers, (_DETAILS_KEY, details.SerializeToString()))
    return WireStatus(code, details=message, trailing_metadata=entries)


def from_rpc_error(error: grpc.RpcError, *, silo: str = "") -> errors.SiloError:
    """The error that the other side raised, or the family of a bare code.

    Args:
        error: as raised by a stub; it must be a ``grpc.Call`` as well, as every error of a channel is.
        silo: name of the silo that was called; put into the metadata of an error that the transport made.
    """
    details = _details_in(error)
    info = _error_info(details)
    if info is not None:
        # A reason of a newer peer is not known here; the code says at least which family it is of.
        leaf = errors.SiloError.by_reason.get(info.reason) or _BARE.get(error.code(), errors.Internal)
        return leaf(details.message, metadata=dict(info.metadata), fields=_fields(details))
    # Which silo it was is known here alone; breakers and sentences for people need it.
    metadata = {"silo": silo} if silo else {}
    return _BARE.get(error.code(), errors.Internal)(metadata=metadata)


def trailers_of(error: errors.SiloError) -> dict[str, str]:
    """The trailing metadata that came with an error raised by a channel; empty for any other error."""
    cause = error.__cause__
    if not isinstance(cause, grpc.RpcError):
        return {}
    return {key: value for key, value in _trailing(cause) if isinstance(value, str)}


def _violations(error: errors.SiloError) -> Iterator[tuple[str, str]]:
    for field, texts in error.fields.items():
        for text in texts:
            yield field, text


def _fitting(pairs: Iterable[tuple[str, str]], *, room: int) -> Iterator[tuple[str, str]]:
    """Yields as many pairs as there is room for, the last one cut."""
    for name, text in pairs:
        legible = _legible(name, at_most=room - _PART_BYTES)
        room -= len(legible.encode()) + _PART_BYTES
        # A name alone would say that something is wrong, and not what.
        if room <= 0:
            return
        fitting = _legible(text, at_most=room)
        room -= len(fitting.encode())
        yield legible, fitting


def _legible(text: str, *, at_most: int) -> str:
    """The beginning of a text that protobuf accepts and so many bytes hold."""
    # A surrogate in a client's text would make of a refusal a fault of ours; the last character may be cut in two.
    return text.encode("utf-8", "replace")[: max(0, at_most)].decode("utf-8", "ignore")


def _trailing(error: grpc.RpcError) -> Metadata:
    return cast("Metadata", error.trailing_metadata() or ())


def _details_in(error: grpc.RpcError) -> status_pb2.Status:
    """The rich status that came with the error; an empty one when there is none, or none that can be read."""
    serialized = dict(_trailing(error)).get(_DETAILS_KEY, b"")
    details = status_pb2.Status()
    try:
        details.ParseFromString(serialized if isinstance(serialized, bytes) else b"")
    except DecodeError:  # a foreign server may put anything here
        return status_pb2.Status()
    return details


def _error_info(details: status_pb2.Status) -> error_details_pb2.ErrorInfo | None:
    info = error_details_pb2.ErrorInfo()
    # A reason of another domain may be spelled like one of ours, and mean something else.
    return info if _unpacked(details, info) and info.domain == DOMAIN else None


def _fields(details: status_pb2.Status) -> dict[str, list[str]]:
    bad_request = error_details_pb2.BadRequest()
    fields: dict[str, list[str]] = {}
    if _unpacked(details, bad_request):
        for violation in bad_request.field_violations:
            fields.setdefault(violation.field, []).append(violation.description)
    return fields


def _unpacked(details: status_pb2.Status, message: Message) -> bool:
    """Fills ``message`` from the detail of its type; False when there is none that can be read."""
    try:
        return any(detail.Unpack(message) for detail in details.details)
    except DecodeError:
        return False
