from shared.wake import Wake


def test_a_ring_reaches_every_listener_of_its_destination_and_no_other() -> None:
    wake = Wake()
    first, second, other = wake.listen("us"), wake.listen("us"), wake.listen("de")
    wake.ring("us")
    assert (first.is_set(), second.is_set(), other.is_set()) == (True, True, False)


def test_a_ring_that_nobody_hears_is_harmless() -> None:
    wake = Wake()
    wake.ring("us")
    assert not wake.listen("us").is_set()


def test_who_does_not_listen_any_more_is_not_rung() -> None:
    wake = Wake()
    gone, still = wake.listen("us"), wake.listen("us")
    wake.unlisten("us", gone)
    wake.ring("us")
    assert (gone.is_set(), still.is_set()) == (False, True)


def test_ringing_all_reaches_every_destination() -> None:
    wake = Wake()
    bells = [wake.listen(name) for name in ("us", "de")]
    wake.ring_all()
    assert all(bell.is_set() for bell in bells)
