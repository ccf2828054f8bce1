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
from shared.domain.json_value import JsonValue
from shared.domain.signature import sign_question
from shared.domain.webhook import question_headers
from shared.errors import RateLimited, RequestRefused, SiloError
from shared.outgoing.client import AppClient, outcome_of
from shared.outgoing.places import AppPlaces, CallerBounds, Place
from shared.outgoing.request import AppAnswer, Limits, OutgoingRequest
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


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A question that was put to its app, and what came of it."""

    question: Question
    request: OutgoingRequest
    outcome: AppAnswer | SiloError
    started_at: datetime
    ended_at: datetime


class AskedLog(Protocol):
    """Where a silo keeps what it asked apps."""

    def record(self, calls: Sequence[Asked]) -> None:
        """Keeps the calls, all or none.

        Raises:
            SiloError: none was kept.
        """


class Asking:
    """Asks apps; safe to share between threads."""

    def __init__(self, client: AppClient, asked_log: AskedLog, clock: Clock, *, callers: CallerBounds) -> None:
        """Args:
        client: the way out.
        asked_log: keeps the questions.
        clock: times them.
        callers: how many may wait for apps in the server that asks here.
        """
        self._client = client
        self._log = asked_log
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
        limits, started_at = _limits(), self._clock.now()
        # One place for each app, however many questions it is asked together.
        with self._places.taken({question.installation.sentry_app.id for question in questions}) as places:
            started = [self._start(question, limits, places) for question in questions]
        # Waited for outside the block: each place is given back when its own call ends, not the slowest of all.
        # All were sent before the first is waited for: together they take as long as the slowest.
        outcomes = [outcome_of(each.future) if isinstance(each, _Started) else each for each in started]
        self._keep(
            [
                Asked(
                    question=question,
                    request=each.request,
                    outcome=outcome,
                    started_at=started_at,
                    # The end of a call is noted as it ends; it may be waited for much later.
                    ended_at=each.ended_at or self._clock.now(),
                )
                for question, each, outcome in zip(questions, started, outcomes, strict=True)
                if isinstance(each, _Started)
            ]
        )
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
        started = _Started(request, future)
        future.add_done_callback(lambda _: started.end(self._clock.now()))
        return started

    def _keep(self, calls: Sequence[Asked]) -> None:
        """An answer is worth more than its entry in a log."""
        try:
            if calls:
                self._log.record(calls)
        except SiloError as error:
            log.warning("request_log.not_written", reason=error.reason, count=len(calls))


@dataclass
class _Started:
    request: OutgoingRequest
    future: "Future[AppAnswer]"
    ended_at: datetime | None = None

    def end(self, at: datetime) -> None:
        self.ended_at = at


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
    # Signed also where there is no body: a GET proves who asks as well.
    signed = sign_question(question.payload, secret=app.application.client_secret)
    # For the app's own log, and by which it knows the question again when it is sent again.
    headers = question_headers(request_id=secrets.token_hex(16), signatures=signed.headers)
    method = "GET" if question.payload is None else "POST"
    return OutgoingRequest(method=method, url=question.url, headers=headers, body=signed.body, limits=limits)


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
