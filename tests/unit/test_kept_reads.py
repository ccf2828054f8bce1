"""What was read is given out again under the mark that it was read under, and under no other."""

from collections.abc import Sequence
from typing import Any

import pytest

from shared.database.kept import KEPT_BYTES, MAX_READ_BYTES, KeptReads, Rows
from shared.errors import DatabaseMisused

READ = "SELECT text FROM note WHERE id = ?"


def first(rows: Rows) -> str:
    return str(rows[0][0])


class Tables:
    """A table of notes that counts how often it was asked, and the mark that it has. Implements ``Watch``."""

    def __init__(self) -> None:
        self.value: object | None = 1
        self.text = "first"
        self.asked = 0
        self.reads = KeptReads(self.ask)
        self.reads.begin(self, ["note"])

    def mark(self) -> object | None:
        return self.value

    def stop(self) -> None: ...

    def ask(self, sql: str, parameters: Sequence[Any]) -> Rows:
        self.asked += 1
        return [(self.text,)]

    def read(self, number: int = 1) -> str:
        return self.reads.get(READ, (number,), first)


@pytest.fixture
def tables() -> Tables:
    return Tables()


def test_a_read_is_asked_once_while_the_mark_stays(tables: Tables) -> None:
    assert [tables.read() for _ in range(3)] == ["first"] * 3
    assert tables.asked == 1


def test_each_read_is_kept_by_its_values(tables: Tables) -> None:
    for number in (1, 2, 1, 2):
        tables.read(number)
    assert tables.asked == 2


def test_another_mark_has_the_tables_asked_again(tables: Tables) -> None:
    tables.read()
    tables.value, tables.text = 2, "second"
    assert (tables.read(), tables.asked) == ("second", 2)


def test_without_a_mark_the_tables_are_asked_and_nothing_is_kept(tables: Tables) -> None:
    tables.value = None
    tables.read()
    tables.value, tables.text = 1, "second"
    assert tables.read() == "second"


def test_what_changed_while_it_was_read_is_not_given_out_under_the_later_mark(tables: Tables) -> None:
    def ask(sql: str, parameters: Sequence[Any]) -> Rows:
        rows = tables.ask(sql, parameters)
        tables.value, tables.text = 2, "second"
        return rows

    reads = KeptReads(ask)
    reads.begin(tables, ["note"])
    assert [reads.get(READ, (1,), first) for _ in range(2)] == ["first", "second"]


def test_a_read_of_a_table_that_nobody_watches_is_refused(tables: Tables) -> None:
    with pytest.raises(DatabaseMisused, match="Nobody watches secret"):
        tables.reads.get("SELECT note.text FROM note JOIN secret ON secret.id = note.id", (), first)


def test_a_large_list_is_not_kept(tables: Tables) -> None:
    tables.text = "x" * MAX_READ_BYTES
    tables.read()
    tables.read()
    assert tables.asked == 2


def test_what_is_kept_is_bounded(tables: Tables) -> None:
    tables.text = "x" * (MAX_READ_BYTES // 2)
    fits = KEPT_BYTES // (MAX_READ_BYTES // 2)
    for number in range(fits + 1):
        tables.read(number)
    tables.read(0)
    assert tables.asked == fits + 2
