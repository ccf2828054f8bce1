"""A reader that presents a consistency token never sees a state older than the token (DESIGN §5, 7)."""

import threading

import pytest

from control_silo.models.app import SentryApp
from region_silo.replication.kinds import kinds_of
from shared.category import Category
from shared.consistency import WrittenVersion, decode, encode
from shared.errors import ReplicaBehind, ValidationFailed
from shared.freshness import ReplicaFreshness
from shared.pb.hybridcloud.apps.v1 import app_service_pb2 as pb
from tests.silos import Silos, fresh


@pytest.fixture
def app(silos: Silos) -> SentryApp:
    acme = silos.create_organization(fresh("acme"), region="us")
    app = silos.create_app(fresh("Kanban"), owner=acme, creator=silos.create_user(fresh("owner@acme.example")))
    silos.replicate()
    return app


def test_a_write_answers_with_what_it_wrote(silos: Silos, app: SentryApp) -> None:
    _, token = _rename(silos, app, silo="control")
    assert decode(token) == (WrittenVersion(Category.APP, app.id, 2),)


def test_a_read_answers_with_no_token(silos: Silos, app: SentryApp) -> None:
    assert silos.ask_with_token("control", pb.GetSentryAppByIdRequest(id=app.id))[1] == ""


def test_a_write_through_a_region_hands_on_control_s_token(silos: Silos, app: SentryApp) -> None:
    _, token = _rename(silos, app, silo="us")
    assert decode(token) == (WrittenVersion(Category.APP, app.id, 2),)


def test_a_replica_that_has_caught_up_serves_the_token_by_itself(silos: Silos, app: SentryApp) -> None:
    _, token = _rename(silos, app, silo="control")
    silos.replicate()
    silos.stop("control")
    assert silos.ask("us", pb.GetSentryAppByIdRequest(id=app.id), token=token).sentry_app.name == "Board"


def test_a_replica_that_is_behind_lets_control_answer(silos: Silos, app: SentryApp) -> None:
    _, token = _rename(silos, app, silo="control")
    assert silos.ask("us", pb.GetSentryAppByIdRequest(id=app.id), token=token).sentry_app.name == "Board"


def test_a_replica_that_is_behind_says_so_while_control_is_away(silos: Silos, app: SentryApp) -> None:
    _, token = _rename(silos, app, silo="control")
    silos.stop("control")
    with pytest.raises(ReplicaBehind):
        silos.ask("us", pb.GetSentryAppByIdRequest(id=app.id), token=token)


def test_objects_of_a_kind_that_a_region_does_not_hold_delay_nothing(silos: Silos, app: SentryApp) -> None:
    token = encode([WrittenVersion(Category.ORGANIZATION, 1, 99)])
    silos.stop("control")
    assert silos.ask("us", pb.GetSentryAppByIdRequest(id=app.id), token=token).sentry_app.name == app.name


def test_control_is_behind_only_in_organizations(silos: Silos, app: SentryApp) -> None:
    request = pb.GetSentryAppByIdRequest(id=app.id)
    assert silos.ask("control", request, token=encode([WrittenVersion(Category.APP, app.id, 99)])).sentry_app.id
    with pytest.raises(ReplicaBehind):
        silos.ask("control", request, token=encode([WrittenVersion(Category.ORGANIZATION, app.owner_id, 99)]))


def test_a_token_travels_on_to_control(silos: Silos, app: SentryApp) -> None:
    token = encode([WrittenVersion(Category.ORGANIZATION, app.owner_id, 99)])
    with pytest.raises(ReplicaBehind):
        silos.ask("us", pb.GetSentryAppByIdRequest(id=404), token=token)


@pytest.mark.parametrize("silo", ["control", "us"])
def test_a_token_of_someone_else_s_is_refused(silos: Silos, silo: str) -> None:
    with pytest.raises(ValidationFailed):
        silos.ask(silo, pb.GetSentryAppByIdRequest(id=1), token="not-a-token")


def test_a_wait_ends_as_soon_as_the_change_is_applied(silos: Silos, app: SentryApp) -> None:
    freshness = ReplicaFreshness(silos.database("us"), kinds_of("us"), wait_seconds=60)
    wanted = [WrittenVersion(Category.APP, app.id, 2)]
    answers: list[bool] = []
    waiting = threading.Thread(target=lambda: answers.append(freshness.wait(wanted)))
    waiting.start()
    _rename(silos, app, silo="control")
    silos.replicate()
    freshness.applied()
    waiting.join(timeout=30)
    assert answers == [True]


def test_a_wait_notices_what_another_process_applied(silos: Silos, app: SentryApp) -> None:
    freshness = ReplicaFreshness(silos.database("us"), kinds_of("us"), wait_seconds=60)
    _rename(silos, app, silo="control")
    waiting = threading.Thread(target=freshness.wait, args=([WrittenVersion(Category.APP, app.id, 2)],))
    waiting.start()
    silos.replicate()
    waiting.join(timeout=30)
    assert not waiting.is_alive()


def test_a_wait_gives_up(silos: Silos, app: SentryApp) -> None:
    freshness = ReplicaFreshness(silos.database("us"), kinds_of("us"), wait_seconds=0)
    assert not freshness.wait([WrittenVersion(Category.APP, app.id, 2), WrittenVersion(Category.APP, app.id, 1)])


def _rename(silos: Silos, app: SentryApp, *, silo: str) -> tuple[pb.UpdateSentryAppResponse, str]:
    return silos.ask_with_token(silo, pb.UpdateSentryAppRequest(id=app.id, attrs={"name": "Board"}))
