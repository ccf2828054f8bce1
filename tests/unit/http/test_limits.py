import threading

from shared.clock import FrozenClock
from shared.config.silo import DEFAULT_REQUESTS_PER_SECOND
from shared.http.limits import WINDOW_SECONDS, RequestLimit

LIMIT = 3


def test_a_client_is_told_what_is_left() -> None:
    clock = FrozenClock()
    limit = RequestLimit(clock, limit=LIMIT)
    allowances = [limit.count(b"a") for _ in range(LIMIT + 1)]
    assert [(each.remaining, each.is_exceeded) for each in allowances] == [
        (2, False),
        (1, False),
        (0, False),
        (0, True),
    ]
    assert {each.limit for each in allowances} == {LIMIT}
    assert {each.reset_at for each in allowances} == {int(clock.now().timestamp()) + WINDOW_SECONDS}


def test_one_client_takes_nothing_from_another() -> None:
    limit = RequestLimit(FrozenClock(), limit=1)
    assert [limit.count(client).is_exceeded for client in (b"a", b"b", b"a")] == [False, False, True]


def test_the_next_window_begins_afresh() -> None:
    clock = FrozenClock()
    limit = RequestLimit(clock, limit=1)
    limit.count(b"a")
    clock.advance(WINDOW_SECONDS)
    assert not limit.count(b"a").is_exceeded


def test_exactly_the_allowed_number_passes_whoever_is_first() -> None:
    limit = RequestLimit(FrozenClock(), limit=100)
    passed: list[bool] = []
    threads = [
        threading.Thread(target=lambda: passed.extend(not limit.count(b"a").is_exceeded for _ in range(50)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(passed) == 100


def test_the_default_is_generous() -> None:
    assert DEFAULT_REQUESTS_PER_SECOND / WINDOW_SECONDS >= 100
