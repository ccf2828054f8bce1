"""What ``silo status`` shows to a person."""

import io

from rich.console import Console

from shared.cli.status import render
from shared.cli.status_report import SiloStatus, StatusReport
from shared.pb.hybridcloud.operations.v1 import outbox_pb2

BUSY = SiloStatus(
    reachable=True,
    backlog={"app": 12},
    parked=3,
    oldest_age_seconds=1.5,
    lag_p50_seconds=0.0072,
    lag_p99_seconds=0.0238,
    breaker="closed",
    is_paused=False,
)


def shown(**changes: object) -> str:
    out = io.StringIO()
    report = StatusReport(control=BUSY, regions={"us": SiloStatus(**{**vars(BUSY), **changes})})
    Console(file=out, width=80).print(render(report))
    return out.getvalue()


def test_no_column_is_folded_at_80_characters() -> None:
    assert shown().split("\n")[1].split() == ["to", "up", "backlog", "parked", "oldest", "p50", "p99", "breaker"]
    row = " ".join(shown().splitlines()[4].split())
    assert row == "us yes app 12 3 1.5 s 7.2 ms 23.8 ms closed"


def test_what_comparing_found_is_told_where_it_found_something() -> None:
    nothing, something = outbox_pb2.Comparison(rounds=4), outbox_pb2.Comparison(found={"missing": 2}, mended=2)
    assert "Comparing" not in shown(comparison=nothing)
    assert "Comparing found 2 replicas in us that differed" in shown(comparison=something)


def test_what_waits_for_an_upgrade_is_told_apart() -> None:
    assert "us is of a release that does not know team yet: 4 messages wait" in shown(awaiting_upgrade={"team": 4})
    assert "upgrade" not in shown(awaiting_upgrade={})


def test_a_clock_that_is_wrong_is_told() -> None:
    assert "us's machine is 60 s behind its database's" in shown(clock_skew_seconds=-60.0)
    assert "machine" not in shown(clock_skew_seconds=0.01)


def test_what_failed_is_told_with_one_of_the_reasons_as_it_stands() -> None:
    told = " ".join(shown(failing=7, last_error="INVALID_INPUT: [bold]No.").split())
    assert "7 objects did not get to us when last tried" in told
    assert "INVALID_INPUT: [bold]No." in told
    assert "did not get" not in shown(failing=0)
