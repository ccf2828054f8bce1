import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import CursorInvalid
from shared.http.pagination import MAX_PAGE, MAX_PER_PAGE, Cursor

cursors = st.builds(
    Cursor, limit=st.integers(1, MAX_PER_PAGE), page=st.integers(0, MAX_PAGE), is_previous=st.booleans()
)


@given(cursors)
def test_a_cursor_reads_back_as_it_was_written(cursor: Cursor) -> None:
    assert Cursor.parse(str(cursor)) == cursor


@given(st.text(max_size=30))
def test_any_text_is_a_cursor_or_invalid(text: str) -> None:
    with contextlib.suppress(CursorInvalid):
        assert Cursor.parse(text).page >= 0


@pytest.mark.parametrize("text", ["100:1", "100:1:2", "100:1:0:0", " 100:1:0", "100:1:0\n", "٣:1:0", "1e2:0:0"])
def test_what_only_looks_like_a_cursor_is_none(text: str) -> None:
    with pytest.raises(CursorInvalid):
        Cursor.parse(text)
