from tests.integration.rest.conftest import ORIGIN, Web


def test_a_person_is_known_in_a_region_by_the_token_that_control_gave(web: Web) -> None:
    answer = web.http.get("us", "/api/0/users/me/", token=web.owner.token)
    assert answer.status_code == 200
    assert answer.json() == web.http.get("control", "/api/0/users/me/", token=web.owner.token).json()


def test_a_person_is_known_in_a_region_by_the_session(web: Web) -> None:
    assert web.http.get("us", "/api/0/auth/", session=web.owner.session_key).json()["email"] == "owner@acme.example"


def test_the_root_tells_the_scopes_of_a_token(web: Web) -> None:
    body = web.http.get("us", "/api/0/", token=web.robot_token).json()
    assert body["version"] == "0"
    assert body["auth"]["scopes"] == ["event:read", "org:read", "project:read"]
    assert body["user"]["isSentryApp"] is True


def test_the_root_answers_strangers(web: Web) -> None:
    assert web.http.get("us", "/api/0/").json() == {"version": "0", "auth": None, "user": None}


def test_without_credentials_nobody_is_signed_in(web: Web) -> None:
    answer = web.http.get("us", "/api/0/auth/")
    assert answer.status_code == 401
    assert answer.json() == {"detail": "Authentication credentials were not provided."}


def test_an_unknown_token_is_refused_as_on_control(web: Web) -> None:
    answers = [web.http.get(silo, "/api/0/auth/", token="f" * 64) for silo in ("us", "control")]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert answers[0].json() == answers[1].json() == {"detail": "Invalid token"}


def test_an_apps_token_works_before_its_replica_has_arrived(web: Web) -> None:
    token = web.http.create_app_token(web.robot)
    answer = web.http.get("us", "/api/0/organizations/acme/", token=token.text)
    assert answer.status_code == 200
    web.silos.replicate()


def test_an_apps_token_works_while_control_is_away(web: Web) -> None:
    web.silos.stop("control")
    answer = web.http.get("us", "/api/0/organizations/acme/", token=web.robot_token)
    web.silos.start("control")
    assert answer.status_code == 200


def test_an_apps_token_shows_nothing_of_another_region(web: Web) -> None:
    assert web.http.get("de", "/api/0/organizations/", token=web.robot_token).json() == []


def test_an_apps_token_is_refused_from_an_origin_that_the_app_does_not_allow(web: Web) -> None:
    headers = {"Origin": "https://evil.example"}
    for silo in ("us", "control"):
        answer = web.http.get(silo, "/api/0/organizations/", token=web.robot_token, headers=headers)
        assert answer.status_code == 400
        assert answer.json() == {"detail": "Invalid origin: https://evil.example"}
        assert "access-control-allow-origin" not in answer.headers


def test_a_browser_is_told_that_an_allowed_origin_may_read(web: Web) -> None:
    for silo in ("us", "control"):
        answer = web.http.get(silo, "/api/0/organizations/", token=web.robot_token, headers={"Origin": ORIGIN})
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        assert "Link" in answer.headers["access-control-expose-headers"]


def test_a_persons_token_is_not_bound_to_origins(web: Web) -> None:
    headers = {"Origin": "https://evil.example"}
    answer = web.http.get("us", "/api/0/organizations/", token=web.owner.token, headers=headers)
    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers
