"""Other values at some places of what a webhook says, for whoever tries an app out. Owns how a place is written."""

from collections.abc import Mapping
from typing import Any

from shared.domain.json_field import shown
from shared.domain.json_value import JsonValue
from shared.errors import RequestRefused

NO_PLACE = "What is told has no place {place}."


def put_at_places(told: Any, changes: Mapping[str, JsonValue]) -> None:
    """Puts values at places such as ``data.issue.title``, to which objects and items of lists lead that are there.

    Raises:
        RequestRefused: a place is none.
    """
    for place, value in changes.items():
        *way, last = place.split(".")
        there: Any = told
        for step in way:
            # A step that leads nowhere goes on as None and is refused at the last one, where the whole place can be
            # named.
            there = there.get(step) if isinstance(there, dict) else _item(there, step)
        if isinstance(there, dict):
            there[last] = value
        elif _item(there, last) is not None:
            there[int(last)] = value
        else:
            raise RequestRefused(NO_PLACE.format(place=shown(place)))


def _item(there: object, step: str) -> object:
    is_place = isinstance(there, list) and step.isdecimal() and int(step) < len(there)
    return there[int(step)] if isinstance(there, list) and is_place else None
