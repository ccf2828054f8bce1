"""Golden JSON: what clients that were written for the original read, field by field."""

from typing import Any

import pytest
from pydantic import BaseModel

from region_silo.api.application import list_endpoints
from region_silo.bodies.issue import IssueObject
from region_silo.bodies.project_settings import ProjectFeatures, ProjectSettings, printed
from region_silo.bodies.webhook import HookIssueObject
from region_silo.models.event import Event
from region_silo.models.issue import Issue
from region_silo.services.site import Site
from region_silo.webhooks.payload import event_object
from shared.domain.scopes import Role
from tests.integration.region.issues.test_rules import RULE
from tests.integration.region.issues.world import World, exception

AT = "2030-01-01T00:00:00Z"
EVENT_ID = "0123456789abcdef0123456789abcdef"
SITE = Site(base_url="https://silo.example", organization_slug="acme")


def _event() -> dict[str, Any]:
    return exception(
        user={"id": "7", "email": "ann@shop.example"},
        release="shop@1.2",
        environment="prod",
        tags={"page": "cart"},
        request={"url": "https://shop.example/cart"},
        contexts={"os": {"name": "Linux"}},
        extra={"cart": [1, 2]},
        sdk={"name": "sentry.python", "version": "2.0"},
    )


@pytest.fixture
def issue(world: World) -> dict[str, Any]:
    """The only issue of the world, as the list shows it."""
    world.send(_event())
    return world.issue()


LISTED: dict[str, Any] = {
    "isUnhandled": True,
    "lifetime": {"count": "1", "userCount": 1, "firstSeen": AT, "lastSeen": AT, "stats": {}},
    "integrationIssues": [],
    "sentryAppIssues": [],
    "sessionCount": 0,
    "stats": {},
    "latestEventHasAttachments": False,
    **dict.fromkeys(("filtered", "inbox", "owners", "derivedData", "matchingEventId", "matchingEventEnvironment")),
}
"""What a list says of an issue besides."""
UNKNOWN = dict.fromkeys(
    (
        *("priority", "priorityLockedAt", "seerFixabilityScore"),
        *("seerAutofixLastTriggered", "seerExplorerAutofixLastTriggered"),
    )
)
"""What clients of the original insist on, and nothing here knows."""


def test_an_issue(world: World, issue: dict[str, Any]) -> None:
    url = str(world.client.base_url)
    assert issue == {
        **LISTED,
        **UNKNOWN,
        "id": issue["id"],
        "shareId": None,
        "shortId": "WEB-1",
        "title": "ZeroDivisionError: division by zero",
        "culprit": "app.math in divide",
        "permalink": f"{url}/organizations/{world.org}/issues/{issue['id']}/",
        "logger": None,
        "level": "error",
        "status": "unresolved",
        "statusDetails": {},
        "substatus": "new",
        "isPublic": False,
        "platform": "python",
        "project": {"id": str(world.web.id), "name": "web", "slug": "web", "platform": ""},
        "type": "error",
        "issueType": "error",
        "issueCategory": "error",
        "metadata": {
            "type": "ZeroDivisionError",
            "value": "division by zero",
            "filename": "app/math.py",
            "function": "divide",
        },
        "numComments": 0,
        "assignedTo": None,
        "isBookmarked": False,
        "isSubscribed": False,
        "subscriptionDetails": None,
        "hasSeen": False,
        "annotations": [],
        "count": "1",
        "userCount": 1,
        "firstSeen": AT,
        "lastSeen": AT,
    }


def test_an_issue_by_itself_is_the_same_with_what_was_done(world: World, issue: dict[str, Any]) -> None:
    shown = world.owner.get(f"/issues/{issue['id']}/").json()
    (first,) = shown.pop("activity")
    alone = {"participants": [], "seenBy": [], "userReportCount": 0}
    assert shown == {name: value for name, value in issue.items() if name not in LISTED} | alone
    assert (first["type"], first["user"], first["dateCreated"]) == ("first_seen", None, AT)


def test_an_event(world: World, issue: dict[str, Any]) -> None:
    shown = world.owner.get(f"/issues/{issue['id']}/events/latest/").json()
    user = {"id": "7", "email": "ann@shop.example", "username": None, "ip_address": None, "name": None, "data": None}
    sent = {"environment": "prod", "level": "error", "page": "cart", "release": "shop@1.2"}
    made = {"handled": "no", "os": "Linux", "os.name": "Linux", "url": "https://shop.example/cart", "user": "id:7"}
    tags = dict(sorted((sent | made).items()))
    assert [shown["groupID"], shown["projectID"]] == [issue["id"], str(world.web.id)]
    assert shown["tags"] == [{"key": key, "value": value} for key, value in tags.items()]
    assert (shown["user"], shown["release"]) == (user, {"version": "shop@1.2"})
    assert shown["contexts"] == {"os": {"type": "os", "name": "Linux"}}
    assert (shown["sdk"], shown["context"]) == (_event()["sdk"], _event()["extra"])
    assert [entry["type"] for entry in shown["entries"]] == ["exception", "request"]
    (raised,) = shown["entries"][0]["data"]["values"]
    assert (raised["type"], raised["mechanism"]) == ("ZeroDivisionError", {"handled": False})
    assert [frame["lineNo"] for frame in raised["stacktrace"]["frames"]] == [3, 7, None]
    assert (shown["dateCreated"], shown["dateReceived"]) == (AT, AT)


