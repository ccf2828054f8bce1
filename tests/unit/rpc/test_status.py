"""The table, and statuses that we did not make. That every error survives a channel is proved by the contract suite."""

import base64
from typing import Any
from urllib.parse import quote

import grpc
import pytest
from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc import error_details_pb2, status_pb2

from shared import errors
from shared.rpc.status import CODES, code_of, from_rpc_error, to_status, trailers_of

DETAILS = "grpc-status-details-bin"


class ForeignError(grpc.RpcError):
    """What a channel raises when a server that is not ours fails a call."""

    def __init__(self, code: grpc.StatusCode, trailing: tuple[tuple[str, Any], ...] | None = ()) -> None:
        super().__init__()
        self._code = code
        self._trailing = trailing

    def code(self) -> grpc.StatusCode:
        return self._code

    def trailing_metadata(self) -> Any:
        return self._trailing


def rich(*details: Any) -> bytes:
    status = status_pb2.Status(code=5, message="From elsewhere.")
    for detail in details:
        status.details.add().Pack(detail)
    return status.SerializeToString()


@pytest.mark.parametrize("leaf", list(errors.SiloError.by_reason.values()), ids=lambda leaf: leaf.__name__)
def test_every_error_has_exactly_one_row(leaf: type[errors.SiloError]) -> None:
    assert len([row for row in leaf.__mro__ if row in CODES]) == 1


def test_every_row_is_a_family_with_a_code_of_its_own() -> None:
    assert set(CODES) == set(errors.SiloError.__subclasses__())
    assert len(set(CODES.values())) == len(CODES)


def test_a_leaf_has_the_code_of_its_family() -> None:
    assert code_of(errors.SlugTaken) is grpc.StatusCode.ALREADY_EXISTS
    assert code_of(errors.SiloError) is grpc.StatusCode.INTERNAL


@pytest.mark.parametrize(
    ("code", "family"),
    [
        (grpc.StatusCode.UNAVAILABLE, errors.SiloUnreachable),
        (grpc.StatusCode.DEADLINE_EXCEEDED, errors.DeadlineExceeded),
        (grpc.StatusCode.CANCELLED, errors.Cancelled),
        (grpc.StatusCode.UNIMPLEMENTED, errors.Unimplemented),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, errors.Exhausted),
        (grpc.StatusCode.UNAUTHENTICATED, errors.Unauthenticated),
        (grpc.StatusCode.NOT_FOUND, errors.NotFound),
        (grpc.StatusCode.UNKNOWN, errors.Internal),
        (grpc.StatusCode.DATA_LOSS, errors.Internal),
    ],
)
def test_a_bare_code_is_its_family(code: grpc.StatusCode, family: type[errors.SiloError]) -> None:
    error = from_rpc_error(ForeignError(code, None), silo="us")
    assert (type(error), error.metadata) == (family, {"silo": "us"})


def test_a_reason_from_a_newer_peer_is_its_family() -> None:
    info = error_details_pb2.ErrorInfo(reason="INVENTED_TOMORROW", domain="silo", metadata={"a": "b"})
    error = from_rpc_error(ForeignError(grpc.StatusCode.NOT_FOUND, ((DETAILS, rich(info)),)))
    assert (type(error), error.message, error.metadata) == (errors.NotFound, "From elsewhere.", {"a": "b"})


@pytest.mark.parametrize(
    "details",
    [
        b"\xff\xff no status",
        rich(),
        rich(error_details_pb2.ErrorInfo(reason="SLUG_TAKEN", domain="elsewhere.example")),
        status_pb2.Status(
            details=[AnyMessage(type_url="type.googleapis.com/google.rpc.ErrorInfo", value=b"\xff")]
        ).SerializeToString(),
    ],
)
def test_details_that_are_not_ours_are_not_believed(details: bytes) -> None:
    error = from_rpc_error(ForeignError(grpc.StatusCode.NOT_FOUND, ((DETAILS, details),)))
    assert (type(error), error.message) == (errors.NotFound, errors.NotFound().message)


def test_trailers_travel_beside_the_details() -> None:
    status = to_status(errors.SlugTaken(), trailers=[("key", "value")])
    assert [key for key, _ in status.trailing_metadata] == ["key", DETAILS]


LONG = ["x" * 100_000, "é" * 100_000, "\U0001f600" * 100_000, "%" * 100_000, "\ud800" * 100_000]


@pytest.mark.parametrize("text", LONG, ids=["ascii", "accents", "emoji", "percent signs", "surrogates"])
@pytest.mark.parametrize("part", ["message", "metadata", "fields"])
def test_an_error_is_sent_in_less_than_7_kib_whatever_it_says(part: str, text: str) -> None:
    said: dict[str, Any] = {
        "message": text,
        "metadata": {"a": text, text: "b"},
        "fields": {"a": [text] * 9, text: ["b"]},
    }
    for error in (errors.ValidationFailed(**{part: said[part]}), errors.ValidationFailed(**said)):
        status = to_status(error)
        [(key, value)] = status.trailing_metadata
        assert isinstance(value, bytes)
        sent = len(quote(status.details)) + len(key) + len(base64.b64encode(value))
        assert sent + len("grpc-message") < 7 * 1024
        assert from_rpc_error(ForeignError(status.code, status.trailing_metadata)).reason == "VALIDATION_FAILED"


def test_of_many_fields_those_are_sent_that_fit() -> None:
    error = errors.ValidationFailed(fields={f"field{number}": ["x" * 90] for number in range(1_000)})
    status = to_status(error)
    found = from_rpc_error(ForeignError(status.code, status.trailing_metadata)).fields
    assert list(found.items())[:-1] == list(error.fields.items())[: len(found) - 1]
    assert len(found) > 40


def test_an_error_that_came_through_no_channel_has_no_trailers() -> None:
    assert trailers_of(errors.SlugTaken()) == {}
