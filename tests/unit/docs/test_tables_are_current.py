from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType

import pytest

from control_silo import api as control_api
from control_silo.api.application import list_endpoints as list_of_control
from docs import generate
from docs.endpoint_tables import path_of
from docs.generate import insert, main, marks, tables
from region_silo import api as region_api
from region_silo.api.application import list_endpoints as list_of_region
from shared.http.endpoint import Endpoint

BEGIN, END = marks("name")


def test_the_committed_tables_are_what_the_code_says() -> None:
    stale = [str(path) for path, text in generate.generate().items() if path.read_text("utf-8") != text]
    assert stale == [], "run `make docs`"


@pytest.mark.parametrize(("package", "list_endpoints"), [(control_api, list_of_control), (region_api, list_of_region)])
def test_every_module_with_endpoints_is_in_the_list_of_its_silo(
    package: ModuleType, list_endpoints: Callable[[], list[Endpoint]]
) -> None:
    modules = [import_module(f"{package.__name__}.{each.name}") for each in iter_modules(package.__path__)]
    with_endpoints = {module.__name__: module.endpoints for module in modules if hasattr(module, "endpoints")}
    listed = list_endpoints()
    assert [name for name, endpoints in with_endpoints.items() if endpoints.table[0] not in listed] == []


def test_every_endpoint_is_in_both_tables() -> None:
    texts = [text for path, text in generate.generate().items() if path.suffix == ".md"]
    assert len(texts) == 2
    endpoints = [*list_of_control(), *list_of_region()]
    assert all(f"`{path_of(endpoint)}`" in text for endpoint in endpoints for text in texts)


def test_what_stands_around_a_table_stays() -> None:
    text = insert({"name": "table"}, into=f"before\n{BEGIN}\nold\n{END}\nafter")
    assert text == f"before\n{BEGIN}\ntable\n{END}\nafter"


@pytest.mark.parametrize("text", ["", BEGIN, END, f"{END}{BEGIN}"])
def test_a_text_without_a_place_for_a_table_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"README\.md must hold the lines"):
        insert({"name": "table"}, into=text)


def test_a_check_names_what_is_stale_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in ("docs", "shared/http"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "Makefile").touch()
    empty = "\n".join(line for name in tables() for line in marks(name))
    (tmp_path / "README.md").write_text(empty)
    monkeypatch.setattr(generate, "ROOT", tmp_path)
    assert main(["--check"]) == 1
    assert "stale: shared/http/regions.json\nstale: docs/endpoints.md\nstale: README.md" in capsys.readouterr().err
    assert (tmp_path / "README.md").read_text() == empty
    assert (main([]), main(["--check"])) == (0, 0)
