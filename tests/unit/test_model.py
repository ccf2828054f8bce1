"""What the simulator's model takes for a broken contract, and what it does not."""

from collections.abc import Sequence

import pytest

from shared.category import Category
from shared.simulation.ledger import ContractBroken
from simulator.asked import App, Name
from simulator.fact import AppFact, CredentialFact
from simulator.model import Model
from simulator.verdict import check_region
from simulator.window import Shown

HEARS = frozenset({"issue"})


@pytest.fixture
def model() -> Model:
    """Knows one app, of an organization in us, which has been renamed."""
    model = Model(organizations={1: ("acme", "us"), 2: ("bcme", "de")})
    names = [Name("old", model.moment(), model.moment()), Name("new", model.moment(), model.moment())]
    model.apps[7] = App(7, 1, names, "unpublished", HEARS, ["secret"])
    model.settle(7)
    return model


def shown(version: int, name: str | None) -> Shown:
    return Shown(Category.APP, 7, version, AppFact(name, "unpublished", HEARS) if name else None)


def test_states_in_their_order_are_fine_and_remembered(model: Model) -> None:
    for state in (shown(1, "old"), shown(2, "new"), shown(3, None)):
        model.look("us", [state])
    with pytest.raises(ContractBroken, match=r"^2:"):
        model.look("us", [shown(2, "new")])


@pytest.mark.parametrize(
    ("sentence", "moments"),
    [
        ("1", [[shown(1, "odd")]]),
        ("2", [[shown(2, "new")], [shown(1, "old")]]),
        ("2", [[shown(2, None)], []]),
        ("3", [[shown(1, "old")], [shown(1, "new")]]),
        ("3", [[shown(1, "new")], [shown(2, "old")]]),
    ],
)
def test_what_was_never_asked_or_goes_back_is_broken(
    model: Model, sentence: str, moments: Sequence[Sequence[Shown]]
) -> None:
    for moment in moments[:-1]:
        model.look("us", moment)
    with pytest.raises(ContractBroken, match=f"^{sentence}:"):
        model.look("us", moments[-1])


def test_what_is_no_business_of_a_region_is_broken(model: Model) -> None:
    with pytest.raises(ContractBroken, match=r"^8:"):
        model.look("de", [shown(1, "old")])
    with pytest.raises(ContractBroken, match=r"^8:"):
        model.sent("de", Category.CREDENTIAL, 7)


def test_what_is_deleted_stays_so(model: Model) -> None:
    model.look("us", [shown(2, None)])
    model.deleted(7)
    with pytest.raises(ContractBroken, match=r"^2:"):
        model.look("us", [shown(3, "new")])


def test_a_reader_is_told_nothing_older_than_what_was_answered(model: Model) -> None:
    model.answered("us", 7, "new", since=model.moment())
    with pytest.raises(ContractBroken, match=r"^7:"):
        model.answered("us", 7, "old", since=model.moment())
    with pytest.raises(ContractBroken, match=r"^7:"):
        model.answered("us", 7, None, since=model.moment())


def test_a_name_that_was_never_answered_may_come_at_any_time(model: Model) -> None:
    model.apps[7].names.insert(0, Name("late", 0))
    model.look("us", [shown(1, "new")])
    model.look("us", [shown(2, "late")])
    assert model.apps[7].last_names() == ["late", "new"]


def test_what_is_missing_in_the_end_is_broken(model: Model) -> None:
    fact = AppFact("new", "unpublished", HEARS)
    credential = Shown(Category.CREDENTIAL, 7, 1, CredentialFact("secret"))
    check_region(model, "us", [shown(2, "new"), credential], apps={7: fact})
    with pytest.raises(ContractBroken, match="missing"):
        check_region(model, "us", [shown(2, "new")], apps={7: fact})
