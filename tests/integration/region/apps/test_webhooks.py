"""What apps are told of issues, errors and comments: through the API, the outbox and a real receiver."""

from typing import Any
from urllib.parse import urlsplit

import pytest

from region_silo.bootstrap import make_sender
from region_silo.models.issue import Issue
from region_silo.models.replica import CredentialReplica
from region_silo.webhooks.prepare import Preparing
from shared.cli.rest import RestClient
from shared.cli.trigger import make_happen
from shared.domain.event import AppEvent
from shared.domain.happening import Happening, Resolved
from shared.domain.webhook import CALL_SECONDS, Actor
from shared.webhooks.attempt import Recipient, make_attempt
from shared.webhooks.delivery import Delivery, fill_bodies
from tests.integration.region.apps.world import World

EVENTS = ["issue", "comment", "error"]
HOOK = "/hook"


@pytest.fixture
def subscribed(world: World) -> World:
    """The app hears of everything."""
    subscribe(world, *EVENTS)
    return world


def subscribe(world: World, *events: str) -> None:
    world.third_party.answers(HOOK)
    path = f"/sentry-apps/{world.app.slug}/"
    answer = world.http.call("PUT", "control", f"/api/0{path}", token=world.owner.token, json={"events": list(events)})
    assert answer.status_code == 200, answer.text
    world.silos.replicate()


def send(world: World) -> None:
    sender = make_sender(world.region)
    # Again and again: of one issue the next is told when the one before it has been.
    while sender.send_due():
        sender.wait()
        sender.settle_ended()


def told(world: World) -> list[tuple[str, dict[str, Any]]]:
    """What the receiver was told, oldest first: resource and body."""
    send(world)
    hooks = [request for request in world.third_party.requests if request.path == HOOK]
    assert all(hook.is_signed(world.third_party.secret) for hook in hooks)
    return [(hook.headers["sentry-hook-resource"], hook.json) for hook in hooks]


def change(world: World, **fields: Any) -> None:
    path = f"/api/0/organizations/{world.acme.slug}/issues/{world.issue.id}/"
    assert world.http.call("PUT", "us", path, token=world.owner.token, json=fields).status_code == 200


def raise_error(world: World, *, event_id: str) -> None:
    """An error comes in, as an SDK sends it."""
    project = world.create_project("errors")
    event = {"event_id": event_id, "exception": {"values": [{"type": "KeyError", "value": "'x'"}]}}
    path = f"/api/{project.id}/store/?sentry_key={project.public_key}"
    assert world.http.call("POST", "us", path, json=event).status_code == 200


def test_a_resolved_issue_is_told_with_its_addresses_and_who_did_it(subscribed: World) -> None:
    change(subscribed, status="resolved")
    ((resource, body),) = told(subscribed)
    issue, user = body["data"]["issue"], subscribed.owner_user.user
    assert (resource, body["action"], body["data"]["resolution_type"]) == ("issue", "resolved", "now")
    assert body["installation"] == {"uuid": subscribed.installation.uuid}
    assert body["actor"] == {"type": "user", "id": user.id, "name": user.email}
    assert (issue["id"], issue["status"]) == (str(subscribed.issue.id), "resolved")
    assert issue["url"].endswith(f"/api/0/organizations/{subscribed.acme.slug}/issues/{subscribed.issue.id}/")
    assert {"web_url", "project_url"} <= issue.keys()


def test_a_webhook_leads_to_an_issue_by_its_permalink(subscribed: World) -> None:
    change(subscribed, status="resolved")
    ((_, body),) = told(subscribed)
    shown = subscribed.owner.get(f"/issues/{subscribed.issue.id}/").json()
    assert urlsplit(body["data"]["issue"]["web_url"]).path == urlsplit(shown["permalink"]).path


