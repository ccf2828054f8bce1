"""``silo simulate`` as a process: what it prints, and how it ends."""

from pathlib import Path

import pytest

from tests.e2e.silo_up import run_silo

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

FEW = ("--seeds", "5..6", "--steps", "20")


@pytest.mark.parametrize("world", ["platform", "small"])
def test_the_contract_holds_and_scripts_are_told_so(world: str) -> None:
    ended = run_silo("simulate", *FEW, "--world", world, "--json")
    assert (ended.code, ended.err) == (0, "")
    said = ended.json
    assert (said["held"], said["runs"], said["first_seed"], said["last_seed"], said["broken"]) == (True, 2, 5, 6, None)
    assert sum(said["calls"].values()) > 0


def test_the_same_seed_tells_the_same_story_in_another_process() -> None:
    told = [run_silo("simulate", *FEW, "--jobs", jobs, "--story", "--json").json["calls"] for jobs in ("1", "2")]
    assert told[0] == told[1]
    first, again = (run_silo("simulate", "--seeds", "5", "--steps", "20", "--story").out.splitlines() for _ in range(2))
    assert len(first) > 20
    assert [line for line in first if " s." not in line] == [line for line in again if " s." not in line]


def test_a_person_is_told_what_was_tried() -> None:
    ended = run_silo("simulate", *FEW)
    assert ended.out.splitlines()[-1].startswith("The contract held in 2 runs (seeds 5 to 6), in ")


def test_a_story_is_drawn(tmp_path: Path) -> None:
    run_silo("simulate", *FEW, "--plot", str(tmp_path / "plot.svg"))
    assert (tmp_path / "plot.svg").read_text().count("control → us") == 1


@pytest.mark.parametrize(
    "wrong", [("--seeds", "9..3"), ("--seeds", "few"), ("--faults", "rain"), ("--world", "small", "--faults", "clock")]
)
def test_what_cannot_be_played_is_wrong_use(wrong: tuple[str, ...]) -> None:
    ended = run_silo("simulate", *wrong)
    assert ended.code != 0
    assert len(ended.err.splitlines()) == 1
