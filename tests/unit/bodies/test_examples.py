"""What the documentation shows of a body is one: every example fits the class that it stands with, in either silo."""

from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator

from control_silo.api import application as control_api
from region_silo.api import application as region_api
from shared.bodies.body import Body
from shared.http.endpoint import Endpoint, EventStream

ENDPOINTS = [*control_api.list_endpoints(), *region_api.list_endpoints()]


def answers_of(endpoint: Endpoint) -> list[type[Body]]:
    shapes = [shape for shape in endpoint.answers.values() if shape and shape is not EventStream]
    return [next(iter(get_args(shape)), shape) for shape in shapes]


ANSWERS = sorted({answer for each in ENDPOINTS for answer in answers_of(each)}, key=lambda each: each.__name__)


@pytest.mark.parametrize("body", ANSWERS, ids=lambda each: each.__name__)
def test_an_answer_is_shown_by_an_example_that_has_all_of_it(body: type[Body]) -> None:
    shown: Any = body.model_config["json_schema_extra"]
    assert shown["examples"]
    for example in shown["examples"]:
        Draft202012Validator(body.model_json_schema(mode="serialization")).validate(example)