def test_an_assigned_issue_is_told_and_one_that_is_nobodys_any_more(subscribed: World) -> None:
    user = subscribed.owner_user.user
    change(subscribed, assignedTo=f"user:{user.id}")
    send(subscribed)
    change(subscribed, assignedTo="")
    first, second = told(subscribed)
    assert first[1]["data"]["assignee"] == {
        "type": "user",
        "id": user.id,
        "name": user.email,
        "email": user.email,
    }
    assert first[1]["data"]["issue"]["assignedTo"]["id"] == str(user.id)
    assert (second[1]["action"], second[1]["data"]["assignee"]) == ("unassigned", None)
    assert second[1]["data"]["issue"]["assignedTo"] is None


def test_an_ignored_issue_is_told_as_ignored(subscribed: World) -> None:
    change(subscribed, status="ignored")
    assert [body["action"] for _, body in told(subscribed)] == ["ignored"]


def test_comments_are_told(subscribed: World) -> None:
    path = f"/organizations/{subscribed.acme.slug}/issues/{subscribed.issue.id}/comments/"
    made = subscribed.owner.post(path, {"text": "I saw it"}).json()
    send(subscribed)
    subscribed.owner.delete(f"{path}{made['id']}/")
    (resource, created), (_, deleted) = told(subscribed)
    assert (resource, created["action"], deleted["action"]) == ("comment", "created", "deleted")
    data = created["data"]
    assert (str(data["comment_id"]), data["issue_id"], data["project_slug"], data["comment"]) == (
        made["id"],
        subscribed.issue.id,
        "web",
        "I saw it",
    )
    assert data["timestamp"].endswith("Z")


def test_a_new_error_is_told_twice_as_issue_and_as_error(subscribed: World) -> None:
    raise_error(subscribed, event_id="a" * 32)
    bodies = dict(told(subscribed))
    assert bodies["issue"]["action"] == "created"
    assert bodies["issue"]["actor"] == {"type": "application", "id": "sentry", "name": "Sentry"}
    error = bodies["error"]["data"]["error"]
    assert (error["event_id"], error["issue_id"]) == ("a" * 32, bodies["issue"]["data"]["issue"]["id"])
    assert error["exception"]["values"][0]["type"] == "KeyError"
    assert {"url", "web_url", "issue_url"} <= error.keys()


@pytest.mark.parametrize("event", [event for event in AppEvent if isinstance(event.row.trigger, tuple)])
def test_what_silo_trigger_does_makes_each_event_happen(subscribed: World, event: AppEvent) -> None:
    raise_error(subscribed, event_id="b" * 32)
    issue = f"/organizations/{subscribed.acme.slug}/issues/{subscribed.issue.id}/"
    assert isinstance(event.row.trigger, tuple)
    with RestClient(subscribed.http.url("us"), token=subscribed.owner.token) as api:
        make_happen(api, event.row.trigger, issue=issue, member=f"user:{subscribed.owner_user.user.id}")
    bodies = [body for resource, body in told(subscribed) if resource == event.resource]
    assert event.action in {body["action"] for body in bodies}


def test_only_what_is_subscribed_to_is_told(world: World) -> None:
    subscribe(world, "comment")
    change(world, status="resolved")
    assert told(world) == []


def test_a_hook_that_is_confined_to_a_project_hears_of_it_alone(subscribed: World) -> None:
    other = subscribed.create_project("other")
    answer = subscribed.robot.post(f"{subscribed.path}/service-hook-projects/", {"projects": [other.slug]})
    assert answer.status_code == 200, answer.text
    change(subscribed, status="resolved")
    assert told(subscribed) == []


def test_an_organization_without_the_feature_tells_of_no_errors(subscribed: World) -> None:
    switch = {"feature": "organizations:integrations-event-hooks", "enabled": False}
    root = subscribed.http.create_user("root-of-hooks@silo.example", is_superuser=True)
    path = f"/api/0/organizations/{subscribed.acme.slug}/features/"
    assert subscribed.http.call("PUT", "control", path, token=root.token, json=switch).status_code in {200, 204}
    subscribed.silos.replicate()
    raise_error(subscribed, event_id="b" * 32)
    assert [resource for resource, _ in told(subscribed)] == ["issue"]


