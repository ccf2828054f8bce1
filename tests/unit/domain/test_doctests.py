import doctest

import pytest

from shared.domain import event, headers, json_text, scopes


@pytest.mark.parametrize("module", [event, headers, json_text, scopes], ids=lambda module: module.__name__)
def test_examples_in_docstrings_are_true(module: object) -> None:
    failed, tried = doctest.testmod(module)  # type: ignore[arg-type]  # typeshed wants ModuleType
    assert tried > 0
    assert failed == 0
