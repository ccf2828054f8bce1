"""``silo trigger``: makes something happen for real, so that subscribed apps are told of it as they will be.

What happens elsewhere is told by a region with the payload that is given (``broadcast``).
"""

import json
from collections.abc import Iterable, Mapping
from typing import Annotated, Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import typer
from google.protobuf import json_format

from shared.cli import rest
from shared.cli.access import Access, access_of
from shared.cli.broadcast import find_broadcast, parse_payload, send
from shared.cli.invocation import SiloCommand
from shared.cli.output import JsonOption, examples, note, print_json
from shared.cli.rest import RestClient, segment
from shared.cli.tables import print_pairs
from shared.domain.event import EVENTS, MEMBER, IssueRequest
from shared.errors import ConfigInvalid, SiloUnreachable
from shared.outgoing.trust import authorities

app = typer.Typer(add_completion=False)

PROJECT = "trigger"
"""Slug of the project that is made for it, where none is named."""
TEXT = "silo trigger made this"


@app.command(
    cls=SiloCommand,
    epilog=examples(
        "silo trigger issue.created",
        "silo trigger issue.assigned --to owner@acme.example",
        "silo trigger comment.created --org acme --project web --json",
        "silo trigger event_alert.triggered --app my-app --set data.triggered_rule=Mine",
        """silo trigger seer.pr_created --payload '{"run_id": 7}'""",
    ),
)
def trigger(
    ctx: typer.Context,
    event: Annotated[str, typer.Argument(metavar="EVENT", help="RESOURCE.ACTION, such as issue.resolved.")],
    org: Annotated[
        str | None, typer.Option(metavar="SLUG", help="Default: the organization that `silo up` made.")
    ] = None,
    project: Annotated[
        str | None, typer.Option(metavar="SLUG", help=f"Where. Default: {PROJECT}, made if need be.")
    ] = None,
    to: Annotated[str, typer.Option(metavar="EMAIL", help="Whom an issue is assigned to: a member.")] = "",
    payload: Annotated[
        str | None, typer.Option(metavar="JSON", help="What an event says that happens elsewhere: seer.*, …")
    ] = None,
    app: Annotated[
        str | None,
        typer.Option("--app", metavar="SLUG", help="Tell this app alone, of any event; nothing else happens."),
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PATH=VALUE", help="With --app: told instead, such as data.issue.title=Oh."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Make an event happen: an error comes in, and something is done to its issue.

    Nothing is made up: apps that subscribe are told by the webhook that they will be told by, with a real issue in it.
    What would happen elsewhere (seer.*, preprod_artifact.*, size_analysis.*) is told with the payload that is given.
    """
    # Told by the region itself, whatever the app subscribes to; nothing becomes of it in the organization.
    if app is not None:
        told = {"event": event, "project": project, "organization": org, "payload": _object(payload)}
        _tell(access_of(ctx), app, told | {"changes": dict(map(_change, changes or []))}, as_json=as_json)
        return
    if changes:
        raise ConfigInvalid("What really happens is told as it is: --set goes with --app.")
    elsewhere = find_broadcast(event)
    requests = () if elsewhere else _requests_of(event)
    if payload is not None and not elsewhere:
        raise ConfigInvalid(f"{event} is made here, and says what happened: it takes no --payload.")
    # Before anything is asked of a silo, so that a slip in JSON costs nothing.
    given = parse_payload(payload or "{}")
    access = access_of(ctx)
    organization = org or access.organization
    if organization is None:
        raise ConfigInvalid("Name an organization with --org.")
    if elsewhere:
        send(access, elsewhere, organization=organization, payload=given)
        _say(event, as_json=as_json, organization=organization)
        return
    if not to and any(MEMBER in request.body.values() for request in requests):
        raise ConfigInvalid("Name a member of the organization with --to.")
    with rest.connect(access) as api:
        issue = _new_issue(api, segment(organization), segment(project) if project else None)
        make_happen(api, requests, issue=f"/organizations/{segment(organization)}/issues/{issue['id']}/", member=to)
    _say(event, as_json=as_json, issue={"id": issue["id"], "shortId": issue["shortId"]})


def _tell(access: Access, app: str, told: Mapping[str, Any], *, as_json: bool) -> None:
    with rest.connect(access) as api:
        found = api.post(f"/sentry-apps/{segment(app)}/test/", told)
    _say(found["event"], as_json=as_json, delivery=found["id"], app=app)


def _object(payload: str | None) -> Any:
    return json_format.MessageToDict(parse_payload(payload)) if payload else {}


def _change(text: str) -> tuple[str, Any]:
    """Raises:
    ConfigInvalid: it is no change.
    """
    place, equals, value = text.partition("=")
    if not place or not equals:
        raise ConfigInvalid(f"--set takes PATH=VALUE, such as data.issue.title=Oh, not {text!r}.")
    try:
        return place, json.loads(value)
    except ValueError:
        return place, value  # what is no JSON is a text


def _say(event: str, *, as_json: bool, **made: Any) -> None:
    if as_json:
        print_json({"event": event, **made})
        return
    issue = made.pop("issue", None)
    print_pairs(
        [("event", event), *made.items(), *([("issue", issue["shortId"]), ("id", issue["id"])] if issue else [])]
    )
    note("To see what an app was told: silo deliveries list APP")


def _requests_of(name: str) -> tuple[IssueRequest, ...]:
    made_by = EVENTS[name].row.trigger if name in EVENTS else None
    if isinstance(made_by, tuple):
        return made_by
    if made_by is not None:
        raise ConfigInvalid(f"{name} is made by {made_by}. To tell one app of it: --app SLUG.")
    offered = ", ".join(
        event for event in EVENTS.values() if isinstance(event.row.trigger, tuple) or find_broadcast(event)
    )
    raise ConfigInvalid(f"There is no event {name!r} to trigger; there are: {offered}.")


def _new_issue(api: RestClient, organization: str, project: str | None) -> Mapping[str, Any]:
    """The issue of a new error, of a kind that never came in before."""
    slug = project or _own_project(api, organization)
    # By the project's own key, as any SDK sends it: what comes in takes the way of all events.
    (key, *_) = api.get(f"/projects/{organization}/{slug}/keys/")
    event_id = _send(key["dsn"]["public"])
    # It is there at once: a silo answers an event when it is stored.
    found = api.get(f"/projects/{organization}/{slug}/events/{event_id}/")
    issue: Mapping[str, Any] = api.get(f"/organizations/{organization}/issues/{found['groupID']}/")
    return issue


def _own_project(api: RestClient, organization: str) -> str:
    projects = api.pages(f"/organizations/{organization}/projects/")
    if not any(each["slug"] == PROJECT for each in projects):
        # Made where there is none, so that the command works on a platform that has just started.
        api.post(f"/organizations/{organization}/projects/", {"slug": PROJECT, "name": PROJECT})
    return PROJECT


def _send(dsn: str) -> str:
    """Sends an error as an SDK does, and answers the id of its event."""
    place = urlsplit(dsn)
    event_id, frame = uuid4().hex, {"filename": "trigger.py", "function": "trigger", "lineno": 1, "in_app": True}
    error = {"type": "Triggered", "value": TEXT, "stacktrace": {"frames": [frame]}}
    event = {
        "event_id": event_id,
        "level": "error",
        "platform": "python",
        # An issue of its own each time, so that "new" is true and no earlier state shows through.
        "fingerprint": [event_id],
        "exception": {"values": [error]},
    }
    url = f"{place.scheme}://{place.netloc.rpartition('@')[2]}/api/{place.path.strip('/')}/store/"
    # The DSN's server, which need not be the one that the token is for.
    tls = authorities() if url.startswith("https:") else False
    try:
        with httpx.Client(timeout=rest.TIMEOUT_SECONDS, trust_env=not rest.is_loopback(url), verify=tls) as client:
            client.post(url, params={"sentry_key": place.username or ""}, json=event).raise_for_status()
    except httpx.HTTPError as exc:
        raise SiloUnreachable(f"The event was not taken at {url}.") from exc
    return event_id


def make_happen(api: RestClient, requests: Iterable[IssueRequest], *, issue: str, member: str) -> None:
    """Does to an issue, given by its path, what makes an event happen."""
    made: Any = {}
    for request in requests:
        body = {name: member if value == MEMBER else value for name, value in request.body.items()}
        path = issue + request.path.format(id=made.get("id"))
        # The answer names what was made, which the next request may be about.
        made = api.send(request.method, path, body=body or None)
