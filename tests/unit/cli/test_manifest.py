import json
from pathlib import Path

import pytest
import yaml

from shared.cli.manifest import acme_kanban, read_manifest
from shared.domain.component_schema import check_ui_component_schema
from shared.errors import ConfigInvalid

ACME_KANBAN = acme_kanban("https://kanban.acme.example")


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
        (b"{", "is not JSON: Expecting property name enclosed in double quotes: line 1 column 2"),
        (b"[" * 100_000, "is nested too deeply"),
        (b'{"name": "x", "name": "y"}', "is not JSON: the key 'name' occurs twice"),
        (b'{"name": NaN}', "holds what JSON cannot: Out of range float"),
        (b"a: [", "is not YAML: line 1, column 5: expected the node content"),
        (b"name: x\nscopes: [event:read\nevents: []", "is not YAML: line 3, column 7: expected ',' or ']'"),
        (b"name: x\nname: y", "is not YAML: line 2, column 1: the key 'name' occurs twice"),
        (b"? [a, b]\n: c", "is not YAML: line 1, column 3: found unhashable key"),
        (b"? {a: b}\n: c", "is not YAML: line 1, column 3: found unhashable key"),
        (b"a: " + b"[" * 10_000, "is nested too deeply"),
        (b"a: &a [*a]", "is not YAML: line 1, column 8: JSON has no aliases"),
        (b"a: &a [x]\nb: [*a, *a]", "is not YAML: line 2, column 5: JSON has no aliases"),
        (b"a: " + b"{a: " * 65, "is nested too deeply"),
        (b"{" + b" " * 300_000, "has more than 262144 characters"),
        (b"scopes: !!set {event:read}", "holds what JSON cannot: Object of type set"),
        (b"a: !!python/object:os.system {}", "is not YAML: line 1, column 4: could not determine a constructor"),
        (b"- a", "is not one object"),
        (b"", "is not one object"),
        (b"\xff", "not UTF-8"),
    ],
)
def test_a_manifest_that_cannot_be_used_is_named(tmp_path: Path, written: bytes, sentence: str) -> None:
    (tmp_path / "app").write_bytes(written)
    with pytest.raises(ConfigInvalid, match=sentence):
        read_manifest(str(tmp_path / "app"))


def test_a_manifest_may_be_nested_as_deeply_as_a_schema_is(tmp_path: Path) -> None:
    (tmp_path / "app").write_text("a: " + "[" * 64 + "]" * 64)
    with pytest.raises(ConfigInvalid, match="is nested too deeply"):
        read_manifest(str(tmp_path / "app"))
    (tmp_path / "app").write_text("a: " + "[" * 63 + "]" * 63)
    assert read_manifest(str(tmp_path / "app")).keys() == {"a"}


def test_a_date_in_yaml_is_the_text_that_was_written(tmp_path: Path) -> None:
    (tmp_path / "app").write_text("name: 2030-01-01\nmetadata: {since: 2030-01-01T00:00:00Z}")
    assert read_manifest(str(tmp_path / "app")) == {
        "name": "2030-01-01",
        "metadata": {"since": "2030-01-01T00:00:00Z"},
    }


def test_a_manifest_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match="No such file"):
        read_manifest(str(tmp_path / "nowhere"))
