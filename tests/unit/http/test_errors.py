import json

import pytest

from shared.errors import SiloError, ValidationFailed
from shared.http.errors import error_answer, internal_answer, status_of


@pytest.mark.parametrize("error", list(SiloError.by_reason.values()), ids=lambda error: error.reason)
def test_every_error_has_a_status_and_a_body(error: type[SiloError]) -> None:
    answer = error_answer(error())
    assert 400 <= answer.status_code < 600
    assert json.loads(bytes(answer.body)) == {"detail": error().message}
    assert answer.headers["silo-reason"] == error.reason


@pytest.mark.parametrize("error", list(SiloError.by_reason.values()), ids=lambda error: error.reason)
def test_a_leaf_says_the_same_kind_of_no_as_its_family(error: type[SiloError]) -> None:
    client_errors = {status_of(kind) < 500 for kind in error.__mro__ if kind in SiloError.__subclasses__()}
    exceptions = {"DATABASE_FULL", "POOL_EXHAUSTED"}
    assert client_errors == {status_of(error) < 500} or error.reason in exceptions


def test_fields_are_the_whole_body() -> None:
    answer = error_answer(ValidationFailed(fields={"name": ["Too long."]}))
    assert json.loads(bytes(answer.body)) == {"name": ["Too long."]}


def test_an_internal_error_says_nothing_but_its_id() -> None:
    assert json.loads(bytes(internal_answer("abc").body)) == {"detail": "Internal Error", "errorId": "abc"}
