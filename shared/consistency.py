"""Consistency tokens: "I have seen at least this". Owns their encoding and the list of what a request wrote.

A write notes each object and version it commits; the wire edge turns the notes of one request into one opaque token and
answers with it. A reader that sends the token back never sees a state older than what it names.
"""

import base64
import binascii
import contextlib
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass

from google.protobuf.message import DecodeError

from shared.category import Category, category_of, number_of
from shared.database.transaction import Transaction
from shared.errors import ValidationFailed
from shared.pb.hybridcloud.replication.v1 import consistency_pb2

TOKEN_NAME = "silo-consistency-token"  # noqa: S105 - a name, not a secret
"""gRPC metadata key and HTTP header."""
MAX_TOKEN_LENGTH = 8192
"""Characters; a longer token is refused."""
MAX_NAMED = 200
"""Versions that one token names at most, so that it fits into a header: the last ones, since a service notes what the
request was about after what follows from it."""


@dataclass(frozen=True)
class WrittenVersion:
    """One object at the version that a request committed."""

    category: Category
    object_id: int
    version: int


_written: ContextVar[list[WrittenVersion] | None] = ContextVar("written_versions", default=None)
_required: ContextVar[tuple[WrittenVersion, ...]] = ContextVar("required_versions", default=())


@contextlib.contextmanager
def collecting() -> Iterator[list[WrittenVersion]]:
    """Collects what transactions commit inside, also in threads that inherit this context."""
    written: list[WrittenVersion] = []
    token = _written.set(written)
    try:
        yield written
    finally:
        _written.reset(token)


@contextlib.contextmanager
def requiring(token: str | None) -> Iterator[None]:
    """Makes ``required()`` name what the token names, for the request inside.

    Raises:
        ValidationFailed: the token is not one of ours.
    """
    reset = _required.set(decode(token) if token else ())
    try:
        yield
    finally:
        _required.reset(reset)


def required() -> tuple[WrittenVersion, ...]:
    """What the reader of this request has seen already."""
    return _required.get()


def note_written(tx: Transaction, category: Category, object_id: int, version: int) -> None:
    """Notes a version for the request's token once the transaction has committed."""
    written = _written.get()
    if written is not None:
        # Not before: a token that names what was rolled back would make its reader wait for a version that never comes.
        tx.after_commit(lambda: written.append(WrittenVersion(category, object_id, version)))


def note_seen(category: Category, object_id: int, version: int) -> None:
    """Notes a version that another silo committed for this request."""
    written = _written.get()
    if written is not None:
        written.append(WrittenVersion(category, object_id, version))


def written_so_far() -> tuple[WrittenVersion, ...]:
    """What this request has committed so far."""
    return tuple(_written.get() or ())


def encode(written: Iterable[WrittenVersion]) -> str:
    """An opaque token, URL-safe text."""
    newest: dict[tuple[Category, int], int] = {}
    for item in written:
        key = (item.category, item.object_id)
        # Taken out and put in again, so that it is among the last: a dictionary keeps the place of the first.
        newest[key] = max(item.version, newest.pop(key, 0))
    message = consistency_pb2.ConsistencyToken()
    for (category, object_id), version in sorted(list(newest.items())[-MAX_NAMED:]):
        message.written.add(category=number_of(category), object_id=object_id, version=version)
    return base64.urlsafe_b64encode(message.SerializeToString(deterministic=True)).decode().rstrip("=")


def decode(token: str) -> tuple[WrittenVersion, ...]:
    """The inverse of ``encode``.

    Raises:
        ValidationFailed: the token is not one of ours.
    """
    refusal = ValidationFailed(fields={TOKEN_NAME: ["This is not a consistency token."]})
    # Before it is decoded: the work for a stranger's header is bounded.
    if len(token) > MAX_TOKEN_LENGTH:
        raise refusal
    try:
        # The padding that was cut off; strictly, as a lenient decoder would pass over what is no token's.
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        message = consistency_pb2.ConsistencyToken.FromString(raw)
        return tuple(WrittenVersion(category_of(w.category), w.object_id, w.version) for w in message.written)
    except (ValueError, KeyError, DecodeError, binascii.Error) as exc:
        raise refusal from exc
