import doctest

import pytest

from shared.domain import (
    headers,
    http_address,
    json_text,
    path_key,
    region_id,
    scopes,
    subscription,
    webhook_url,
)

MODULES = [headers, http_address, json_text, path_key, region_id, scopes, subscription, webhook_url]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_examples_in_docstrings_are_true(module: object) -> None:
    failed, tried = doctest.testmod(module)  # type: ignore[arg-type]  # typeshed wants ModuleType
    assert tried > 0
    assert failed == 0
