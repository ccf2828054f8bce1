from pathlib import Path

import pytest

from control_silo.api.application import list_endpoints
from docs import generate
from docs.generate import BEGIN, END, insert, main, path_of


def test_the_committed_tables_are_what_the_silos_serve() -> None:
    stale = [str(path) for path, text in generate.generate().items() if path.read_text("utf-8") != text]
    assert stale == [], "run `make endpoints`"


def test_every_endpoint_is_in_both_tables() -> None:
    texts = list(generate.generate().values())
    assert len(texts) == 2
    assert all(f"`{path_of(endpoint)}`" in text for endpoint in list_endpoints() for text in texts)


def test_what_stands_around_the_table_stays() -> None:
    assert insert("table", into=f"before\n{BEGIN}\nold\n{END}\nafter") == f"before\n{BEGIN}\ntable\n{END}\nafter"


@pytest.mark.parametrize("text", ["", BEGIN, END, f"{END}{BEGIN}"])
def test_a_text_without_a_place_for_the_table_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"README\.md must hold the lines"):
        insert("table", into=text)


def test_a_check_names_what_is_stale_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "README.md").write_text(f"{BEGIN}\n{END}")
    monkeypatch.setattr(generate, "ROOT", tmp_path)
    assert main(["--check"]) == 1
    assert "stale: docs/endpoints.md\nstale: README.md" in capsys.readouterr().err
    assert (tmp_path / "README.md").read_text() == f"{BEGIN}\n{END}"
    assert (main([]), main(["--check"])) == (0, 0)
