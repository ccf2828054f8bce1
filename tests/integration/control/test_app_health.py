"""Owners hear once of each trouble and of its end, whoever reports it; a region speaks of its own apps alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from control_silo.models.app import SentryApp
from control_silo.models.health import OverallHealth, OwnerNotice, ReportedHealth
from control_silo.services.app_health import OWNERS, take_report
from control_silo.services.control import Control
from control_silo.services.find_app import find_app
from control_silo.services.lost_region import remove_region
from control_silo.services.owner_mail import MAX_ATTEMPTS, OwnerMails
from shared.domain.peer import CONTROL
from shared.errors import InvalidInput, PermissionDenied
from shared.mail import Mail
from shared.outbox.message import OutboxMessage
from shared.pb.hybridcloud.operations.v1 import topology_service_pb2 as pb
from shared.pb.hybridcloud.operations.v1 import topology_service_pb2_grpc
from shared.webhooks.health import MAX_REPORTED, HealthReport, IllApp
from tests.silos import Silos, fresh, running_silos

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass
class Postman:
    """A mail server that a test looks into."""

    mails: list[Mail] = field(default_factory=list)
    is_away: bool = False

    def send(self, mails: Sequence[Mail]) -> int:
        self.mails += () if self.is_away else mails
        return 0 if self.is_away else len(mails)


class World:
    """An app that is installed in us, and reports about it."""

    def __init__(self, silos: Silos) -> None:
        self.silos = silos
        self.postman = Postman()
        self.control: Control = replace(silos.control, mailer=self.postman)
        self.acme = silos.create_organization(fresh("acme"), region="us")
        self.globex = silos.create_organization(fresh("globex"), region="de")
        self.creator = silos.create_user(f"{fresh('dev')}@acme.example", organization_id=self.acme.id)
        self.app: SentryApp = silos.create_app(fresh("kanban"), owner=self.acme, creator=self.creator)
        silos.install(self.app, organization=self.acme)
        self.revisions = iter(range(1, 1000))

    @property
    def now(self) -> datetime:
        return self.control.clock.now()

    def report(self, *, silo: str = "us", revision: int = 0, app: SentryApp | None = None, **wrong: datetime) -> None:
        ill = (IllApp(sentry_app_id=(app or self.app).id, **wrong),) if wrong else ()
        take_report(self.control, HealthReport(revision or next(self.revisions), ill), silo=silo)

    def told(self) -> list[str]:
        """What the owner was told, by the words before the first comma or the end, without the app's name."""
        OwnerMails(self.control).send_due()
        return [mail.subject.removeprefix(f"{self.app.name}: ").partition(",")[0] for mail in self.postman.mails]


HELD_BACK, GIVEN_UP, WELL = "webhooks are held back", "a webhook was given up", "webhooks arrive again"


@pytest.fixture
def world(new_database_url: Any) -> Iterator[World]:
    with running_silos(new_database_url) as silos:
        yield World(silos)


def test_an_owner_is_told_of_each_trouble_once_and_once_that_it_is_over(world: World) -> None:
    for _ in range(3):
        world.report(circuit_opened_at=world.now)
    assert world.told() == [HELD_BACK]
    world.report(circuit_opened_at=world.now, parked_at=world.now)
    world.report(parked_at=world.now)
    assert world.told() == [HELD_BACK, GIVEN_UP]
    for _ in range(2):
        world.report()
    assert world.told() == [HELD_BACK, GIVEN_UP, WELL]
    assert {mail.recipient for mail in world.postman.mails} == {world.creator.email}
    assert len({mail.key for mail in world.postman.mails}) == 3


def test_trouble_that_comes_and_goes_is_told_once_a_day(world: World) -> None:
    for _ in range(20):
        world.report(parked_at=world.now)
        world.report()
    assert world.told() == [GIVEN_UP, WELL]
    world.silos.clock.advance(DAY.total_seconds())
    world.report(parked_at=world.now)
    assert world.told() == [GIVEN_UP, WELL, GIVEN_UP]


def test_trouble_in_two_regions_is_one_trouble_and_over_when_both_are_well(world: World) -> None:
    world.silos.install(world.app, organization=world.globex)
    for silo in ("us", "de", CONTROL):
        world.report(silo=silo, circuit_opened_at=world.now)
    for silo in ("us", "de"):
        world.report(silo=silo)
        assert world.told() == [HELD_BACK]
    world.report(silo=CONTROL)
    assert world.told() == [HELD_BACK, WELL]


