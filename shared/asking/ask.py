"""Asking apps: signs questions, sends them side by side under one deadline, and keeps each in the request log.

Owns the headers of spec §5.1 for requests that are no webhooks, the deadline, and what is logged. Refuses to know what
a question means and how its answer reads.
"""

import secrets
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import structlog

from shared.clock import Clock
from shared.domain.json_text import encode_body
from shared.domain.json_value import JsonValue
from shared.domain.request_record import RequestRecord, record_exchange
from shared.domain.signature import APP_SIGNATURE_HEADER, sign
from shared.errors import RateLimited, RequestRefused, SiloError
from shared.outgoing.client import AppClient, outcome_of
from shared.outgoing.places import AppPlaces, CallerBounds, Place
from shared.outgoing.request import AppAnswer, Limits, OutgoingRequest, logged_exchange
from shared.pb.hybridcloud.apps.v1 import installation_pb2
from shared.rpc.served import remaining_seconds

log = structlog.get_logger(__name__)

DEADLINE_SECONDS = 5.0
"""For all questions that are asked together; somebody waits."""
CONNECT_SECONDS = 2.0
BAD_GATEWAY = 502
"""What the one who asked is told when the app gave no answer that counts."""
MAX_MESSAGE_CHARACTERS = 1024
"""How much of an app's own sentence is shown."""
_SHARE_OF_REMAINING = 0.9
"""How much of the time that the caller allows may be spent on apps: the rest is for the answer."""


class RequestLog(Protocol):
    """Where a silo keeps what it asked apps."""

    def record(self, records: Sequence[RequestRecord]) -> None:
        """Keeps the records, all or none.

        Raises:
            SiloError: none was kept.
        """


class _Unlogged:
    def record(self, records: Sequence[RequestRecord]) -> None:
        """Keeps nothing."""


