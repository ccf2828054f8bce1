"""What is wrong with apps is noted once, by whichever worker sees it, and reported until control has heard it."""

from collections.abc import Callable

import pytest

from shared.errors import SiloUnreachable
from shared.outbox.message import Rejection
from shared.webhooks.circuit import MIN_CALLS, Circuits
from shared.webhooks.health import HealthReport, IllApp, WithParked, read_report
from shared.webhooks.reporting import HealthReporter
from tests.integration.webhooks.conftest import APP_ID, Post

GONE = 410


def told(post: Post) -> tuple[IllApp, ...]:
    return read_report(post.database).apps


def test_an_app_that_gives_no_trouble_is_never_written_down(post: Post) -> None:
    before = read_report(post.database)
    for _ in range(3):
        post.enqueue()
    post.send()
    assert read_report(post.database) == before == HealthReport(0, ())


def test_a_delivery_that_is_given_up_is_noted_until_the_app_answers(post: Post, refuse: Callable[[int], None]) -> None:
    refuse(GONE)
    post.enqueue()
    post.send()
    first = read_report(post.database)
    assert first.apps == (IllApp(sentry_app_id=APP_ID, parked_at=post.clock.now()),)
    post.clock.advance(60)
    post.enqueue()
    post.send()
    assert read_report(post.database) == first  # the first one counts, and no further one changes anything
    refuse(404)
    post.enqueue()
    post.send()
    after = read_report(post.database)
    assert after.apps == ()
    assert after.revision > first.revision


def test_a_worker_that_has_just_started_takes_an_answer_for_what_it_is(
    post: Post, refuse: Callable[[int], None]
) -> None:
    refuse(GONE)
    post.enqueue()
    post.send()
    # Before its first look at what others have noted, as when it finds something due as it starts.
    with post.database.transaction() as tx:
        WithParked(post.database).note(tx, given_up=[], answered=[APP_ID], at=post.clock.now())
    assert told(post) == ()


def test_what_nobody_was_called_for_is_no_trouble_of_the_app(post: Post) -> None:
    post.recipients[APP_ID] = Rejection("APP_NOT_FOUND", "It is gone.", permanent=True)
    post.enqueue()
    post.send()
    assert told(post) == ()


def test_an_answer_to_another_app_changes_nothing(post: Post, refuse: Callable[[int], None]) -> None:
    post.recipients[8] = post.recipients[APP_ID]
    refuse(GONE)
    post.enqueue()
    post.send()
    refuse(200)
    post.enqueue(app_id=8)
    post.send()
    assert [each.sentry_app_id for each in told(post)] == [APP_ID]


def test_a_circuit_is_noted_once_by_two_workers_and_closed_by_either(post: Post) -> None:
    one, other = Circuits(post.database, post.clock), Circuits(post.database, post.clock)
    revisions = []
    for circuits in (one, other):
        for _ in range(MIN_CALLS):
            circuits.record(APP_ID, is_timeout=True)
        revisions.append(read_report(post.database).revision)
    assert revisions[0] == revisions[1] > 0
    assert told(post) == (IllApp(sentry_app_id=APP_ID, circuit_opened_at=post.clock.now()),)
    one.record(APP_ID, is_timeout=False)
    assert told(post) == ()


class Control:
    """Takes reports when it is there."""

    def __init__(self) -> None:
        self.reports: list[HealthReport] = []
        self.is_away = False

    def __call__(self, report: HealthReport) -> None:
        if self.is_away:
            raise SiloUnreachable
        self.reports.append(report)


def test_a_worker_reports_when_it_begins_when_something_changes_and_not_otherwise(
    post: Post, refuse: Callable[[int], None]
) -> None:
    control = Control()
    reporter = HealthReporter(post.database, control, clock=post.clock)
    assert (reporter.report_new(), reporter.report_new()) == (True, False)
    refuse(GONE)
    post.enqueue()
    post.send()
    assert (reporter.report_new(), reporter.report_new()) == (True, False)
    assert [len(report.apps) for report in control.reports] == [0, 1]


def test_what_control_did_not_hear_is_said_until_it_has(post: Post, refuse: Callable[[int], None]) -> None:
    control = Control()
    control.is_away = True
    reporter = HealthReporter(post.database, control, clock=post.clock)
    refuse(GONE)
    post.enqueue()
    post.send()
    for _ in range(2):
        with pytest.raises(SiloUnreachable):
            reporter.report_new()
    control.is_away = False
    assert reporter.report_new()
    # A worker that is killed leaves what it knew to the next one.
    assert HealthReporter(post.database, control, clock=post.clock).report_new()
    first, second = control.reports
    assert (first.apps, first.revision < second.revision) == (second.apps, True)


def test_a_database_that_was_lost_or_put_back_outranks_what_it_said_before(post: Post) -> None:
    control = Control()
    HealthReporter(post.database, control, clock=post.clock).report_new()
    with post.database.transaction() as tx:
        tx.database.rows("UPDATE app_health_revision SET revision = 0")
    post.clock.advance(1)
    HealthReporter(post.database, control, clock=post.clock).report_new()
    assert control.reports[0].revision < control.reports[1].revision


def test_the_same_is_said_again_after_a_while(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.webhooks.reporting.REPEAT_SECONDS", 0.0)
    control = Control()
    reporter = HealthReporter(post.database, control, clock=post.clock)
    assert (reporter.report_new(), reporter.report_new()) == (True, True)
    assert control.reports[0] == control.reports[1]
