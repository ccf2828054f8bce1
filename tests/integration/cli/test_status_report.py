from dataclasses import replace

import pytest

from shared.cli.access import Access
from shared.cli.status_report import read_status
from shared.errors import ConfigInvalid
from tests.silos import Silos


def write(silos: Silos, *, region: str) -> None:
    """An app of an organization in the region, installed there."""
    owner, creator = silos.create_organization("acme", region=region), silos.create_user("maker@acme.example")
    silos.install(silos.create_app("Kanban", owner=owner, creator=creator), organization=owner)


def test_idle_silos_are_up_with_nothing_waiting(silos: Silos, access: Access) -> None:
    report = read_status(access).as_json()
    idle = {"reachable": True, "backlog": {}, "parked": 0, "oldest_age_seconds": 0.0, "breaker": "closed"}
    idle |= {"paused": False, "clock_skew_seconds": 0.0, "compared": None, "awaiting_upgrade": {}}
    idle |= {"failing": 0, "last_error": None}
    assert report["regions"]["us"] == {**idle, "lag_seconds": {"p50": None, "p99": None}}
    assert set(report["regions"]) == {"us", "de"}


def test_what_waits_for_a_region_is_counted_by_category(silos: Silos, access: Access) -> None:
    write(silos, region="de")
    silos.clock.advance(30)
    region = read_status(access).regions["de"]
    assert (region.backlog, region.oldest_age_seconds) == ({"app": 1, "credential": 1, "installation": 1}, 30.0)


def test_what_waits_for_control_is_added_up_over_the_regions(silos: Silos, access: Access) -> None:
    write(silos, region="us")
    silos.create_organization("globex", region="de")
    assert read_status(access).control.backlog == {"organization": 2}


def test_a_region_that_is_away_keeps_its_backlog_in_sight(silos: Silos, access: Access) -> None:
    write(silos, region="de")
    silos.stop("de")
    region = read_status(access).regions["de"]
    assert (region.reachable, region.backlog) == (False, {"app": 1, "credential": 1, "installation": 1})
    silos.start("de")


def test_a_region_whose_address_is_malformed_is_unreachable_and_the_others_are_shown(access: Access) -> None:
    report = read_status(replace(access, regions={**access.regions, "jp": "nowhere"}))
    assert {name: region.reachable for name, region in report.regions.items()} == {"de": True, "jp": False, "us": True}
    assert report.control.reachable


def test_without_keys_no_silo_is_said_to_be_away(access: Access) -> None:
    with pytest.raises(ConfigInvalid, match="SILO_RPC_KEYS"):
        read_status(replace(access, rpc_keys=""))


def test_while_control_is_away_backlogs_are_unknown_and_regions_are_up(silos: Silos, access: Access) -> None:
    silos.stop("control")
    report = read_status(access)
    assert (report.control.reachable, report.regions["us"].reachable) == (False, True)
    assert report.regions["us"].backlog is None
    silos.start("control")
