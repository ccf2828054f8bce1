"""What people may do in a region while control cannot be asked who they are (docs/adr/0004)."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from control_silo.models.user import BrowserSession, User
from region_silo.services.authentication import FRESH_SECONDS, REFUSAL_SECONDS, UNREACHABLE_SECONDS
from tests.integration.rest.conftest import Web


@pytest.fixture
def region(web: Web) -> Iterator[None]:
    """The region's HTTP with an empty memory; control is back afterwards."""
    web.http.stop("us")
    web.http.start("us")
    yield
    web.silos.start_stopped()
    web.silos.clock.advance(FRESH_SECONDS + 1)


def _status(web: Web, token: str) -> int:
    return web.http.get("us", "/api/0/auth/", token=token).status_code


@pytest.mark.usefixtures("region")
def test_control_is_not_asked_twice_about_who_was_known_a_moment_ago(web: Web) -> None:
    assert _status(web, web.owner.token) == 200
    web.silos.stop("control")
    web.silos.clock.advance(FRESH_SECONDS - 1)
    assert _status(web, web.owner.token) == 200


@pytest.mark.usefixtures("region")
def test_who_was_known_goes_on_working(web: Web) -> None:
    assert _status(web, web.owner.token) == 200
    web.silos.stop("control")
    web.silos.clock.advance(UNREACHABLE_SECONDS - 1)
    assert _status(web, web.owner.token) == 200


@pytest.mark.usefixtures("region")
def test_nobody_is_believed_for_ever(web: Web) -> None:
    assert _status(web, web.owner.token) == 200
    web.silos.stop("control")
    web.silos.clock.advance(UNREACHABLE_SECONDS)
    answer = web.http.get("us", "/api/0/auth/", token=web.owner.token)
    assert answer.status_code == 503
    assert answer.headers["silo-reason"] == "SILO_UNREACHABLE"


@pytest.mark.usefixtures("region")
def test_a_stranger_is_neither_accepted_nor_accused(web: Web) -> None:
    web.silos.stop("control")
    answer = web.http.get("us", "/api/0/auth/", token=web.owner.token)
    assert (answer.status_code, answer.json()) == (503, {"detail": "Control is not available right now."})


@pytest.mark.usefixtures("region")
def test_control_is_asked_again_once_it_is_back(web: Web) -> None:
    web.silos.stop("control")
    assert _status(web, web.owner.token) == 503
    web.silos.start("control")
    web.silos.clock.advance(2)
    assert _status(web, web.owner.token) == 200


@pytest.mark.usefixtures("region")
def test_who_signs_in_after_a_refusal_is_known_a_second_later(web: Web) -> None:
    user = web.http.create_user("late@acme.example", organization="acme")
    _set_active(web, user.user, is_active=False)
    assert _status(web, user.token) == 401
    _set_active(web, user.user, is_active=True)
    web.silos.clock.advance(REFUSAL_SECONDS)
    assert _status(web, user.token) == 200


def _set_active(web: Web, user: User, *, is_active: bool) -> None:
    with web.silos.control.database.transaction():
        User.update(is_active=is_active).where(User.id == user.id).execute()


@pytest.mark.usefixtures("region")
def test_a_session_ends_when_it_ends_although_control_is_away(web: Web) -> None:
    user = web.http.create_user("brief@acme.example", organization="acme")
    with web.silos.control.database.transaction():
        end = web.silos.clock.now() + timedelta(seconds=1)
        BrowserSession.update(expires_at=end).where(BrowserSession.user == user.user).execute()
    assert web.http.get("us", "/api/0/auth/", session=user.session_key).status_code == 200
    web.silos.stop("control")
    web.silos.clock.advance(2)
    assert web.http.get("us", "/api/0/auth/", session=user.session_key).status_code == 401
