import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from shared.errors import ConfigInvalid, SiloError, SlugTaken
from shared.process import EXIT_MISUSED, EXIT_REFUSED, Stop, run_until_stopped


class Silo:
    """A runnable that remembers what was done to it."""

    def __init__(self, *, failure: SiloError | None = None) -> None:
        self.done: list[str] = []
        self._failure = failure

    def start(self) -> None:
        self.done.append("started")
        if self._failure:
            raise self._failure

    def stop(self) -> None:
        self.done.append("stopped")


@pytest.fixture(autouse=True)
def survivor(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process of the tests goes on after what they stop, and must not be ended with it."""
    monkeypatch.setattr("shared.process.STOP_SECONDS", 1e6)


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_what_was_started(number: signal.Signals) -> None:
    silo = Silo()

    def build(stop: Stop) -> Silo:
        signal.raise_signal(number)
        return silo

    run_until_stopped(build)
    assert silo.done == ["started", "stopped"]


@pytest.mark.parametrize(("error", "code"), [(ConfigInvalid(), EXIT_MISUSED), (SlugTaken(), EXIT_REFUSED)])
def test_what_cannot_start_is_stopped_and_says_why_in_one_line(
    error: SiloError, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    silo = Silo(failure=error)
    with pytest.raises(SystemExit) as left:
        run_until_stopped(lambda stop: silo)
    assert (left.value.code, capsys.readouterr().err) == (code, f"{error.message}\n")
    assert silo.done == ["started", "stopped"]


def test_an_end_from_inside_leaves_with_its_error(capsys: pytest.CaptureFixture[str]) -> None:
    silo = Silo()

    def build(stop: Stop) -> Silo:
        stop.because(SlugTaken())
        return silo

    with pytest.raises(SystemExit) as left:
        run_until_stopped(build)
    assert (left.value.code, silo.done) == (EXIT_REFUSED, ["started", "stopped"])
    assert capsys.readouterr().err == "This slug is already taken.\n"


HANGING = """
import os, threading
from shared import process

process.STOP_SECONDS = 0.2

def fill():
    os.set_blocking(2, False)
    try:
        while os.write(2, b"x" * 4096):
            pass
    except BlockingIOError:
        os.set_blocking(2, True)

class Silo:
    def start(self):
        threading.Thread(target=threading.Event().wait).start()  # one that Python itself would wait for
        {start}

    def stop(self):
        {stop}

process.configure_logging()
process.run_until_stopped(lambda stop: (stop.on_signal(0, None), Silo())[1])
"""
FOR_EVER = "threading.Event().wait()"


@pytest.mark.parametrize(("start", "stop"), [("pass", FOR_EVER), ("pass", "pass"), (FOR_EVER, "pass")])
def test_a_process_that_is_told_to_stop_ends_whatever_hangs(start: str, stop: str) -> None:
    command = [sys.executable, "-c", HANGING.format(start=start, stop=stop)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, "process.stopping_hung" in done.stderr) == (0, True)


def test_a_process_ends_in_time_though_nobody_reads_its_log() -> None:
    command = [sys.executable, "-c", HANGING.format(start="fill()", stop=FOR_EVER)]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        assert process.wait(60) == 0
