import threading

import pytest

from region_silo.services.ids import IdKind, next_id
from region_silo.services.registration import record_registration
from shared.domain.region_id import region_id, region_number_of
from shared.errors import SiloUnreachable
from tests.silos import Silos


def _next(silos: Silos, region: str, kind: IdKind = IdKind.ISSUE) -> int:
    with silos.database(region).transaction() as tx:
        return next_id(tx, kind)


def test_ids_of_one_region_count_upwards(silos: Silos) -> None:
    first = _next(silos, "us")
    step = region_id(1, region_number=0)
    assert [_next(silos, "us") for _ in range(2)] == [first + step, first + 2 * step]


def test_regions_have_numbers_of_their_own(silos: Silos) -> None:
    assert [region_number_of(_next(silos, name)) for name in ("us", "de")] == [1, 2]


def test_each_kind_counts_by_itself(silos: Silos) -> None:
    before = _next(silos, "us", IdKind.PROJECT)
    _next(silos, "us", IdKind.ISSUE)
    assert _next(silos, "us", IdKind.PROJECT) == before + region_id(1, region_number=0)


def test_an_id_of_a_transaction_that_rolls_back_is_given_out_again(silos: Silos) -> None:
    taken = []
    with pytest.raises(RuntimeError), silos.database("us").transaction() as tx:
        taken.append(next_id(tx, IdKind.ISSUE))
        raise RuntimeError
    assert [_next(silos, "us")] == taken


def test_no_id_is_given_out_twice_at_once(silos: Silos) -> None:
    ids: list[int] = []
    threads = [threading.Thread(target=lambda: ids.append(_next(silos, "us"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(ids)) == 8


def test_a_region_that_control_never_heard_of_makes_no_ids(silos: Silos) -> None:
    with silos.database("us").transaction() as tx:
        tx.database.rows("UPDATE region_identity SET number = NULL")
    with pytest.raises(SiloUnreachable, match="has not registered"):
        _next(silos, "us")
    record_registration(silos.regions["us"].region, number=1, http_address="us.test:80")


def test_a_region_that_registers_again_keeps_its_number(silos: Silos) -> None:
    region = silos.regions["de"].region
    before = _next(silos, "de")
    record_registration(region, number=2, http_address="elsewhere:80")
    assert region_number_of(before) == region_number_of(_next(silos, "de")) == 2
