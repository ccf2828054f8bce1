"""``silo simulate`` as a process: what it prints, and how it ends."""

import signal
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import psutil
import pytest

from tests.e2e.silo_up import ROOT, eventually, run_silo

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
    drawn = ElementTree.parse(tmp_path / "plot.svg")  # noqa: S314 - ours
    texts = [each.text for each in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert {"messages that wait", "seconds that the oldest has waited", "green: the storm is over"} <= set(texts)
    assert texts.count("— control to us") == 1


def folders() -> set[Path]:
    return set(Path("/dev/shm").glob("silo-simulate-*"))  # noqa: S108 - looked at, not written to


@pytest.mark.parametrize(("number", "whom"), [(signal.SIGTERM, "it"), (signal.SIGKILL, "players")])
def test_whoever_is_ended_leaves_nothing_behind(number: signal.Signals, whom: str) -> None:
    before, command = folders(), [sys.executable, "-m", "shared.cli", "simulate", "--seeds", "0..9999", "--jobs", "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT) as process:
        started = psutil.Process(process.pid)
        eventually(
            lambda: len(started.children()) == 2 and len(list_nested(folders() - before)) == 4, within_seconds=120
        )
        players = started.children()
        for each in players if whom == "players" else [started]:
            each.send_signal(number)
        process.communicate(timeout=120)
    assert process.returncode == (1 if whom == "players" else 130)
    assert not any(each.is_running() for each in players)
    assert folders() - before == set()


def list_nested(found: set[Path]) -> list[Path]:
    """The folders of players, inside that of the command."""
    return [nested for each in found for nested in each.glob("silo-simulate-*")]


@pytest.mark.parametrize(
    "wrong", [("--seeds", "9..3"), ("--seeds", "few"), ("--faults", "rain"), ("--world", "small", "--faults", "clock")]
)
def test_what_cannot_be_played_is_wrong_use(wrong: tuple[str, ...]) -> None:
    ended = run_silo("simulate", *wrong)
    assert ended.code != 0
    assert len(ended.err.splitlines()) == 1
