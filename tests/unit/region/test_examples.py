"""The documentation of a region shows what it means."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from region_silo.api.application import list_endpoints


def _shapes() -> dict[str, type[BaseModel]]:
    """Every body that an endpoint takes or answers, by name."""
    shapes = [shape for each in list_endpoints() for shape in (each.body, *each.answers.values())]
    models = [shape.__args__[0] if hasattr(shape, "__args__") else shape for shape in shapes]
    return {model.__name__: model for model in models if model is not None}


SHAPES = _shapes()


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_every_shape_is_shown_by_an_example_that_fits_it(name: str) -> None:
    schema: dict[str, Any] = SHAPES[name].model_json_schema()
    assert schema.get("examples"), f"{name} has no example"
    for example in schema["examples"]:
        Draft202012Validator(schema).validate(example)
        assert schema.get("additionalProperties") or set(example) <= set(schema.get("properties", {}))
