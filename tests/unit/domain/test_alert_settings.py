"""What was entered in an app's form of an alert rule."""

from typing import Any

import pytest

from shared.domain.alert_settings import check_settings
from shared.domain.json_field import FieldInvalid

FORM: dict[str, Any] = {
    "required_fields": [{"type": "text", "name": "title", "label": "Title"}],
    "optional_fields": [
        {"type": "select", "name": "level", "label": "Level", "options": [["high", "High"], ["low", "Low"]]},
        {"type": "select", "name": "board", "label": "Board", "uri": "/boards"},
    ],
}
TITLE = {"name": "title", "value": "Look"}


@pytest.mark.parametrize("more", [[], [{"name": "level", "value": "low"}], [{"name": "level", "value": ""}]])
def test_what_fits_is_taken(more: list[Any]) -> None:
    check_settings([TITLE, *more, {"name": "board", "value": "any"}], FORM, app="Kanban")


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ([], "Kanban requires settings to configure alert rules."),
        ([{"name": "board", "value": "1"}], "Kanban is missing required settings field: 'title'"),
        (
            [TITLE, {"name": "level", "value": "odd"}],
            "Kanban received odd for Level setting. Allowed values are high, low'",
        ),
        ([TITLE, {"name": "x", "value": 1}], "Unexpected setting(s) 'x' configured for Kanban"),
    ],
)
def test_what_does_not_fit_is_refused_in_the_originals_words(settings: list[Any], text: str) -> None:
    with pytest.raises(FieldInvalid) as refused:
        check_settings(settings, FORM, app="Kanban")
    assert refused.value.texts == (text,)
