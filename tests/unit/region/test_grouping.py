from typing import Any

import pytest

from tests.unit.region.events import frame, raised, read

APP = frame("app", "divide", lineno=3)
LIBRARY = frame("lib", "truediv", in_app=False)


def _are_together(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return read(one).grouping_hash == read(other).grouping_hash


def test_the_same_exception_from_the_same_function_is_the_same_issue() -> None:
    moved = [frame("app", "main"), frame("app", "divide", lineno=9)]
    assert _are_together(raised("KeyError", "'a'", frames=[APP]), raised("KeyError", "'b'", frames=moved))


def test_another_type_of_exception_is_another_issue() -> None:
    assert not _are_together(raised("KeyError", frames=[APP]), raised("ValueError", frames=[APP]))


def test_another_function_is_another_issue() -> None:
    assert not _are_together(raised(frames=[APP]), raised(frames=[frame("app", "multiply")]))


def test_frames_of_libraries_do_not_matter_while_the_software_has_one_of_its_own() -> None:
    assert _are_together(raised(frames=[APP, LIBRARY]), raised(frames=[APP, frame("lib", "other", in_app=False)]))


def test_without_frames_of_its_own_the_innermost_counts() -> None:
    assert not _are_together(raised(frames=[LIBRARY]), raised(frames=[frame("lib", "other", in_app=False)]))


def test_without_frames_the_text_of_the_exception_counts() -> None:
    assert _are_together(raised("KeyError", "'a'"), raised("KeyError", "'a'"))
    assert not _are_together(raised("KeyError", "'a'"), raised("KeyError", "'b'"))


def test_the_last_exception_of_a_chain_counts() -> None:
    chained = raised(frames=[APP])
    chained["exception"]["values"].insert(0, {"type": "OSError", "value": "cause"})
    assert _are_together(chained, raised(frames=[APP]))


def test_messages_group_by_what_they_were_before_formatting() -> None:
    one = {"logentry": {"message": "user %s", "formatted": "user 1"}}
    other = {"logentry": {"message": "user %s", "formatted": "user 2"}}
    assert _are_together(one, other)


def test_different_messages_are_different_issues() -> None:
    assert not _are_together({"message": "one"}, {"message": "two"})


def test_a_fingerprint_outranks_everything() -> None:
    assert _are_together(raised("KeyError", fingerprint=["db"]), {"message": "away", "fingerprint": ["db"]})


def test_a_fingerprint_may_split_what_would_be_together() -> None:
    tenants = [raised(frames=[APP], fingerprint=["{{ default }}", tenant]) for tenant in ("a", "b")]
    assert not _are_together(*tenants)


@pytest.mark.parametrize("default", ["{{ default }}", "{{default}}"])
def test_the_default_alone_changes_nothing(default: str) -> None:
    assert _are_together(raised(frames=[APP], fingerprint=[default]), raised(frames=[APP]))


@pytest.mark.parametrize("fingerprint", [[], None, "text", 3, {}, [None], [""], [[]]])
def test_a_fingerprint_that_says_nothing_counts_as_none(fingerprint: Any) -> None:
    assert _are_together(raised(frames=[APP], fingerprint=fingerprint), raised(frames=[APP]))
