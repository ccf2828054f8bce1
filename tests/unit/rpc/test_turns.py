from collections.abc import Callable

from shared.rpc.turns import Turns


def started(names: list[str], name: str) -> Callable[[], None]:
    return lambda: names.append(name)


def test_a_peer_has_three_quarters_of_the_workers_and_the_rest_of_its_calls_wait() -> None:
    turns, order = Turns(4, max_calls=100), list[str]()
    assert all(turns.take("de", started(order, f"de {number}")) for number in range(4))
    assert order == ["de 0", "de 1", "de 2"]
    turns.leave("de")
    assert order == ["de 0", "de 1", "de 2", "de 3"]


def test_of_those_that_wait_the_one_that_is_served_least_is_next() -> None:
    turns, order = Turns(4, max_calls=100), list[str]()
    for name in ("de", "de", "fr", "fr", "de", "us"):
        turns.take(name, started(order, name))
    turns.leave("de")
    assert order == ["de", "de", "fr", "fr", "us"]


def test_of_those_that_are_served_as_much_the_one_that_waits_longest_is_next() -> None:
    turns, order = Turns(2, max_calls=100), list[str]()
    for name in ("de", "fr", "de", "us", "us"):
        turns.take(name, started(order, name))
    for name in ("de", "fr", "de", "us"):
        turns.leave(name)
    assert order == ["de", "fr", "de", "us", "us"]


def test_a_peer_has_half_of_the_room() -> None:
    turns = Turns(1, max_calls=4)
    assert [turns.take("de", lambda: None) for _ in range(3)] == [True, True, False]
    assert turns.take("us", lambda: None)


def test_all_peers_together_have_the_room_that_there_is() -> None:
    turns = Turns(1, max_calls=2)
    assert [turns.take(name, lambda: None) for name in ("de", "us", "fr")] == [True, True, False]


def test_workers_are_kept_for_peers_that_have_none() -> None:
    turns, order = Turns(8, max_calls=800), list[str]()
    for name in ("de", "fr") * 8:
        turns.take(name, started(order, name))
    assert len(order) == 7
    turns.take("us", started(order, "us"))
    assert order[-1] == "us"


def test_room_is_kept_for_peers_that_have_few_calls() -> None:
    turns = Turns(1, max_calls=80)
    assert sum(turns.take(name, lambda: None) for name in ("de", "fr") * 80) == 70
    assert [turns.take("us", lambda: None) for _ in range(3)] == [True, True, False]


def test_one_worker_is_had_by_whoever_comes_first() -> None:
    turns, order = Turns(1, max_calls=8), list[str]()
    for name in ("de", "us"):
        turns.take(name, started(order, name))
    turns.leave("de")
    assert order == ["de", "us"]


def test_after_the_end_nothing_is_taken_nor_started() -> None:
    turns, order = Turns(1, max_calls=8), list[str]()
    for name in ("de", "us"):
        turns.take(name, started(order, name))
    turns.close()
    turns.leave("de")
    assert (order, turns.take("us", started(order, "us"))) == (["de"], False)
