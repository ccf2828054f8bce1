import pytest

from shared.cli.tables import cell, duration, print_table


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "-"), (True, "yes"), (False, "no"), (0, "0"), ([], "-"), (["a", "b"], "a, b"), ("[red]x", "\\[red]x")],
)
def test_values_are_shown_as_people_read_them(value: object, shown: str) -> None:
    assert cell(value) == shown


def test_what_a_stranger_called_an_app_is_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("name",), [("[bold]x[/bold]",)])
    assert "[bold]x[/bold]" in capsys.readouterr().out


def test_a_long_value_is_folded_and_not_cut(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("name", "value"), [("a", "x" * 200)])
    printed = capsys.readouterr().out
    assert printed.count("x") == 200
    assert max(map(len, printed.splitlines())) <= 80


@pytest.mark.parametrize("row", [("a",), ("a", "b", "c")])
def test_a_row_has_a_cell_for_every_column_and_no_other(row: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="2 columns"):
        print_table(("name", "value"), [row])


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (None, None),
        (0, "0.0 ms"),
        (0.25, "250.0 ms"),
        (119, "119.0 s"),
        (120, "2.0 min"),
        (7200, "2.0 h"),
        (2e5, "2.3 d"),
    ],
)
def test_a_time_span_is_shown_in_a_unit_that_suits_it(seconds: float | None, shown: str | None) -> None:
    assert duration(seconds) == shown
