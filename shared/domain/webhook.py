"""What apps are sent: body and headers of a webhook, headers of a question (spec §5.1).

Owns their form; refuses to know where either goes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.domain.json_text import encode_body
from shared.domain.json_value import JsonObject, JsonValue

RESOURCE_HEADER = "Sentry-Hook-Resource"
TIMESTAMP_HEADER = "Sentry-Hook-Timestamp"
# Ours, where the others are the original's: webhooks of one issue may overtake each other when they are tried again.
SEQUENCE_HEADER = "Sentry-Hook-Sequence"
REQUEST_ID_HEADER = "Request-ID"
CALL_SECONDS = 5
"""How long a call to an app may take, from its beginning to the end of the answer, unless the app wants more."""
MAX_CALL_SECONDS = 30
"""What an app may want."""


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Who did it, in the three fields that webhooks carry."""

    type: str
    """``user`` or ``application``."""
    id: str
    """A user's id, an app's uuid, or ``sentry``."""
    name: str

    def as_json(self) -> dict[str, JsonValue]:
        """With a user's id as a number, as the original has it."""
        return {"type": self.type, "id": int(self.id) if self.type == "user" else self.id, "name": self.name}


PLATFORM = Actor(type="application", id="sentry", name="Sentry")
"""Who acts when nobody does."""


def webhook_payload(
    event: str, *, installation_uuid: str, data: Mapping[str, JsonValue], actor: Actor
) -> dict[str, JsonValue]:
    """The body: ``event`` is ``resource.action``, of which the body says the second half and the headers the first."""
    return {
        "action": event.partition(".")[2],
        "installation": {"uuid": installation_uuid},
        "data": data,
        "actor": actor.as_json(),
    }


def webhook_content(*, data: Mapping[str, JsonValue], actor: Actor) -> str:
    """The part of a body that is the same whoever is told."""
    return encode_body({"data": data, "actor": actor.as_json()}).decode("ascii")


def webhook_body(event: str, *, installation_uuid: str, content: str) -> str:
    """The body that ``webhook_payload`` is of, put together as text: nothing is printed twice, however large."""
    beginning: JsonObject = {"action": event.partition(".")[2], "installation": {"uuid": installation_uuid}}
    # Two objects become one: without the end of the first and the beginning of the second.
    return f"{encode_body(beginning).decode('ascii')[:-1]},{content[1:]}"


def question_headers(*, request_id: str, signatures: Mapping[str, str]) -> dict[str, str]:
    """The platform's headers of a request that is no webhook: what an app is asked."""
    return {"Content-Type": "application/json", REQUEST_ID_HEADER: request_id, **signatures}


def webhook_headers(
    event: str, *, request_id: str, sequence: int, at: datetime, signatures: Mapping[str, str]
) -> dict[str, str]:
    """The platform's headers of one attempt.

    Args:
        event: ``resource.action``.
        request_id: by which it is known again.
        sequence: grows along an issue, by which a receiver orders what it is told of it.
        at: when the attempt is made.
        signatures: by the names of their headers.
    """
    return {
        # Without a charset: JSON has none, and some receivers compare the whole value.
        "Content-Type": "application/json",
        REQUEST_ID_HEADER: request_id,
        RESOURCE_HEADER: event.partition(".")[0],
        # Of the attempt and not of the event: receivers refuse what seems to be an old call that is replayed.
        TIMESTAMP_HEADER: str(int(at.timestamp())),
        SEQUENCE_HEADER: str(sequence),
        **signatures,
    }
