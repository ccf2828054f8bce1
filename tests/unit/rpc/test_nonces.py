from hypothesis import given
from hypothesis import strategies as st

from shared.rpc.nonces import NonceMemory

WINDOW = 60
NOW = 1_900_000_000


def nonce(number: int) -> bytes:
    return number.to_bytes(16)


def test_a_nonce_is_new_once() -> None:
    memory = NonceMemory(window_seconds=WINDOW)
    assert memory.remember(nonce(1), at=NOW, now=NOW)
    assert not memory.remember(nonce(1), at=NOW, now=NOW)
    assert memory.remember(nonce(2), at=NOW, now=NOW)


def test_a_nonce_is_known_under_any_timestamp_of_the_window() -> None:
    memory = NonceMemory(window_seconds=WINDOW)
    memory.remember(nonce(1), at=NOW - WINDOW, now=NOW)
    assert not memory.remember(nonce(1), at=NOW + WINDOW, now=NOW)


@given(signed=st.integers(-WINDOW, WINDOW), replayed_after=st.integers(0, 2 * WINDOW))
def test_a_nonce_is_remembered_as_long_as_it_is_acceptable(signed: int, replayed_after: int) -> None:
    memory = NonceMemory(window_seconds=WINDOW)
    memory.remember(nonce(1), at=NOW + signed, now=NOW)
    later = NOW + replayed_after
    for number, second in enumerate(range(NOW, later), start=2):  # traffic in between forgets what it may
        memory.remember(nonce(number), at=second, now=second)
    if abs(later - (NOW + signed)) <= WINDOW:
        assert not memory.remember(nonce(1), at=NOW + signed, now=later)


def test_memory_is_bounded_by_the_window() -> None:
    memory = NonceMemory(window_seconds=WINDOW)
    for second in range(10 * WINDOW):
        memory.remember(nonce(second), at=NOW + second, now=NOW + second)
    assert len(memory) <= 3 * WINDOW
