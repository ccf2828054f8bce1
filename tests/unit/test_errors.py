import re
from collections.abc import Iterator

import grpc
import pytest

from shared import errors
from shared.errors import SiloError
from shared.http.errors import status_of
from shared.rpc.status import CODES, from_rpc_error

TREE = [leaf for leaf in SiloError.by_reason.values() if leaf.__module__ == errors.__name__]


def drawn_edges() -> Iterator[tuple[str, str]]:
    """Parent and child of each line of the drawn tree, in its order."""
    family = "SiloError"
    for line in (errors.__doc__ or "").splitlines():
        names = [(match.start(), match[1]) for match in re.finditer(r"[├└]── (\w+)", line)]
        if names and names[0][0] == 4:
            family = names[0][1]
            yield "SiloError", family
        else:
            yield from ((family, name) for _, name in names)


def test_the_drawn_tree_is_the_real_tree() -> None:
    drawn = list(drawn_edges())
    assert len(drawn) == len(set(drawn))
    assert set(drawn) == {(leaf.__base__.__name__, leaf.__name__) for leaf in TREE if leaf.__base__}


def test_every_reason_is_upper_snake_and_belongs_to_one_class() -> None:
    reasons = [SiloError.reason, *(leaf.reason for leaf in TREE)]
    assert len(reasons) == len(set(reasons))
    assert all(re.fullmatch(r"[A-Z]+(_[A-Z]+)*", reason) for reason in reasons)


@pytest.mark.parametrize("leaf", TREE, ids=lambda leaf: leaf.__name__)
def test_a_leafs_docstring_is_its_message_and_its_reason_finds_it(leaf: type[SiloError]) -> None:
    assert leaf().message == str(leaf()) == leaf.__doc__
    assert SiloError.by_reason[leaf.reason] is leaf


def test_a_sentence_of_its_own_replaces_the_docstring() -> None:
    assert errors.SlugTaken("The slug 'acme' is taken.").message == "The slug 'acme' is taken."


def test_an_error_keeps_its_facts_and_the_order_of_its_fields() -> None:
    fields = {"slug": ("taken",), "name": ("blank", "short")}
    error = errors.ValidationFailed(metadata={"slug": "acme"}, fields=fields)
    assert (error.metadata, list(error.fields.items())) == (
        {"slug": "acme"},
        [("slug", ["taken"]), ("name", ["blank", "short"])],
    )


def test_an_error_about_a_field_says_so_to_people_and_to_programs() -> None:
    error = errors.FieldMissing.at("filter.status", "this field is required.")
    assert error.message == "filter.status: this field is required."
    assert error.fields == {"filter.status": ["This field is required."]}


@pytest.mark.parametrize("family", SiloError.__subclasses__(), ids=lambda each: each.__name__)
def test_every_family_has_a_code_of_its_own(family: type[SiloError]) -> None:
    assert family.__module__ != errors.__name__ or [code for each, code in CODES.items() if each is family]
    assert len(set(CODES.values())) == len(CODES)


@pytest.mark.parametrize(
    ("error", "status"),
    [(errors.BodyTooLarge, 413), (errors.LimitReached, 403), (errors.DatabaseFull, 507), (errors.PoolExhausted, 503)],
)
def test_an_error_may_have_another_status_than_its_family(error: type[SiloError], status: int) -> None:
    assert status_of(error) == status


class Bare(grpc.RpcError):
    """A refusal without our details, as a proxy or a foreign server makes it."""

    def __init__(self, code: grpc.StatusCode) -> None:
        self._code = code

    def code(self) -> grpc.StatusCode:
        return self._code

    def details(self) -> str:
        return "No."

    def trailing_metadata(self) -> tuple[()]:
        return ()


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (grpc.StatusCode.FAILED_PRECONDITION, errors.RequestRefused),
        (grpc.StatusCode.OUT_OF_RANGE, errors.InvalidInput),
        (grpc.StatusCode.ABORTED, errors.Conflict),
        (grpc.StatusCode.UNAVAILABLE, errors.SiloUnreachable),
    ],
    ids=str,
)
def test_a_code_of_a_foreign_server_has_its_nearest_error(code: grpc.StatusCode, error: type[SiloError]) -> None:
    assert type(from_rpc_error(Bare(code))) is error