def test_an_older_report_that_arrives_later_says_nothing(world: World) -> None:
    world.report(revision=9)
    world.report(revision=8, parked_at=world.now)
    assert world.told() == []
    world.report(revision=9, parked_at=world.now)
    assert world.told() == [GIVEN_UP]


def test_a_region_speaks_of_no_app_that_it_is_not_to_call(world: World) -> None:
    published: SentryApp = world.silos.create_app(fresh("public"), owner=world.acme, creator=world.creator)
    world.silos.publish(published)
    for app in (world.app, published, SentryApp(id=987_654)):
        world.report(silo="de", app=app, circuit_opened_at=world.now, parked_at=world.now)
    with world.control.database.session():
        rows = [model.select().count() for model in (ReportedHealth, OverallHealth, OwnerNotice)]
    assert (rows, world.told()) == ([0, 0, 0], [])


def test_a_region_reports_for_itself_and_nobody_else_does(world: World) -> None:
    def stub(caller: str) -> topology_service_pb2_grpc.TopologyServiceStub:
        return topology_service_pb2_grpc.TopologyServiceStub(world.silos.channel(CONTROL, caller=caller))

    request = pb.ReportAppHealthRequest(revision=1, apps=[pb.AppHealth(sentry_app_id=world.app.id)])
    request.apps[0].parked_at.FromDatetime(world.now)
    stub("de").ReportAppHealth(request)
    assert world.told() == []
    stub("us").ReportAppHealth(request)
    assert world.told() == [GIVEN_UP]
    with pytest.raises(PermissionDenied):
        stub("operator:cli").ReportAppHealth(request)
    request.apps[0].parked_at.seconds = 2**60
    with pytest.raises(InvalidInput):
        stub("us").ReportAppHealth(request)


def test_a_report_is_bounded(world: World) -> None:
    apps = tuple(IllApp(sentry_app_id=each, parked_at=world.now) for each in range(1, MAX_REPORTED + 2))
    with pytest.raises(InvalidInput):
        take_report(world.control, HealthReport(1, apps), silo="us")


def test_a_time_that_is_still_to_come_is_now(world: World) -> None:
    world.report(parked_at=world.now + 365 * DAY, circuit_opened_at=world.now - HOUR)
    with world.control.database.session():
        details = find_app(world.app.id)
    assert details
    assert (details.parked_at, details.circuit_opened_at) == (world.now, world.now - HOUR)


def test_a_mail_that_does_not_leave_is_sent_later_and_then_once(world: World) -> None:
    world.postman.is_away = True
    world.report(parked_at=world.now)
    assert world.told() == []
    world.postman.is_away = False
    assert world.told() == []  # not before its time
    world.silos.clock.advance(3600)
    assert world.told() == world.told() == [GIVEN_UP]
    with world.control.database.session():
        assert not OutboxMessage.select().where(OutboxMessage.destination == OWNERS).exists()
        assert not OwnerNotice.select().exists()


def test_a_mail_that_never_leaves_is_parked_for_operators(world: World) -> None:
    world.postman.is_away = True
    world.report(parked_at=world.now)
    for _ in range(MAX_ATTEMPTS):
        world.told()
        world.silos.clock.advance(DAY.total_seconds())
    with world.control.database.session():
        (message,) = OutboxMessage.select().where(OutboxMessage.destination == OWNERS)
    assert (message.state, str(message.last_error).partition(":")[0]) == ("parked", "MAIL_NOT_ACCEPTED")


def test_nobody_is_told_of_an_app_that_is_gone(world: World) -> None:
    world.report(parked_at=world.now)
    with world.control.database.transaction():
        SentryApp.update(date_deleted=world.now).where(SentryApp.id == world.app.id).execute()
    assert world.told() == []
    with world.control.database.transaction():  # it was not deleted as apps are
        SentryApp.update(date_deleted=None).where(SentryApp.id == world.app.id).execute()


def test_what_a_region_said_goes_with_it(world: World) -> None:
    world.silos.install(world.app, organization=world.globex)
    world.report(silo="de", parked_at=world.now)
    remove_region(world.control, name="de", releases_organizations=True)
    with world.control.database.session():
        assert not ReportedHealth.select().exists()
    assert world.told() == [GIVEN_UP, WELL]