def test_a_project(world: World) -> None:
    [organization] = world.owner.get("/organizations/").json()
    empty = {**printed(ProjectFeatures), **printed(ProjectSettings)}
    assert world.owner.get(f"/projects/{world.org}/web/").json() == {
        **empty,
        "access": sorted(Role.OWNER.scopes),
        "environments": [],
        "platforms": [],
        "id": str(world.web.id),
        "slug": "web",
        "name": "web",
        "platform": None,
        "dateCreated": AT,
        "firstEvent": None,
        "status": "active",
        "hasAccess": True,
        "isMember": True,
        "features": [],
        "teams": [],
        "organization": organization,
        "dataScrubber": True,
        "dataScrubberDefaults": True,
        "sensitiveFields": [],
        "safeFields": [],
    }


def test_a_comment(world: World, issue: dict[str, Any]) -> None:
    comment = world.owner.post(f"/issues/{issue['id']}/comments/", {"text": "Fixed."}).json()
    assert comment == {
        "id": comment["id"],
        "type": "note",
        "issue": issue["id"],
        "user": {
            "type": "user",
            "id": str(world.owner.user_id),
            "name": world.owner.email,
            "email": world.owner.email,
        },
        "data": {"text": "Fixed."},
        "dateCreated": AT,
        "dateUpdated": AT,
    }


def test_a_webhook_says_of_an_issue_where_it_is(world: World, issue: dict[str, Any]) -> None:
    with world.region.database.session():
        row = Issue.get_by_id(int(issue["id"]))
        told = HookIssueObject.linked(IssueObject.of(row, project=world.web, site=SITE), row, site=SITE).to_json()
    assert {name: told[name] for name in ("url", "web_url", "project_url")} == {
        "url": f"https://silo.example/api/0/organizations/acme/issues/{issue['id']}/",
        "web_url": f"https://silo.example/organizations/acme/issues/{issue['id']}/",
        "project_url": f"https://silo.example/organizations/acme/issues/?project={world.web.id}",
    }


def test_a_webhook_carries_the_event_and_what_was_made_of_it(world: World, issue: dict[str, Any]) -> None:
    with world.region.database.session():
        event = Event.get(Event.issue_id == int(issue["id"]))
    told: Any = event_object(event, project=world.web, site=SITE)
    (raised,), (sent,) = told["exception"]["values"], _event()["exception"]["values"]
    frames = [frame | {"abs_path": frame["filename"]} for frame in sent["stacktrace"]["frames"]]
    assert raised == sent | {"stacktrace": {"frames": frames}}
    assert (told["issue_id"], told["project"], told["version"]) == (issue["id"], world.web.id, "7")
    assert (told["title"], told["level"], told["datetime"]) == (issue["title"], "error", AT)
    assert told["url"] == f"https://silo.example/api/0/projects/acme/web/events/{event.event_id}/"
    assert told["web_url"] == f"https://silo.example/organizations/acme/issues/{issue['id']}/events/{event.event_id}/"
    assert told["issue_url"] == f"https://silo.example/api/0/organizations/acme/issues/{issue['id']}/"


PATHS = {
    "/organizations/{organization_id_or_slug}/projects/": "/organizations/{org}/projects/",
    "/projects/{organization_id_or_slug}/{project_id_or_slug}/": "/projects/{org}/web/",
    "/projects/{organization_id_or_slug}/{project_id_or_slug}/keys/": "/projects/{org}/web/keys/",
    "/projects/{organization_id_or_slug}/{project_id_or_slug}/rules/": "/projects/{org}/web/rules/",
    "/projects/{organization_id_or_slug}/{project_id_or_slug}/issues/": "/projects/{org}/web/issues/",
    "/organizations/{organization_id_or_slug}/shortids/{short_id}/": "/organizations/{org}/shortids/WEB-1/",
    "/issues/{issue_id}/": "/issues/{issue}/",
    "/issues/{issue_id}/events/": "/issues/{issue}/events/",
    "/issues/{issue_id}/events/{event_id}/": "/issues/{issue}/events/latest/",
    "/issues/{issue_id}/comments/": "/issues/{issue}/comments/",
}


@pytest.mark.parametrize("documented", PATHS)
def test_the_documentation_names_exactly_the_fields_that_are_answered(
    world: World, issue: dict[str, Any], documented: str
) -> None:
    world.owner.post(f"/issues/{issue['id']}/comments/", {"text": "Fixed."})
    world.owner.post(f"/projects/{world.org}/web/rules/", RULE)
    (shape,) = (each.answers[200] for each in list_endpoints() if (each.method, each.path) == ("GET", documented))
    answer = world.owner.get(PATHS[documented].format(org=world.org, issue=issue["id"])).json()
    model: type[BaseModel] = getattr(shape, "__args__", [shape])[0]
    for item in answer if isinstance(answer, list) else [answer]:
        assert set(item) == {field.alias or name for name, field in model.model_fields.items()}
        model.model_validate(item)
