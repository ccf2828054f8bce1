"""What was sent to an app: webhooks, what it was asked, and the attempts of both (settled.md)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, ClassVar, Self

from google.protobuf import timestamp_pb2
from pydantic import BeforeValidator, ConfigDict, Field

from control_silo.services.app_deliveries import NamedDelivery
from shared.bodies.body import Body, shown_by
from shared.bodies.fields import Choice, Flag, Instant, JsonDict, Text, Whole
from shared.domain.event import REQUEST_LOG_EVENTS
from shared.domain.json_field import FieldInvalid, parse_name
from shared.domain.json_value import JsonValue
from shared.domain.request_record import NO_ANSWER
from shared.pb.hybridcloud.requests.v1 import delivery_pb2
from shared.webhooks.deliveries import state_of
from shared.webhooks.delivery import DeliveryState


def _texts(value: JsonValue) -> dict[str, str]:
    """Headers, as many as anybody keeps."""
    if not isinstance(value, dict) or len(value) > MAX_HEADERS:
        raise FieldInvalid(f"Expected an object of at most {MAX_HEADERS} texts.")
    return {parse_name(name): parse_name(text) for name, text in value.items()}


MAX_HEADERS = 200


class DeliveryRequestObject(Body):
    """What was sent."""

    headers: dict[str, str] = Field(description="Those of the platform alone; the app's own are kept nowhere.")
    body: str = Field(description="In a list its first 1,024 characters.")


class DeliveryResponseObject(Body):
    """What came back."""

    headers: dict[str, str] = Field(description="Names in lower case.")
    body: str = Field(description="Its first 8,192 characters; in a list 1,024.")


class DeliveryAttemptObject(Body):
    """One call."""

    started_at: datetime
    duration_ms: int = Field(ge=0)
    response_code: int = Field(ge=0, description="HTTP status; 0: there was no answer.")
    error: str | None = Field(description="Why there was no answer.")
    remark: str | None = Field(description="What else is to be said of the answer, such as that it broke off.")
    request: DeliveryRequestObject
    response: DeliveryResponseObject | None = Field(description="null: there was no answer.")

    @classmethod
    def of(cls, attempt: delivery_pb2.RpcDeliveryAttempt, *, body: str) -> Self:
        """An attempt; ``body`` is what every attempt of the delivery sends."""
        answer = DeliveryResponseObject(headers=_sorted(attempt.response_headers), body=attempt.response_body)
        return cls(
            started_at=_instant(attempt.started_at),
            duration_ms=attempt.duration_ms,
            response_code=attempt.response_code,
            error=attempt.error or None,
            remark=attempt.remark or None,
            request=DeliveryRequestObject(headers=_sorted(attempt.request_headers), body=body),
            response=None if attempt.response_code == NO_ANSWER else answer,
        )


class DeliveryObject(Body):
    """One webhook to one installation, or one question to its app, and what became of it."""

    model_config: ClassVar[ConfigDict] = shown_by(
        {
            "id": "us.12",
            "requestId": "3f2f4bd4a6d64c6fa1b1f0d35b6f9f3d",
            "event": "issue.created",
            "status": "delivered",
            "dateCreated": "2030-01-01T00:00:00Z",
            "attemptCount": 1,
            "nextAttemptAt": None,
            "askedPath": None,
            "body": '{"action":"created"}',
            "attempts": [
                {
                    "startedAt": "2030-01-01T00:00:00Z",
                    "durationMs": 42,
                    "responseCode": 200,
                    "error": None,
                    "remark": None,
                    "request": {"headers": {"Content-Type": "application/json"}, "body": '{"action":"created"}'},
                    "response": {"headers": {"content-length": "2"}, "body": "ok"},
                }
            ],
        }
    )

    id: str = Field(description="The silo that makes it, and its number there.")
    request_id: str = Field(description="The header `Request-ID`, the same in every attempt.")
    event: str
    status: DeliveryState
    date_created: datetime
    attempt_count: int = Field(ge=0, description="Calls that were made.")
    next_attempt_at: datetime | None = Field(description="When it is tried next; null unless it is pending.")
    asked_path: str | None = Field(
        description="What the app was asked, behind its host: for choices with GET, else with POST; null: a webhook."
    )
    body: str = Field(description="The JSON that is sent, in a list its first 1,024 characters; empty: a GET has none.")
    attempts: list[DeliveryAttemptObject] = Field(description="Oldest first, the newest 20.")

    @classmethod
    def of(cls, named: NamedDelivery) -> Self:
        """A delivery with its attempts."""
        delivery = named.delivery
        return cls(
            id=str(named.name),
            request_id=delivery.request_id,
            event=delivery.event,
            # A state of a region newer than control: shown as what is not over yet.
            status=state_of(delivery.status) or DeliveryState.PENDING,
            date_created=_instant(delivery.created_at),
            attempt_count=delivery.attempt_count,
            next_attempt_at=_instant(delivery.next_attempt_at) if delivery.HasField("next_attempt_at") else None,
            asked_path=delivery.asked_path or None,
            body=delivery.body,
            attempts=[DeliveryAttemptObject.of(attempt, body=delivery.body) for attempt in delivery.attempts],
        )


class RedeliverBody(Body):
    """Which deliveries to send again; of those that are over, all that are not left out by what is said here."""

    model_config: ClassVar[ConfigDict] = shown_by({"since": "2030-01-01T00:00:00Z", "failed": True})

    since: Instant | None = Field(default=None, description="Of what happened then or later.")
    until: Instant | None = Field(default=None, description="Of what happened then or earlier.")
    failed: Flag = Field(
        default=False, description="Only those that were given up, or whose last attempt was no success."
    )
    event: Annotated[str, Choice(*sorted(REQUEST_LOG_EVENTS))] | None = None
    status: Annotated[str, Choice(*DeliveryState)] | None = None
    organization: Annotated[str, Text(200)] | None = Field(default=None, description="Slug or id.")


class RedeliveredObject(Body):
    """What is sent again."""

    model_config: ClassVar[ConfigDict] = shown_by({"count": 12, "missingRegions": []})

    count: int = Field(ge=0, description="Deliveries that are due again.")
    missing_regions: list[str] = Field(description="Regions that did not answer: of theirs nothing is known.")


class AnswerBody(Body):
    """What came back."""

    headers: Annotated[JsonDict, BeforeValidator(_texts)] = Field(default_factory=dict, description="Names and values.")
    body: Annotated[str, Text(1_000_000, is_blank_allowed=True)] = Field(
        default="", description="Of which the first 8,192 characters are kept."
    )


class AttemptBody(Body):
    """A call that somebody made who listens, and what came of it."""

    model_config: ClassVar[ConfigDict] = shown_by(
        {
            "startedAt": "2030-01-01T00:00:00Z",
            "durationMs": 12,
            "responseCode": 200,
            "error": None,
            "requestHeaders": {"Request-ID": "3f2f4bd4a6d64c6fa1b1f0d35b6f9f3d"},
            "response": {"headers": {"content-length": "2"}, "body": "ok"},
        }
    )

    started_at: Instant
    duration_ms: Annotated[int, Whole(0, 86_400_000)]
    response_code: Annotated[int, Whole(0, 999)] = Field(description="0: there was no answer.")
    error: Annotated[str, Text(1000, is_blank_allowed=True)] | None = None
    request_headers: Annotated[JsonDict, BeforeValidator(_texts)] = Field(default_factory=dict)
    response: AnswerBody | None = None

    def to_message(self) -> delivery_pb2.RpcDeliveryAttempt:
        """What a silo logs."""
        message = delivery_pb2.RpcDeliveryAttempt(
            duration_ms=self.duration_ms,
            response_code=self.response_code,
            error=self.error or "",
            request_headers=self.request_headers,
            response_headers=self.response.headers if self.response else {},
            response_body=self.response.body if self.response else "",
        )
        message.started_at.FromDatetime(self.started_at)
        return message


class TestBody(Body):
    """What to tell an app of that does not happen."""

    __test__: ClassVar[bool] = False  # for collectors of tests, which take its name for one
    model_config: ClassVar[ConfigDict] = shown_by({"event": "issue.created", "project": "web"})

    event: Annotated[str, Choice(*sorted(REQUEST_LOG_EVENTS))]
    project: Annotated[str, Text(200, is_blank_allowed=True)] | None = Field(
        default=None, description="Slug or id of the project whose newest issue is told of."
    )
    organization: Annotated[str, Text(200)] | None = Field(
        default=None, description="Slug or id of that whose installation is told; the app's owner, where it can be."
    )
    payload: JsonDict = Field(default_factory=dict, description="What is told of an event that happens elsewhere.")
    changes: JsonDict = Field(
        default_factory=dict, description="What is told instead, by its place in the body, such as `data.issue.title`."
    )


class ChannelObject(Body):
    """Where to listen without signing in."""

    model_config: ClassVar[ConfigDict] = shown_by(
        {"url": "https://silo.example/api/0/sentry-apps/acme-kanban/stream/9f86d081884c7d65/"}
    )

    url: str = Field(description="For clients of smee.io. A secret.")


def _sorted(headers: Mapping[str, str]) -> dict[str, str]:
    # A protobuf map has no order; two answers of one delivery shall be equal.
    return dict(sorted(headers.items()))


def _instant(stamp: timestamp_pb2.Timestamp) -> datetime:
    return stamp.ToDatetime(tzinfo=UTC)
