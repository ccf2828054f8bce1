"""Every error that pydantic finds in a body of ours has its text, and there is no text for one that it never finds."""

from collections.abc import Iterator
from typing import Any

import pydantic
import pytest

from control_silo.api.application import list_endpoints as list_control_endpoints
from control_silo.bodies.app_field import Requester
from region_silo.api.application import list_endpoints as list_region_endpoints
from shared.bodies.body import TEXTS, Body
from shared.domain.app_error import AppError
from shared.errors import ValidationFailed

OUR_OWN = "value_error"
"""What pydantic calls a refusal that our own code has worded."""
WRONG: list[Any] = [1, "x", "", [], {}, [1], [{}], {"a": 1}, True, 1.5, ["x"] * 200]
BODIES = [each.body for each in (*list_control_endpoints(), *list_region_endpoints()) if each.body]


def found_in(body: type[Body]) -> Iterator[str]:
    """The names of the errors, whatever is sent in each field."""
    anybody = Requester(frozenset(), is_elevated=True)
    for name, field in body.model_fields.items():
        for value in WRONG:
            try:
                body.read({field.alias or name: value}, context=anybody)
            except (AppError, ValidationFailed) as refused:
                if isinstance(refused.__cause__, pydantic.ValidationError):
                    yield from (each["type"] for each in refused.__cause__.errors())


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.__name__)
def test_what_is_wrong_with_a_body_is_never_said_in_the_words_of_pydantic(body: type[Body]) -> None:
    assert set(found_in(body)) <= {*TEXTS, OUR_OWN}


def test_every_text_is_for_an_error_of_some_body() -> None:
    assert {each for body in BODIES for each in found_in(body)} - {OUR_OWN} == set(TEXTS)
