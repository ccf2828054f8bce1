"""The ticket of an issue: asks an app to make one or to link one that it has (spec §8.4).

Owns what is sent and the three facts that come back. Refuses to know where links are kept.
"""

from dataclasses import dataclass
from enum import StrEnum

from shared.asking.ask import BAD_GATEWAY, Asking, Question, json_value, upstream_status
from shared.bodies.ticket import Ticket
from shared.domain.app_error import client_error, integrator_error
from shared.domain.component_fields import app_url, check_uri
from shared.domain.event import AppEvent
from shared.domain.json_field import shown
from shared.domain.json_value import JsonObject, JsonValue
from shared.errors import RequestRefused, SiloError, ValidationFailed
from shared.outgoing.request import AppAnswer
from shared.pb.hybridcloud.apps.v1 import installation_pb2

FAILED = "Issue occurred while trying to contact {app_slug} to link issue"
UNREADABLE = "Unable to parse response from {app_slug}"
TICKET_FIELDS = ("webUrl", "project", "identifier")


class LinkAction(StrEnum):
    """What an app is asked to do."""

    CREATE = "create"
    LINK = "link"

    @classmethod
    def parse(cls, text: str) -> "LinkAction":
        """Raises:
        AppError: it is neither.
        """
        if text not in set(cls):
            raise client_error(f"Invalid action type: {shown(text)}")
        return cls(text)

    @property
    def event(self) -> str:
        """Under which the request log has it."""
        return {"create": AppEvent.EXTERNAL_ISSUE_CREATED, "link": AppEvent.EXTERNAL_ISSUE_LINKED}[self.value].value


@dataclass(frozen=True, kw_only=True)
class LinkedIssue:
    """The issue, as the app is told of it."""

    id: int
    web_url: str
    """Where people look at it."""
    project_id: int
    project_slug: str


@dataclass(frozen=True, kw_only=True)
class Asker:
    """The person, or the app's proxy user, who wants the ticket."""

    id: int
    name: str


def request_ticket(
    asking: Asking,
    *,
    installation: installation_pb2.RpcSentryAppInstallation,
    issue: LinkedIssue,
    asker: Asker,
    action: LinkAction,
    uri: str,
    fields: JsonObject,
) -> Ticket:
    """Asks the app, and answers with its ticket.

    Args:
        asking: through which the app is asked.
        installation: with its app.
        issue: to link.
        asker: who wants it.
        action: whether the app makes a ticket.
        uri: path at the app's host.
        fields: what the user entered, by name of field.

    Raises:
        ValidationFailed: the uri is no path.
        AppError: the app did not answer, refused, or answered something else.
    """
    app = installation.sentry_app
    # The client names the path, the app its host: without the check the two could make another host.
    check_uri(uri)
    try:
        url = app_url(uri, webhook_url=app.webhook_url)
    except RequestRefused as exc:
        raise integrator_error(exc.message) from exc
    payload: JsonValue = {
        "fields": fields,
        "issueId": issue.id,
        "installationId": installation.uuid,
        "webUrl": issue.web_url,
        "project": {"slug": issue.project_slug, "id": issue.project_id},
        # Always a user: an app acts here as its proxy user, as in the original.
        "actor": {"type": "user", "id": asker.id, "name": asker.name},
    }
    question = Question(installation=installation, event=action.event, url=url, payload=payload)
    (outcome,) = asking.ask_all([question])
    return _ticket_of(outcome, app_slug=app.slug, facts={"uri": uri, "installation_uuid": installation.uuid})


def _ticket_of(outcome: AppAnswer | SiloError, *, app_slug: str, facts: JsonObject) -> Ticket:
    if isinstance(outcome, SiloError):
        raise integrator_error(
            FAILED.format(app_slug=app_slug), status=BAD_GATEWAY, facts={**facts, "reason": outcome.reason}
        ) from outcome
    if not outcome.is_success:
        raise integrator_error(FAILED.format(app_slug=app_slug), status=upstream_status(outcome), facts=facts)
    value = json_value(outcome)
    # Judged before it is read: what the app said wrong is its fault, not the client's.
    is_whole = isinstance(value, dict) and all(isinstance(value.get(name), str) for name in TICKET_FIELDS)
    try:
        return Ticket.read(value if is_whole else {})
    except ValidationFailed as exc:
        # Not the client's fault and not ours: the ticket may exist by now, and nobody can say which.
        raise integrator_error(UNREADABLE.format(app_slug=app_slug), status=BAD_GATEWAY, facts=facts) from exc
