"""A request that goes out to an app and what came back, as values, and what the request log has of the two.

Owns their shape; refuses to know what either means.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from shared.domain.json_value import JsonValue
from shared.domain.request_record import Exchange
from shared.errors import AppTooSlow, AppUnreachable, SiloError

MAX_ANSWER_BYTES = 1_048_576
"""How much of an answer's body is read; the rest is left unread."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How long a request may take and how much it may bring back."""

    # An app that is up accepts at once; this is what one costs that is gone.
    connect_seconds: float = 1.0
    """To find the host and connect to one of its addresses."""
    read_seconds: float = 5.0
    """Between two pieces of the answer, and for the first to come."""
    deadline_seconds: float = 5.0
    """For the whole of it, whatever happens on the way."""
    answer_bytes: int = MAX_ANSWER_BYTES


@dataclass(frozen=True, kw_only=True)
class OutgoingRequest:
    """One request to an app. Its headers and body may hold secrets, so that it prints without them."""

    method: str
    url: str = field(repr=False)
    """Absolute, http or https. Credentials in it are sent as ``Authorization: Basic``."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Values may hold any latin-1 character."""
    body: bytes = field(default=b"", repr=False)
    limits: Limits = Limits()
    keeps_begun_answer: bool = False
    """Whether an answer that began and did not come to its end is one nevertheless, with what there is of its body."""
    has_place: bool = False
    """Whether whoever sends it bounds how many are under way; otherwise it waits until the client has a place."""


@dataclass(frozen=True, kw_only=True)
class AppAnswer:
    status: int
    headers: Mapping[str, str] = field(repr=False)
    """Names in lower case; several of one name are joined by commas."""
    body: bytes = field(repr=False)
    """The bytes as they came; at most ``Limits.answer_bytes``."""
    is_truncated: bool = False
    """Whether there was more of the body than was read."""
    fault: str | None = None
    """Why it did not come to its end, in a sentence; None: it did, or was long enough."""
    is_late: bool = False
    """Whether it did not since the time was over."""

    @property
    def is_success(self) -> bool:
        """Whether the status is one of 200 to 299."""
        return 200 <= self.status < 300

    def text(self) -> str:
        """The body as text; what is not UTF-8 is replaced."""
        return self.body.decode("utf-8", "replace")

    def parse_json(self) -> JsonValue:
        """The body as JSON.

        Raises:
            ValueError: it is not JSON, holds a number that JSON cannot say, or was not read to its end.
        """
        # A cut text can be JSON by chance: a long list of digits, for one.
        if self.is_truncated:
            raise ValueError("the answer is too large")
        try:
            value: JsonValue = json.loads(self.body, parse_constant=_refuse_constant)
        except RecursionError as exc:
            raise ValueError("the answer is nested too deeply") from exc
        return value


def logged_exchange(
    request: OutgoingRequest, outcome: AppAnswer | SiloError, *, headers: Mapping[str, str]
) -> Exchange | None:
    """The request and its answer (spec §5.4); None for what is not logged: what never left, or was cut off.

    Args:
        request: as it was made.
        outcome: what came back.
        headers: those of the call that are no secrets of the app's own.
    """
    # These two alone say something of the app (spec §5.4); what we refused ourselves is no news to its owner.
    if isinstance(outcome, SiloError) and not isinstance(outcome, AppTooSlow | AppUnreachable):
        return None
    exchange = Exchange(url=request.url, headers=headers, body=request.body)
    if isinstance(outcome, SiloError):
        return exchange
    return replace(exchange, response_code=outcome.status, response_headers=outcome.headers, response_body=outcome.body)


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")
