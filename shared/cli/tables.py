"""Tables for people, readable at 80 columns. Owns their look."""

from collections.abc import Collection, Iterable, Sequence

from rich import box
from rich.console import Console
from rich.table import Table

_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def print_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    title: str | None = None,
    whole: Collection[str] = frozenset(),
) -> None:
    """Prints rows under column names; a cell that is too long is folded, never cut, those of ``whole`` columns last."""
    Console().print(make_table(columns, rows, title=title, whole=whole))


def print_pairs(pairs: Iterable[tuple[str, object]]) -> None:
    """Prints names and values under each other."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim")
    # Folded: a secret that is cut off in a table could not be copied.
    table.add_column(overflow="fold")
    for name, value in pairs:
        table.add_row(name, cell(value))
    Console().print(table)


def make_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    title: str | None = None,
    whole: Collection[str] = frozenset(),
) -> Table:
    """The table that ``print_table`` prints."""
    table = Table(
        *columns, box=box.SIMPLE_HEAD, title=title, title_justify="left", pad_edge=False, padding=(0, 1, 0, 0)
    )
    for column in table.columns:
        column.overflow = "fold"
    for row in rows:
        # rich would add a column without a name for a cell too many, and leave out one that is missing.
        if len(row) != len(columns):
            raise ValueError(f"a row of {len(row)} cells in a table of {len(columns)} columns")
        table.add_row(*map(cell, row))
    for column in table.columns:
        if column.header in whole:
            # Lines of its own are kept whole: other columns give way, whose words are shorter.
            column.min_width = max((len(line) for each in column.cells for line in str(each).split("\n")), default=0)
    return table


def cell(value: object) -> str:
    """A value as a person reads it; brackets in it are no markup."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple, set)):
        return ", ".join(map(cell, value)) or "-"
    # rich takes brackets for markup, and would drop what stands in them.
    return str(value).replace("[", "\\[")


def duration(seconds: float | None) -> str | None:
    """A time span as a person reads it, in the unit that gives it a short number."""
    if seconds is None:
        return None
    if seconds < 1:
        return f"{seconds * 1000:.1f} ms"
    # Twice the unit at least: 90 s says more than 1.5 min.
    unit, length = next((unit, length) for unit, length in _UNITS if seconds >= 2 * length or length == 1)
    return f"{seconds / length:.1f} {unit}"
