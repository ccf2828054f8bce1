"""A region that was started again on another address: the file has the old one, control's directory the new one."""

from dataclasses import replace

import pytest

from shared.cli.access import Access
from shared.cli.status_report import read_status
from shared.cli.topology import Silo, Topology
from shared.errors import RegionNotFound, SiloUnreachable
from tests.integration.cli.conftest import CommandLine
from tests.silos import Silos

OLD = "inprocess:where-us-was"
STATUS = "hybridcloud.operations.v1.OutboxService/GetStatus"


@pytest.fixture
def topology(topology: Topology) -> Topology:
    """As it was written before ``us`` moved."""
    return replace(topology, regions={**topology.regions, "us": Silo("http://127.0.0.1:1", OLD, pid=1)})


@pytest.fixture
def outdated(access: Access) -> Access:
    """The silos, as commands see them that have the old file."""
    return replace(access, regions={**access.regions, "us": OLD})


def test_it_is_asked_by_name_where_it_is_now(silo: CommandLine) -> None:
    assert silo("rpc", "us", STATUS).json["silo"] == "us"


def test_it_is_asked_by_its_new_address(silo: CommandLine, silos: Silos) -> None:
    assert silo("rpc", silos.address("us"), STATUS).json["silo"] == "us"


def test_it_is_shown_as_reachable(silo: CommandLine) -> None:
    assert silo("status", "--json").json["regions"]["us"]["reachable"]


def test_while_control_is_away_the_file_has_the_last_word(silos: Silos, outdated: Access) -> None:
    silos.stop("control")
    assert (outdated.address_of("us"), outdated.address_of("de")) == (OLD, silos.address("de"))
    assert not read_status(outdated).regions["us"].reachable


def test_while_control_is_away_a_region_that_only_control_knows_is_not_said_to_be_missing(
    silos: Silos, outdated: Access
) -> None:
    silos.stop("control")
    with pytest.raises(SiloUnreachable):
        outdated.address_of("jp")


def test_a_region_that_nobody_knows_is_answered_with_those_there_are(outdated: Access) -> None:
    with pytest.raises(RegionNotFound, match="there are: control, de, us"):
        outdated.address_of("jp")
