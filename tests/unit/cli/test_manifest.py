import json
from pathlib import Path

import pytest
import yaml

from shared.cli.manifest import ACME_KANBAN, read_manifest
from shared.domain.component_schema import check_ui_component_schema
from shared.errors import ConfigInvalid


def test_the_example_has_every_kind_of_component_in_a_valid_schema() -> None:
    schema = check_ui_component_schema(ACME_KANBAN["schema"])
    kinds = [element["type"] for element in ACME_KANBAN["schema"]["elements"]]
    assert schema == ACME_KANBAN["schema"]
    assert kinds == ["issue-link", "stacktrace-link", "alert-rule-action"]


@pytest.mark.parametrize("printed", [json.dumps(ACME_KANBAN), yaml.safe_dump(dict(ACME_KANBAN))])
def test_a_manifest_is_read_as_json_and_as_yaml(tmp_path: Path, printed: str) -> None:
    (tmp_path / "app").write_text(printed)
    assert read_manifest(str(tmp_path / "app")) == ACME_KANBAN


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        (b"{", "neither JSON nor YAML"),
        (b"a: [", "neither JSON nor YAML"),
        (b"- a", "is not one object"),
        (b"", "is not one object"),
        (b"\xff", "not UTF-8"),
    ],
)
def test_a_manifest_that_cannot_be_used_is_named(tmp_path: Path, written: bytes, sentence: str) -> None:
    (tmp_path / "app").write_bytes(written)
    with pytest.raises(ConfigInvalid, match=sentence):
        read_manifest(str(tmp_path / "app"))


def test_a_manifest_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match="No such file"):
        read_manifest(str(tmp_path / "nowhere"))
