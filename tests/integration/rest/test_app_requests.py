"""The request log of an app: kept by regions, read in control."""

import contextlib
import itertools
import socket
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from control_silo.models.app import SentryApp
from control_silo.models.region import OrganizationReplica, RegisteredRegion
from control_silo.services.asked_regions import ask_regions
from control_silo.services.request_log import RequestQuery, list_requests
from control_silo.services.user import NewUser
from shared.domain.event import REQUEST_LOG_EVENTS
from shared.domain.peer import CONTROL
from shared.domain.request_record import RequestRecord
from shared.domain.scopes import Role
from shared.errors import RpcInsideTransaction
from shared.request_log import SiloRequestLog
from tests.integration.rest.conftest import Web
from tests.silos import fresh

_NUMBERS = itertools.count(900_000)
WRONG_TIME = ["Datetime has wrong format. Use one of these formats instead: YYYY-MM-DD hh:mm:ss."]


@pytest.fixture
def app(web: Web) -> SentryApp:
    """A public app of acme's that both regions know."""
    app = web.silos.create_app(fresh("Kanban"), owner=web.acme, creator=web.owner.user)
    web.silos.install(app, organization=web.globex)
    web.silos.replicate()
    return app


@pytest.fixture
def us_away(web: Web) -> Iterator[None]:
    web.silos.stop("us")
    yield
    web.silos.start_stopped()


def keep(web: Web, app: SentryApp, *, region: str = "us", event: str = "issue.created", **fields: Any) -> None:
    """One entry of a region's log, a second later than the one before."""
    web.silos.clock.advance(1)
    fields = {
        "sentry_app_id": app.id,
        "event": event,
        "response_code": 200,
        "webhook_url": "https://a.example",
    } | fields
    record = RequestRecord(sent_at=web.silos.clock.now(), **fields)
    SiloRequestLog(web.silos.database(region), web.silos.clock).record([record])


def ask(web: Web, app: SentryApp, *, by: NewUser | None = None, token: str = "", **query: Any) -> httpx.Response:
    path = f"/api/0/sentry-apps/{app.slug}/webhook-requests/"
    return web.http.get(CONTROL, path, token=token or (by or web.owner).token, params=query)


