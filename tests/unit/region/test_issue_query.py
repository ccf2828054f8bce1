import contextlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from region_silo.models.issue import SUBSTATUSES
from region_silo.services.issue_query import Field, Term, parse_query
from shared.errors import ValidationFailed

NOW = datetime(2030, 1, 2, tzinfo=UTC)


def test_terms_are_read_in_order_and_words_become_one_text() -> None:
    assert parse_query('connection is:unresolved "was  refused" assigned:me', now=NOW) == (
        Term(field=Field.STATUS, value="unresolved"),
        Term(field=Field.ASSIGNED, value="me"),
        Term(field=Field.TEXT, value="connection was  refused"),
    )


@pytest.mark.parametrize("text", ["", "  ", '""'])
def test_an_empty_query_asks_for_nothing(text: str) -> None:
    assert parse_query(text, now=NOW) == ()


def test_archived_is_another_word_for_ignored() -> None:
    assert parse_query("is:archived", now=NOW) == parse_query("is:ignored", now=NOW)


def test_an_exclamation_mark_negates_a_term() -> None:
    assert parse_query("!is:resolved", now=NOW) == (Term(field=Field.STATUS, value="resolved", is_negated=True),)


def test_nobody_is_written_in_two_ways() -> None:
    assert parse_query("assigned:none", now=NOW) == parse_query("is:unassigned", now=NOW)


def test_short_ids_are_taken_in_any_case() -> None:
    assert parse_query("issue:web-1a", now=NOW) == (Term(field=Field.ISSUE, value="WEB-1A"),)


@pytest.mark.parametrize("substatus", ["new", "ongoing", "regressed", "escalating"])
def test_an_open_issue_is_found_by_its_substatus(substatus: str) -> None:
    assert parse_query(f"is:{substatus}", now=NOW) == (Term(field=Field.SUBSTATUS, value=substatus),)


@pytest.mark.parametrize(
    ("text", "field"),
    [("level:error", Field.LEVEL), ("project:web", Field.PROJECT), ("assignee:me", Field.ASSIGNED)],
)
def test_a_filter_asks_for_what_it_is_called(text: str, field: Field) -> None:
    assert parse_query(text, now=NOW) == (Term(field=field, value=text.partition(":")[2]),)


def test_the_substatuses_are_those_of_the_original() -> None:
    assert {status.value: set(known) for status, known in SUBSTATUSES.items()} == {
        "unresolved": {"new", "ongoing", "regressed", "escalating"},
        "ignored": {"archived_until_escalating", "archived_until_condition_met", "archived_forever"},
        "resolved": set(),
    }


@pytest.mark.parametrize("text", ["KeyError: 'a'", "http://shop.example/cart", "time: 12", ":colon"])
def test_a_title_that_is_pasted_is_words_and_not_filters(text: str) -> None:
    assert [term.field for term in parse_query(text, now=NOW)] == [Field.TEXT]


@pytest.mark.parametrize(
    "text",
    ["release:1.2", "is:odd", "issue:7-", "!browser:x", "is:unresolved foo.bar:1", "\x00", "x" * 5000, "is:new " * 51],
)
def test_what_is_not_understood_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ValidationFailed, match="Invalid search query: "):
        parse_query(text, now=NOW)


@given(st.text(max_size=200))
def test_any_text_is_a_query_or_is_refused(text: str) -> None:
    with contextlib.suppress(ValidationFailed):
        assert all(term.value for term in parse_query(text, now=NOW))


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("firstSeen:-24h", Field.FIRST_SEEN, ">= 2030-01-01T00:00:00+00:00"),
        ("lastSeen:+1d", Field.LAST_SEEN, "<= 2030-01-01T00:00:00+00:00"),
        ("lastSeen:>2029-12-31", Field.LAST_SEEN, "> 2029-12-31T00:00:00+00:00"),
        ("timesSeen:>=10", Field.TIMES_SEEN, ">= 10"),
        ("timesSeen:3", Field.TIMES_SEEN, "= 3"),
        ("0123456789abcdefABCDEF0123456789", Field.EVENT, "0123456789abcdefabcdef0123456789"),
        ("01234567-89ab-cdef-0123-456789abcdef", Field.EVENT, "0123456789abcdef0123456789abcdef"),
    ],
)
def test_numbers_and_times_are_compared_and_events_found_by_their_id(text: str, field: Field, value: str) -> None:
    assert parse_query(text, now=NOW) == (Term(field=field, value=value),)


LENGTHS = {
    "1s": timedelta(seconds=1),
    "1m": timedelta(minutes=1),
    "1h": timedelta(hours=1),
    "1d": timedelta(days=1),
    "1w": timedelta(weeks=1),
}


@pytest.mark.parametrize(("text", "length"), LENGTHS.items())
def test_a_length_of_time_is_written_with_its_unit(text: str, length: timedelta) -> None:
    (term,) = parse_query(f"firstSeen:-{text}", now=NOW)
    assert term.value == f">= {(NOW - length).isoformat()}"


def test_a_list_is_any_of_its_values() -> None:
    other = Term(field=Field.LEVEL, value="fatal")
    assert parse_query("level:[error, fatal]", now=NOW) == (Term(field=Field.LEVEL, value="error", or_else=(other,)),)


@pytest.mark.parametrize("text", ["firstSeen:yesterday", "timesSeen:many", "timesSeen:>", "lastSeen:-999999w"])
def test_what_no_number_and_no_time_is_is_refused(text: str) -> None:
    with pytest.raises(ValidationFailed, match="Invalid search query: "):
        parse_query(text, now=NOW)
