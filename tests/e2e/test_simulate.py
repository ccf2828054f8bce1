"""``silo simulate`` as a process: what it prints, and how it ends."""

import pytest

from tests.e2e.silo_up import run_silo

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

FEW = ("--runs", "2", "--steps", "60")


def test_the_contract_holds_and_scripts_are_told_so() -> None:
    ended = run_silo("simulate", *FEW, "--seed", "5", "--json")
    assert (ended.code, ended.err) == (0, "")
    assert (ended.json["held"], ended.json["runs"], ended.json["first_seed"], ended.json["broken"]) == (
        True,
        2,
        5,
        None,
    )
    assert sum(ended.json["calls"].values()) > 0


def test_the_same_seed_tells_the_same_story_in_another_process() -> None:
    first, again = (run_silo("simulate", *FEW, "--story").out.splitlines() for _ in range(2))
    assert len(first) > 60
    assert [line for line in first if " s." not in line] == [line for line in again if " s." not in line]


def test_a_person_is_told_what_was_tried() -> None:
    ended = run_silo("simulate", *FEW)
    assert ended.out.splitlines()[-1].startswith("The contract held in 2 runs (seeds 0 to 1), in ")


def test_no_run_at_all_is_wrong_use() -> None:
    assert run_silo("simulate", "--runs", "0").code == 2
