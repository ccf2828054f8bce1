from typing import Any

import pytest

from tests.integration.rest.conftest import Web


def _slugs(answer: Any) -> list[str]:
    return [organization["slug"] for organization in answer.json()]


def test_a_member_sees_their_organizations_of_the_region(web: Web) -> None:
    assert _slugs(web.http.get("us", "/api/0/organizations/", token=web.member.token)) == ["acme"]
    assert _slugs(web.http.get("de", "/api/0/organizations/", token=web.member.token)) == []


def test_a_superuser_sees_every_organization_of_the_region(web: Web) -> None:
    assert _slugs(web.http.get("de", "/api/0/organizations/", token=web.superuser.token)) == ["globex"]


def test_a_region_lists_an_organization_as_control_does(web: Web) -> None:
    (here,) = web.http.get("us", "/api/0/organizations/", token=web.owner.token).json()
    (there,) = web.http.get("control", "/api/0/organizations/", token=web.owner.token).json()
    assert here["links"] == {"organizationUrl": web.http.url("us"), "regionUrl": web.http.url("us")}
    assert there["links"] == {"organizationUrl": web.http.url("control"), "regionUrl": web.http.url("us")}
    assert here | {"links": None} == there | {"links": None}


def test_a_list_carries_the_link_header(web: Web) -> None:
    link = web.http.get("us", "/api/0/organizations/", token=web.owner.token).headers["link"]
    assert link.startswith(f"<{web.http.url('us')}/api/0/organizations/?&cursor=")
    assert 'rel="previous"; results="false"; cursor="100:-1:1", <' in link


@pytest.mark.parametrize("key", ["slug", "id"])
def test_an_organization_is_read_by_slug_and_by_id(web: Web, key: str) -> None:
    path = f"/api/0/organizations/{getattr(web.acme, key)}/"
    body = web.http.get("us", path, token=web.owner.token).json()
    assert (body["id"], body["slug"], body["name"]) == (str(web.acme.id), "acme", "Acme")
    assert body["status"] == {"id": "active", "name": "active"}
    assert body["orgRole"] == "owner"
    assert "org:admin" in body["access"]


@pytest.mark.parametrize("slug", ["globex", "nowhere", "99999999999999999999", "%00", "%F0%9F%92%A9"])
def test_what_is_not_theirs_does_not_exist(web: Web, slug: str) -> None:
    answer = web.http.get("us", f"/api/0/organizations/{slug}/", token=web.owner.token)
    assert answer.status_code == 404
    assert answer.json() == {"detail": "Could not find requested organization"}


def test_a_token_without_the_scope_may_not_read(web: Web) -> None:
    app = web.silos.create_app("Blind", owner=web.acme, creator=web.owner.user, is_internal=True, scopes=["event:read"])
    token = web.http.create_app_token(app)
    answer = web.http.get("us", "/api/0/organizations/acme/", token=token.text)
    assert answer.status_code == 403
    assert answer.json() == {"detail": "You do not have permission to perform this action."}
    web.silos.replicate()


def test_a_malformed_cursor_is_refused(web: Web) -> None:
    answer = web.http.get("us", "/api/0/organizations/?cursor=x", token=web.owner.token)
    assert answer.status_code == 400
    assert "detail" in answer.json()
