"""One attempt of a delivery: the call that it makes, and what its outcome means (spec §5.1, §5.4; DESIGN §10).

Owns who is asked again: an app that did not answer, or whose status says that it may answer otherwise later. Any other
answer is final, a refusal too: an app may well not know an installation yet, or an event. Refuses to know queues and
tables.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from shared.domain.component_fields import app_url
from shared.domain.headers import merge_headers
from shared.domain.request_record import RequestRecord, record_exchange
from shared.domain.signature import APP_SIGNATURE_HEADER, HOOK_SIGNATURE_HEADER, sign_body, sign_question
from shared.domain.webhook import CALL_SECONDS, question_headers, webhook_headers
from shared.errors import AddressRefused, SiloError
from shared.outbox.message import Rejection
from shared.outgoing.request import AppAnswer, Limits, OutgoingRequest, logged_exchange
from shared.webhooks.delivery import Delivery
from shared.webhooks.schedule import parse_retry_after

ASKED_AGAIN = frozenset({408, 425, 429})
"""Statuses below 500 that are asked again, beside all from 500 on: too slow, too early, too many."""
GONE = 410
"""The one answer that parks a delivery at once."""


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """The app of a delivery, as it is now."""

    url: str = field(repr=False)
    custom_headers: Sequence[str] = field(repr=False)
    """Lines ``Name: value``."""
    client_secret: str | None = field(repr=False)
    """None: gone; the delivery brings its signatures."""
    is_internal: bool
    timeout_seconds: int = CALL_SECONDS
    """How long a call that tells it a webhook may take."""

    @property
    def host(self) -> str:
        """Where calls to it go, as far as others may share it: ``host:port``; empty where the URL is none."""
        try:
            parts = urlsplit(self.url)
            return f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
        except ValueError:
            return ""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """A request that is to be sent."""

    delivery: Delivery
    recipient: Recipient
    request: OutgoingRequest
    own_headers: dict[str, str]
    """Those of the platform alone."""
    started_at: datetime


def make_attempt(delivery: Delivery, recipient: Recipient, *, at: datetime) -> Attempt:
    """Signs and stamps the delivery, which has its body."""
    if delivery.asked_path is not None:
        return _asked_again(delivery, recipient, at=at)
    body = delivery.body or ""
    signatures = {
        # Made when the app was deleted: its secret is gone by the time that it is told.
        HOOK_SIGNATURE_HEADER: delivery.hook_signature or "",
        APP_SIGNATURE_HEADER: delivery.app_signature or "",
    }
    if recipient.client_secret:
        # With the secret of now, at each attempt: an app that rotated it knows the new one alone.
        signatures = sign_body(body, secret=recipient.client_secret).headers
    headers = webhook_headers(
        delivery.event, request_id=delivery.request_id, sequence=delivery.id, at=at, signatures=signatures
    )
    request = OutgoingRequest(
        method="POST",
        url=recipient.url,
        headers=merge_headers(recipient.custom_headers, over=headers),
        # Characters beyond ASCII are escapes in it, so that no receiver can decode it otherwise than it was signed.
        body=body.encode("ascii"),
        limits=Limits(read_seconds=recipient.timeout_seconds, deadline_seconds=recipient.timeout_seconds),
        # What counts is the status: a body that breaks off takes nothing back of it.
        keeps_begun_answer=True,
        has_place=True,
    )
    return Attempt(delivery=delivery, recipient=recipient, request=request, own_headers=headers, started_at=at)


def _asked_again(delivery: Delivery, recipient: Recipient, *, at: datetime) -> Attempt:
    """The question as it was asked, at the address that the app has now."""
    payload = json.loads(delivery.body) if delivery.body else None
    signed = sign_question(payload, secret=recipient.client_secret or "")
    headers = question_headers(request_id=delivery.request_id, signatures=signed.headers)
    request = OutgoingRequest(
        method="GET" if payload is None else "POST",
        url=app_url(delivery.asked_path or "", webhook_url=recipient.url),
        headers=headers,
        body=signed.body,
    )
    return Attempt(delivery=delivery, recipient=recipient, request=request, own_headers=headers, started_at=at)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What an outcome means."""

    rejection: Rejection | None = None
    """Why the app has to be asked again, or never; None: it has answered."""
    retry_after: float | None = None
    """Seconds for which it asked to be left alone; None: it did not."""
    remark: str | None = None
    """What its owner should know besides."""


def judge(outcome: AppAnswer | SiloError, *, at: datetime) -> Verdict:
    """What the outcome means at the time at which it came."""
    if isinstance(outcome, SiloError):
        # An address that may not be called is refused for good; asking again would only probe our own network.
        permanent = isinstance(outcome, AddressRefused)
        return Verdict(rejection=Rejection(outcome.reason, outcome.message, permanent=permanent))
    if outcome.status == GONE:
        gone = Rejection("APP_REFUSED", f"The app answered {GONE}: it is gone, and is not asked again.", permanent=True)
        return Verdict(rejection=gone, remark=gone.message)
    if outcome.status in ASKED_AGAIN or outcome.status >= 500:
        refused = Rejection("APP_REFUSED", f"The app answered {outcome.status}.", permanent=False)
        retry_after = parse_retry_after(outcome.headers.get("retry-after", ""), now=at)
        return Verdict(rejection=refused, retry_after=retry_after, remark=outcome.fault)
    return Verdict(remark=outcome.fault)


def record_of(attempt: Attempt, outcome: AppAnswer | SiloError) -> RequestRecord | None:
    """The entry of the request log; None for what is not logged."""
    exchange = logged_exchange(attempt.request, outcome, headers=attempt.own_headers)
    if exchange is None:
        return None
    return record_exchange(
        exchange,
        sentry_app_id=attempt.delivery.sentry_app_id,
        event=attempt.delivery.event,
        sent_at=attempt.started_at,
        organization_id=attempt.delivery.organization_id,
        is_internal=attempt.recipient.is_internal,
    )
