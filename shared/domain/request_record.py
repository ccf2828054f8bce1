"""One entry of the request log: what the platform sent to an app and what came back (spec §5.6).

Owns what an entry holds and what it must not: the app's own headers, credentials in an address, more than a little of a
body. Refuses to know where entries are kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from shared.domain.event import REQUEST_LOG_EVENTS
from shared.domain.path_key import find_id
from shared.domain.webhook_url import without_credentials

MAX_LOGGED_CHARACTERS = 1024
"""Characters of each body."""
NO_ANSWER = 0
"""The response code of a call that got none."""
ERROR_ID_HEADER = "sentry-hook-error"
PROJECT_ID_HEADER = "sentry-hook-project"


@dataclass(frozen=True, kw_only=True)
class RequestRecord:
    """A call that the platform made to an app."""

    sentry_app_id: int
    event: str
    sent_at: datetime
    response_code: int
    """HTTP status, or ``NO_ANSWER``."""
    webhook_url: str
    organization_id: int | None = None
    """Absent for internal apps."""
    error_id: str | None = None
    """The error and the project that the app names in its answer: both or neither."""
    project_id: int | None = None
    request_headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Empty when the call succeeded, as the bodies are absent then."""
    request_body: str | None = field(default=None, repr=False)
    response_body: str | None = field(default=None, repr=False)

    @property
    def is_error(self) -> bool:
        """Whether the app answered with an error, or not at all."""
        return is_error_code(self.response_code)


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """A call as it was made, whole."""

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    """Those of the platform alone: the app's own may hold secrets."""
    body: bytes = field(repr=False)
    response_code: int = NO_ANSWER
    response_headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Names in lower case."""
    response_body: bytes = field(default=b"", repr=False)


def record_exchange(
    exchange: Exchange,
    *,
    sentry_app_id: int,
    event: str,
    sent_at: datetime,
    organization_id: int | None,
    is_internal: bool,
) -> RequestRecord | None:
    """The entry of a call; None for an event that the log does not accept."""
    if event not in REQUEST_LOG_EVENTS:
        return None
    error_id, project_id = _named_error(exchange.response_headers)
    is_error = is_error_code(exchange.response_code)
    return RequestRecord(
        sentry_app_id=sentry_app_id,
        event=event,
        sent_at=sent_at,
        response_code=exchange.response_code,
        # Every member may read the log; what stands before the host is the app's.
        webhook_url=without_credentials(exchange.url),
        # An internal app is in one organization, whose log it is (spec §5.6).
        organization_id=None if is_internal else organization_id,
        error_id=error_id,
        project_id=project_id,
        # Of calls that went well nobody needs to see more than that.
        request_headers=dict(exchange.headers) if is_error else {},
        request_body=_excerpt(exchange.body) if is_error else None,
        response_body=_excerpt(exchange.response_body) if is_error else None,
    )


def is_error_code(response_code: int) -> bool:
    """Whether a response code counts as an error: 400 to 599, or none."""
    return response_code == NO_ANSWER or 400 <= response_code <= 599


def _named_error(headers: Mapping[str, str]) -> tuple[str | None, int | None]:
    error_id, project_id = headers.get(ERROR_ID_HEADER, ""), find_id(headers.get(PROJECT_ID_HEADER, ""))
    return (error_id[:MAX_LOGGED_CHARACTERS], project_id) if error_id and project_id is not None else (None, None)


def _excerpt(body: bytes) -> str:
    """The beginning as text that any database column can hold."""
    text = body[: MAX_LOGGED_CHARACTERS * 4].decode("utf-8", "replace")[:MAX_LOGGED_CHARACTERS]
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}")
