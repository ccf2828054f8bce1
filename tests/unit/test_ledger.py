"""The ledger of a simulation: each sentence of the contract that it judges."""

import pytest

from shared.simulation.ledger import ContractBroken, Ledger


@pytest.fixture
def ledger() -> Ledger:
    """Object 1 was written twice and then deleted."""
    ledger = Ledger()
    for version, state in ((1, "a"), (2, "b"), (3, None)):
        ledger.commit(1, version, state)
    return ledger


def test_states_may_be_skipped_and_repeated(ledger: Ledger) -> None:
    for version, state in ((1, "a"), (1, "a"), (3, None)):
        ledger.show("us", 1, version, state)
    with pytest.raises(ContractBroken, match="after it showed 3"):
        ledger.show("us", 1, 2, "b")


def test_holders_are_judged_by_themselves(ledger: Ledger) -> None:
    ledger.show("us", 1, 3, None)
    ledger.show("de", 1, 1, "a")
    with pytest.raises(ContractBroken, match="us shows 1 at version 1 after it showed 3"):
        ledger.show("us", 1, 1, "a")


def test_nothing_is_shown_that_was_not_committed(ledger: Ledger) -> None:
    for object_id, version in ((1, 4), (2, 1)):
        with pytest.raises(ContractBroken, match="never committed"):
            ledger.show("us", object_id, version, "a")


def test_a_version_shows_its_own_state(ledger: Ledger) -> None:
    with pytest.raises(ContractBroken, match="'b' was committed"):
        ledger.show("us", 1, 2, "a")


def test_nothing_older_is_shown_again(ledger: Ledger) -> None:
    ledger.show("us", 1, 3, None)
    with pytest.raises(ContractBroken, match="after it showed 3"):
        ledger.show("us", 1, 2, "b")


def test_a_tombstone_stays(ledger: Ledger) -> None:
    ledger.forget("us", 1)
    ledger.show("us", 1, 3, None)
    with pytest.raises(ContractBroken, match="not even a tombstone"):
        ledger.forget("us", 1)


def test_a_version_is_given_out_once(ledger: Ledger) -> None:
    with pytest.raises(ContractBroken, match="twice"):
        ledger.commit(1, 3, "c")


def test_the_newest_is_what_counts_in_the_end(ledger: Ledger) -> None:
    ledger.commit(2, 5, "x")
    assert ledger.newest() == {1: (3, None), 2: (5, "x")}