def events_of(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [each["eventType"] for each in answer.json()]


def person(web: Web, role: Role, organization: str = "acme") -> NewUser:
    return web.http.create_user(f"{fresh('person')}@acme.example", organization=organization, role=role)


def clock_text(web: Web, *, seconds: int = 0) -> str:
    return f"{web.silos.clock.now() + timedelta(seconds=seconds):%Y-%m-%d %H:%M:%S}"


def test_entries_of_all_regions_are_listed_newest_first(web: Web, app: SentryApp) -> None:
    for region, event in (("us", "issue.created"), ("de", "comment.created"), ("us", "issue.resolved")):
        keep(web, app, region=region, event=event)
    answer = ask(web, app)
    assert events_of(answer) == ["issue.resolved", "comment.created", "issue.created"]
    assert "silo-missing-regions" not in answer.headers


def test_a_failure_shows_all_that_the_log_holds(web: Web, app: SentryApp) -> None:
    stored: dict[str, Any] = {"error_id": "e", "project_id": 4, "request_body": "{}", "response_body": "no"}
    keep(
        web,
        app,
        response_code=500,
        organization_id=web.acme.id,
        request_headers={"Sentry-Hook-Resource": "a"},
        **stored,
    )
    assert ask(web, app).json() == [
        {
            "webhookUrl": "https://a.example",
            "sentryAppSlug": app.slug,
            "eventType": "issue.created",
            "date": f"{web.silos.clock.now():%Y-%m-%dT%H:%M:%S}Z",
            "responseCode": 500,
            "organization": {"name": "Acme", "id": web.acme.id, "slug": "acme"},
            "request_headers": {"Sentry-Hook-Resource": "a"},
            **stored,
        }
    ]


def test_what_the_log_does_not_hold_is_absent(web: Web, app: SentryApp) -> None:
    keep(web, app)
    (item,) = ask(web, app).json()
    assert set(item) == {"webhookUrl", "sentryAppSlug", "eventType", "date", "responseCode"}


def test_an_organization_that_is_gone_is_not_shown(web: Web, app: SentryApp) -> None:
    keep(web, app, organization_id=2**40)
    (item,) = ask(web, app).json()
    assert "organization" not in item


def test_the_older_path_lists_the_same(web: Web, app: SentryApp) -> None:
    keep(web, app)
    older = web.http.get(CONTROL, f"/api/0/sentry-apps/{app.id}/requests/", token=web.owner.token)
    assert (older.status_code, older.json()) == (200, ask(web, app).json())
    assert 'rel="next"; results="false"' in older.headers["link"]


def test_the_list_is_answered_in_pages(web: Web, app: SentryApp) -> None:
    for event in ("issue.created", "issue.resolved", "comment.created"):
        keep(web, app, event=event)
    first = ask(web, app, per_page=2)
    rest = ask(web, app, cursor=first.links["next"]["cursor"])
    assert (events_of(first), events_of(rest)) == (["comment.created", "issue.resolved"], ["issue.created"])
    assert (first.links["next"]["results"], rest.links["next"]["results"]) == ("true", "false")


def test_an_empty_log_has_pages_too(web: Web, app: SentryApp) -> None:
    answer = ask(web, app)
    assert (answer.json(), answer.links["next"]["results"]) == ([], "false")


@pytest.mark.parametrize(
    ("query", "events"),
    [
        ({}, ["comment.created", "issue.created"]),
        ({"eventType": "issue.created"}, ["issue.created"]),
        ({"eventType": "installation.created"}, []),
        ({"errorsOnly": "true"}, ["comment.created"]),
        ({"errorsOnly": "0"}, ["comment.created", "issue.created"]),
        ({"organizationSlug": "acme"}, ["comment.created"]),
        ({"organizationSlug": "globex"}, []),
        ({"eventType": "issue.created", "errorsOnly": "1"}, []),
    ],
)
def test_entries_are_chosen_by_event_error_and_organization(
    web: Web, app: SentryApp, query: dict[str, Any], events: list[str]
) -> None:
    keep(web, app)
    keep(web, app, event="comment.created", response_code=0, organization_id=web.acme.id)
    assert events_of(ask(web, app, **query)) == events


def test_both_ends_of_the_period_belong_to_it(web: Web, app: SentryApp) -> None:
    for event in ("issue.created", "comment.created", "issue.resolved"):
        keep(web, app, event=event)
    assert events_of(ask(web, app, start=clock_text(web, seconds=-1), end=clock_text(web, seconds=-1))) == [
        "comment.created"
    ]
    assert events_of(ask(web, app, start=clock_text(web))) == ["issue.resolved"]
    assert events_of(ask(web, app, end=clock_text(web, seconds=-2))) == ["issue.created"]


def test_a_period_that_ended_long_ago_is_empty(web: Web, app: SentryApp) -> None:
    keep(web, app)
    assert events_of(ask(web, app, end="0001-01-01 00:00:00")) == []


@pytest.mark.parametrize(
    ("query", "body"),
    [
        ({"eventType": "issue"}, {"eventType": ['"issue" is not a valid choice.']}),
        ({"errorsOnly": "often"}, {"errorsOnly": ["Must be a valid boolean."]}),
        ({"start": "2030-01-01"}, {"start": WRONG_TIME}),
        ({"start": "x", "end": "2030-02-30 00:00:00"}, {"start": WRONG_TIME, "end": WRONG_TIME}),
        ({"organizationSlug": "nobody"}, {"detail": "Invalid organization."}),
        ({"organizationSlug": "a\x00"}, {"detail": "Invalid organization."}),
        ({"start": "9999-01-01 00:00:00"}, {"detail": "Invalid timestamp (start must be before end)."}),
        (
            {"start": "2030-01-01 00:00:01", "end": "2030-01-01 00:00:00"},
            {"detail": "Invalid timestamp (start must be before end)."},
        ),
    ],
)
def test_a_query_that_cannot_be_is_refused(web: Web, app: SentryApp, query: dict[str, Any], body: Any) -> None:
    answer = ask(web, app, **query)
    assert (answer.status_code, answer.json()) == (400, body)


def test_every_event_of_the_log_may_be_asked_for(web: Web, app: SentryApp) -> None:
    assert {ask(web, app, eventType=event).status_code for event in REQUEST_LOG_EVENTS} == {200}


@pytest.mark.parametrize(
    ("role", "statuses"),
    [(Role.MEMBER, (403, 200)), (Role.ADMIN, (403, 200)), (Role.MANAGER, (200, 200)), (Role.OWNER, (200, 200))],
)
def test_managers_read_any_log_and_members_those_of_internal_apps(
    web: Web, app: SentryApp, role: Role, statuses: tuple[int, int]
) -> None:
    somebody = person(web, role)
    assert tuple(ask(web, each, by=somebody).status_code for each in (app, web.robot)) == statuses


def test_others_read_no_log_not_even_of_a_published_app(web: Web, app: SentryApp) -> None:
    stranger = person(web, Role.OWNER, "globex")
    web.silos.publish(app)
    assert [ask(web, each, by=stranger).status_code for each in (app, web.robot)] == [403, 403]
    assert ask(web, app, by=web.superuser).status_code == 200
    assert ask(web, app, token="f" * 64).status_code == 401


def test_an_app_reads_no_log_not_even_its_own(web: Web) -> None:
    assert ask(web, web.robot, token=web.robot_token).status_code == 403


def test_an_app_that_does_not_exist_has_no_log(web: Web) -> None:
    answer = web.http.get(CONTROL, "/api/0/sentry-apps/nothing/webhook-requests/", token=web.owner.token)
    assert (answer.status_code, answer.json()) == (404, {"detail": "Could not find the requested sentry app"})


def test_a_region_that_does_not_know_the_app_yet_adds_nothing(web: Web) -> None:
    app = web.silos.create_app(fresh("Kanban"), owner=web.acme, creator=web.owner.user)
    answer = ask(web, app)
    assert (answer.json(), answer.headers.get("silo-missing-regions")) == ([], None)


@pytest.mark.usefixtures("us_away")
def test_a_region_that_is_away_is_left_out_and_named(web: Web, app: SentryApp) -> None:
    keep(web, app, region="us")
    keep(web, app, region="de", event="comment.created")
    answer = ask(web, app)
    assert (events_of(answer), answer.headers["silo-missing-regions"]) == (["comment.created"], "us")


def test_without_any_region_the_list_is_empty_and_names_them_all(web: Web, app: SentryApp, us_away: None) -> None:
    web.silos.stop("de")
    answer = ask(web, app)
    assert (answer.status_code, answer.json(), answer.headers["silo-missing-regions"]) == (200, [], "de,us")


@pytest.mark.usefixtures("us_away")
def test_events_of_installations_are_asked_of_no_region(web: Web, app: SentryApp) -> None:
    answer = ask(web, app, eventType="installation.created")
    assert (answer.json(), answer.headers.get("silo-missing-regions")) == ([], None)


def test_regions_that_hang_are_left_out_and_named(web: Web, app: SentryApp) -> None:
    keep(web, app)
    with hanging_region(web, app, "atlantis"), hanging_region(web, app, "mu"):
        found = list_requests(web.silos.control, app.id, everything(web), deadline_seconds=1.0)
    assert (len(found.requests), found.missing_regions) == (1, ("atlantis", "mu"))


def test_every_region_is_called_before_any_answer_is_waited_for_and_all_within_one_deadline(web: Web) -> None:
    called: dict[str, float] = {}

    class Answer:
        def result(self) -> list[str]:
            return list(called)

    def start(name: str, timeout: float) -> Any:
        called[name] = timeout
        return Answer()

    answers: dict[str, list[str] | None] = ask_regions(
        web.silos.control, start, deadline_seconds=60, names=["de", "us"]
    )
    assert answers == {"de": ["de", "us"], "us": ["de", "us"]}
    assert 0 < called["us"] < called["de"] < 60


def test_regions_are_never_asked_inside_a_transaction(web: Web, app: SentryApp) -> None:
    with web.silos.control.database.transaction(), pytest.raises(RpcInsideTransaction):
        list_requests(web.silos.control, app.id, everything(web))


def everything(web: Web) -> RequestQuery:
    now = web.silos.clock.now()
    return RequestQuery(since=now - timedelta(days=1), until=now)


@contextlib.contextmanager
def hanging_region(web: Web, app: SentryApp, name: str) -> Iterator[None]:
    """A registered region that takes connections and says nothing; the app is installed there."""
    control, now = web.silos.control, web.silos.clock.now()
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        with control.database.transaction():
            RegisteredRegion.create(
                name=name, grpc_address=address, http_address=address, identity="0" * 32, registered_at=now
            )
            there = OrganizationReplica.create(
                id=next(_NUMBERS), version=1, slug=name, name=name, region_name=name, status="active"
            )
        web.silos.install(app, organization=there)
        yield
    with control.database.transaction():
        RegisteredRegion.delete().where(RegisteredRegion.name == name).execute()
        OrganizationReplica.delete().where(OrganizationReplica.id == there.id).execute()
