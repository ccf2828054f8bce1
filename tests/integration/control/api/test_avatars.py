import base64
from typing import Any

import pytest

from control_silo.bodies.app_part import AvatarBody
from control_silo.models.app import SentryAppAvatar, SentryAppPhoto
from control_silo.services.avatar import NOT_BASE64, NOT_ONE_COLOR, NOT_PNG, TOO_LARGE, WRONG_DIMENSIONS
from tests.integration.control.api.world import Caller, World
from tests.pictures import picture

PATH = "/sentry-apps/kanban/avatar/"
LOGO: dict[str, Any] = {"color": True, "avatar_type": "upload", "avatar_photo": picture()}
ICON: dict[str, Any] = {"color": False, "avatar_type": "upload", "avatar_photo": picture()}


@pytest.fixture
def owner(world: World) -> Caller:
    world.app("Kanban")
    return world.person()


def fetch(world: World, url: str, **kwargs: Any) -> Any:
    assert url.startswith(str(world.client.base_url).rstrip("/"))
    return world.client.get(url, **kwargs)


def test_an_uploaded_logo_is_shown_in_the_app(world: World, owner: Caller) -> None:
    answer = owner.put(PATH, LOGO)
    (avatar,) = answer.json()["avatars"]
    ident = avatar["avatarUuid"]
    assert answer.status_code == 200
    assert avatar == {
        "avatarType": "upload",
        "avatarUuid": ident,
        "avatarUrl": f"{str(world.client.base_url).rstrip('/')}/sentry-app-avatar/{ident}/",
        "color": True,
        "photoType": "logo",
    }
    for path in ("/sentry-apps/kanban/", PATH):
        assert owner.get(path).json() == answer.json()


def test_logo_and_icon_stand_side_by_side(owner: Caller) -> None:
    owner.put(PATH, LOGO)
    avatars = owner.put(PATH, ICON).json()["avatars"]
    assert [(each["color"], each["photoType"]) for each in avatars] == [(True, "logo"), (False, "icon")]


def test_a_picture_is_served_to_anyone_and_kept_for_long(world: World, owner: Caller) -> None:
    (avatar,) = owner.put(PATH, LOGO).json()["avatars"]
    answer = fetch(world, avatar["avatarUrl"])
    assert (answer.status_code, answer.content) == (200, base64.b64decode(LOGO["avatar_photo"]))
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"
    again = fetch(world, avatar["avatarUrl"], headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_another_picture_has_another_address_and_the_old_one_ends(world: World, owner: Caller) -> None:
    (old,) = owner.put(PATH, LOGO).json()["avatars"]
    (new,) = owner.put(PATH, {**LOGO, "avatar_photo": picture(size=(300, 300))}).json()["avatars"]
    assert fetch(world, old["avatarUrl"]).status_code == 404
    assert fetch(world, new["avatarUrl"]).status_code == 200
    assert world.count(SentryAppPhoto) == 1


def test_a_picture_that_is_taken_away_is_gone(world: World, owner: Caller) -> None:
    (old,) = owner.put(PATH, LOGO).json()["avatars"]
    (avatar,) = owner.put(PATH, {"color": True, "avatar_type": "default"}).json()["avatars"]
    assert (avatar["avatarType"], avatar["color"]) == ("default", True)
    assert [fetch(world, each["avatarUrl"]).status_code for each in (old, avatar)] == [404, 404]


def test_pictures_go_with_their_app(world: World, owner: Caller) -> None:
    owner.put(PATH, LOGO)
    assert owner.delete("/sentry-apps/kanban/").status_code == 204
    assert (world.count(SentryAppAvatar), world.count(SentryAppPhoto)) == (0, 0)


@pytest.mark.parametrize("ident", ["0" * 32, "0" * 31, "%00", "..%2f..", "\u0663"])
def test_a_picture_that_is_not_there_is_not_found(world: World, ident: str) -> None:
    assert world.client.get(f"/sentry-app-avatar/{ident}/").status_code == 404


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"avatar_photo": picture(mode="RGB", file_format="JPEG")}, NOT_PNG),
        ({"avatar_photo": picture(size=(100, 100))}, WRONG_DIMENSIONS),
        ({"avatar_photo": "no base64!"}, NOT_BASE64),
        ({"avatar_photo": {}}, NOT_BASE64),
        ({"avatar_photo": base64.b64encode(bytes(5_000_001)).decode()}, TOO_LARGE),
        ({"avatar_photo": None}, "A logo is required."),
        ({"avatar_photo": ""}, "A logo is required."),
        ({"avatar_photo": None, "color": False}, "An icon is required."),
        ({"avatar_photo": picture(mode="RGB"), "color": False}, NOT_ONE_COLOR),
    ],
)
def test_a_picture_that_will_not_do_is_refused(owner: Caller, change: dict[str, Any], text: str) -> None:
    answer = owner.put(PATH, {**LOGO, **change})
    assert (answer.status_code, answer.json()) == (400, {"avatar_photo": [text]})
    assert owner.get(PATH).json()["avatars"] == []


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({}, {"avatar_type": ["This field is required."], "color": ["This field is required."]}),
        ({"color": "blue", "avatar_type": "default"}, {"color": ["Must be a valid boolean."]}),
        ({"color": True, "avatar_type": "gravatar"}, {"avatar_type": ['"gravatar" is not a valid choice.']}),
    ],
)
def test_every_field_that_is_wrong_is_named(owner: Caller, body: Any, refusal: Any) -> None:
    answer = owner.put(PATH, body)
    assert (answer.status_code, answer.json()) == (400, refusal)


def test_a_body_beyond_all_pictures_is_too_large(owner: Caller) -> None:
    answer = owner.put(PATH, {**LOGO, "avatar_photo": "A" * AvatarBody.max_bytes})
    assert (answer.status_code, answer.headers["silo-reason"]) == (413, "BODY_TOO_LARGE")


def test_pictures_of_an_app_under_a_partnership_stay(world: World) -> None:
    world.app("Kanban", metadata={"partnership_restricted": True})
    answer = world.person().put(PATH, LOGO)
    assert (answer.status_code, answer.json()["detail"][:50]) == (
        403,
        "This integration is managed by an active partnersh",
    )