UNLOGGED: RequestLog = _Unlogged()
"""For a silo whose log nobody reads for these requests: control's is for events of installations alone."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """A request to the app of an installation."""

    installation: installation_pb2.RpcSentryAppInstallation
    """With its app, and that with its application."""
    event: str
    """Under which the request log has it."""
    url: str = field(repr=False)
    payload: JsonValue = field(default=None, repr=False)
    """Body of a POST; None asks with GET."""


class Asking:
    """Asks apps; safe to share between threads."""

    def __init__(self, client: AppClient, request_log: RequestLog, clock: Clock, *, callers: CallerBounds) -> None:
        """Args:
        client: the way out.
        request_log: keeps the questions.
        clock: times them.
        callers: how many may wait for apps in the server that asks here.
        """
        self._client = client
        self._log = request_log
        self._clock = clock
        self._places = AppPlaces(callers)

    def ask(self, question: Question) -> AppAnswer:
        """The app's answer, whatever its status.

        Raises:
            RequestRefused: the app has no credentials to sign with.
            RateLimited: too many wait already, for this app, its organization's or all.
            SiloError: there is no answer; see ``AppClient.send``.
        """
        (outcome,) = self.ask_all([question])
        if isinstance(outcome, SiloError):
            raise outcome
        return outcome

    def ask_all(self, questions: Sequence[Question]) -> list[AppAnswer | SiloError]:
        """What became of each question, in order; no app delays another, and all are done by one deadline.

        Args:
            questions: all of one organization.

        Raises:
            RateLimited: too many wait already, for apps of this organization or for all.
        """
        # No question takes no place, and is not refused when there is none left.
        if not questions:
            return []
        with self._places.waiting(questions[0].installation.organization_id):
            return self._ask_all(questions)

    def _ask_all(self, questions: Sequence[Question]) -> list[AppAnswer | SiloError]:
        limits, sent_at = _limits(), self._clock.now()
        # One place for each app, however many questions it is asked together.
        with self._places.taken({question.installation.sentry_app.id for question in questions}) as places:
            started = [self._start(question, limits, places) for question in questions]
        # Waited for outside the block: each place is given back when its own call ends, not the slowest of all.
        # All were sent before the first is waited for: together they take as long as the slowest.
        outcomes = [outcome_of(each.future) if isinstance(each, _Started) else each for each in started]
        records = [
            _record(question, each.request, outcome, sent_at)
            for question, each, outcome in zip(questions, started, outcomes, strict=True)
            if isinstance(each, _Started)
        ]
        self._keep([record for record in records if record is not None])
        return outcomes

    def _start(self, question: Question, limits: Limits, places: Mapping[int, Place]) -> "_Started | SiloError":
        place = places.get(question.installation.sentry_app.id)
        if place is None:
            return RateLimited("Too many requests to this app are in progress.")
        try:
            request = _request(question, limits)
        except RequestRefused as refused:
            return refused
        future = self._client.submit(request)
        # The place is held as long as the app is asked, also when the one who asked has gone.
        place.keep_until_done(future)
        return _Started(request, future)

    def _keep(self, records: Sequence[RequestRecord]) -> None:
        """An answer is worth more than its entry in a log."""
        try:
            if records:
                self._log.record(records)
        except SiloError as error:
            log.warning("request_log.not_written", reason=error.reason, count=len(records))


@dataclass(frozen=True)
class _Started:
    request: OutgoingRequest
    future: "Future[AppAnswer]"


def _limits() -> Limits:
    remaining = remaining_seconds()
    # The caller's deadline counts: an answer that comes after it was asked for in vain.
    seconds = DEADLINE_SECONDS if remaining is None else min(DEADLINE_SECONDS, remaining * _SHARE_OF_REMAINING)
    # Connecting takes no more than the whole may.
    return Limits(connect_seconds=min(CONNECT_SECONDS, seconds), read_seconds=seconds, deadline_seconds=seconds)


def _request(question: Question, limits: Limits) -> OutgoingRequest:
    app = question.installation.sentry_app
    # Unsigned, the app could not tell the platform from anybody else: it is rather not asked.
    if not app.application.client_secret:
        raise RequestRefused("The app has no credentials.")
    body = b"" if question.payload is None else encode_body(question.payload)
    # Signed over the bytes that are sent, also where there are none: a GET proves who asks as well.
    headers = {
        "Content-Type": "application/json",
        # For the app's own log; a question that is asked again is another one.
        "Request-ID": secrets.token_hex(16),
        APP_SIGNATURE_HEADER: sign(body, secret=app.application.client_secret),
    }
    method = "GET" if question.payload is None else "POST"
    return OutgoingRequest(method=method, url=question.url, headers=headers, body=body, limits=limits)


def _record(
    question: Question, request: OutgoingRequest, outcome: AppAnswer | SiloError, sent_at: datetime
) -> RequestRecord | None:
    exchange = logged_exchange(request, outcome, headers=request.headers)
    if exchange is None:
        return None
    app = question.installation.sentry_app
    return record_exchange(
        exchange,
        sentry_app_id=app.id,
        event=question.event,
        sent_at=sent_at,
        organization_id=question.installation.organization_id,
        is_internal=app.is_internal,
    )


def upstream_status(answer: AppAnswer) -> int:
    """An app's refusal, as its own status; a status that is neither success nor refusal counts as no answer."""
    # A redirect is not followed, so that it is no answer either.
    return answer.status if 400 <= answer.status <= 599 else BAD_GATEWAY


def own_message(answer: AppAnswer) -> str | None:
    """The sentence that the app gives for the user: ``message`` of a JSON object."""
    value = json_value(answer)
    message = value.get("message") if isinstance(value, dict) else None
    # Text of a stranger's, shown to a user: bounded, and nothing but a text.
    return message[:MAX_MESSAGE_CHARACTERS] if isinstance(message, str) and message else None


def json_value(answer: AppAnswer) -> JsonValue:
    """The body, or None when it is not JSON: no answer that means anything is null."""
    try:
        return answer.parse_json()
    except ValueError:
        return None