def test_what_is_told_is_of_its_moment_whatever_came_after(subscribed: World) -> None:
    user = subscribed.owner_user.user
    change(subscribed, status="resolved", assignedTo=f"user:{user.id}")
    change(subscribed, status="unresolved")
    with subscribed.region.database.transaction():
        Issue.delete().where(Issue.id == subscribed.issue.id).execute()
    issues = [(body["action"], body["data"]["issue"]) for _, body in told(subscribed)]
    assert [(action, issue["status"], bool(issue["assignedTo"])) for action, issue in issues] == [
        ("resolved", "resolved", False),
        ("assigned", "resolved", True),
        ("unresolved", "unresolved", True),
    ]


def test_webhooks_of_one_issue_go_in_the_order_of_the_commits_and_are_numbered_so(subscribed: World) -> None:
    statuses = ["resolved", "unresolved", "ignored", "unresolved", "resolved"]
    for status in statuses:
        change(subscribed, status=status)
    send(subscribed)
    requests = [request for request in subscribed.third_party.requests if request.path == HOOK]
    assert [request.json["action"] for request in requests] == statuses
    numbers = [int(request.headers["sentry-hook-sequence"]) for request in requests]
    assert numbers == sorted(set(numbers))


def test_a_delivery_of_an_earlier_release_is_made_at_its_first_attempt(subscribed: World) -> None:
    change(subscribed, status="resolved")
    actor, at = Actor(type="application", id="sentry", name="Sentry"), subscribed.silos.clock.now()
    detail = Resolved(substatus=None, resolution_type="now")
    happening = Happening(issue_id=subscribed.issue.id, actor=actor, at=at, detail=detail)
    with subscribed.region.database.transaction():
        Delivery.update(content_id=None, installation_uuid=None, issue_id=None, subject=happening.as_json()).execute()
    ((_, body),) = told(subscribed)
    assert (body["action"], body["data"]["issue"]["status"]) == ("resolved", "resolved")
    assert body["installation"] == {"uuid": subscribed.installation.uuid}


def test_a_webhook_is_in_the_request_log_of_the_region(subscribed: World) -> None:
    change(subscribed, status="resolved")
    send(subscribed)
    assert [(record.event, record.response_code) for record in subscribed.log()] == [("issue.resolved", 200)]


def test_a_single_event_is_told_alone(world: World) -> None:
    subscribe(world, "issue.resolved")
    change(world, status="resolved")
    change(world, status="unresolved")
    path = f"/api/0/sentry-apps/{world.app.slug}/"
    shown = world.http.call("GET", "control", path, token=world.owner.token).json()
    assert shown["events"] == shown["webhookEvents"] == ["issue.resolved"]
    assert [body["action"] for _, body in told(world)] == ["resolved"]


def test_a_webhook_waits_for_what_it_is_to_be_signed_with(subscribed: World) -> None:
    with subscribed.region.database.transaction():
        held: CredentialReplica = CredentialReplica.get_by_id(subscribed.app.id)
        held.delete_instance()
    change(subscribed, status="resolved")
    assert told(subscribed) == []
    with subscribed.region.database.transaction():
        held.save(force_insert=True)
    subscribed.silos.clock.advance(60)
    assert [resource for resource, _ in told(subscribed)] == ["issue"]


def test_a_call_takes_as_long_as_the_app_wants(subscribed: World) -> None:
    path = f"/api/0/sentry-apps/{subscribed.app.slug}/"
    body = {"webhookTimeoutSeconds": 12}
    subscribed.http.call("PUT", "control", path, token=subscribed.owner.token, json=body)
    for replicate, seconds in ((False, CALL_SECONDS), (True, 12)):
        if replicate:
            subscribed.silos.replicate()
        change(subscribed, status="resolved" if replicate else "ignored")
        with subscribed.region.database.session():
            delivery = Delivery.select().order_by(Delivery.id.desc()).get()
            fill_bodies([delivery])
            recipient = Preparing(subscribed.region)(delivery)
        assert isinstance(recipient, Recipient)
        limits = make_attempt(delivery, recipient, at=subscribed.region.clock.now()).request.limits
        assert (limits.deadline_seconds, limits.read_seconds) == (seconds, seconds)
