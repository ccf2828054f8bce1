"""Every region has a number for good, by which control tells whose an id is."""

import threading
from collections.abc import Iterator

import pytest

from control_silo.models.region import RegisteredRegion
from control_silo.services.region import register_region
from shared.domain.region_id import MAX_REGION_NUMBER
from shared.errors import DatabaseBusy, LimitReached, RegionNameTaken
from tests.silos import Silos


def _register(silos: Silos, name: str, *, identity: str = "a" * 32) -> int:
    regions = register_region(
        silos.control, name=name, grpc_address="fr:50061", http_address="fr:8001", identity=identity
    )
    return next(region.number or 0 for region in regions if region.name == name)


def _drop(silos: Silos) -> None:
    """Forgets every region but the first two, so that tests count alike."""
    with silos.control.database.transaction():
        RegisteredRegion.delete().where(RegisteredRegion.name.not_in(["us", "de"])).execute()


@pytest.fixture(autouse=True)
def two_regions(silos: Silos) -> Iterator[None]:
    """Every test begins with two regions, numbers 1 and 2."""
    yield
    _drop(silos)


def test_a_new_region_gets_the_next_number(silos: Silos) -> None:
    assert _register(silos, "jp") == 3


def test_a_region_that_returns_keeps_its_number(silos: Silos) -> None:
    numbers = [_register(silos, name) for name in ("jp", "br", "jp")]
    assert numbers == [3, 4, 3]


def test_a_region_from_before_there_were_numbers_gets_one(silos: Silos) -> None:
    _register(silos, "jp")
    with silos.control.database.transaction():
        RegisteredRegion.update(number=None).where(RegisteredRegion.name == "jp").execute()
    assert _register(silos, "jp") == 3


def test_an_impostor_gets_no_number(silos: Silos) -> None:
    _register(silos, "jp")
    with pytest.raises(RegionNameTaken):
        _register(silos, "jp", identity="b" * 32)


def test_there_are_no_more_regions_than_numbers(silos: Silos) -> None:
    _register(silos, "jp")
    with silos.control.database.transaction():
        RegisteredRegion.update(number=MAX_REGION_NUMBER).where(RegisteredRegion.name == "jp").execute()
    with pytest.raises(LimitReached):
        _register(silos, "br")


def test_regions_that_register_at_once_get_different_numbers(silos: Silos) -> None:
    numbers: dict[str, int] = {}

    def register(name: str) -> None:
        while name not in numbers:
            try:
                numbers[name] = _register(silos, name)
            except DatabaseBusy:  # as a region does: it tries again
                continue

    threads = [threading.Thread(target=register, args=[f"region-{number}"]) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers.values()) == [3, 4, 5, 6, 7, 8]
