"""Pictures of apps in the regions that hold the app; their bytes stay on control."""

import pytest

from control_silo.models.app import SentryApp
from control_silo.services.avatar import set_avatar
from shared.consistency import collecting, encode
from shared.errors import AppNotFound
from shared.pb.hybridcloud.apps.v1.app_service_pb2 import GetSentryAppBySlugRequest
from tests.silos import Silos, fresh


@pytest.fixture
def app(silos: Silos) -> SentryApp:
    owner = silos.create_organization(fresh("acme"), region="us")
    creator = silos.create_user(f"{fresh('dev')}@acme.example", organization_id=owner.id)
    app = silos.create_app(fresh("Kanban"), owner=owner, creator=creator)
    silos.replicate()
    return app


def held(silos: Silos, app: SentryApp, *, token: str = "") -> list[tuple[bool, int]]:
    answer = silos.ask("us", GetSentryAppBySlugRequest(slug=app.slug), token=token)
    return [(avatar.color, avatar.avatar_type) for avatar in answer.sentry_app.avatars]


def test_pictures_arrive_in_the_region_and_leave_it(silos: Silos, app: SentryApp) -> None:
    set_avatar(silos.control, app_id=app.id, color=True, photo=b"png")
    set_avatar(silos.control, app_id=app.id, color=False, photo=b"png")
    silos.replicate()
    assert held(silos, app) == [(True, 1), (False, 1)]
    set_avatar(silos.control, app_id=app.id, color=True, photo=None)
    silos.replicate()
    assert held(silos, app) == [(False, 1), (True, 0)]


def test_who_set_a_picture_sees_it_in_the_region_at_once(silos: Silos, app: SentryApp) -> None:
    with collecting() as written:
        set_avatar(silos.control, app_id=app.id, color=True, photo=b"png")
    assert held(silos, app, token=encode(written)) == [(True, 1)]


def test_a_picture_of_an_app_that_is_gone_is_refused(silos: Silos) -> None:
    with pytest.raises(AppNotFound):
        set_avatar(silos.control, app_id=10**9, color=True, photo=b"png")
