"""What was sent and is not kept, such as sessions and transactions: answered as the original answers, and said so.

The original takes these and counts what it drops; an SDK that was refused would hold back events as well. So the answer
is the original's, one of its headers names what was not kept, and the metrics count it.
"""

from collections.abc import Iterable, Mapping

from fastapi import FastAPI
from prometheus_client import CollectorRegistry, Counter
from starlette.requests import Request

from shared.http.errors import NOT_OFFERED_HEADER

OTHER = "other"
"""Every type that is none of those below: who sends makes up no label and no header."""
TYPES = frozenset(
    {
        *("attachment", "check_in", "client_report", "feedback", "form_data", "log"),
        *("metric_buckets", "nel", "otel_log", "profile", "profile_chunk", "raw_security"),
        *("replay_event", "replay_recording", "replay_video", "session", "sessions", "span"),
        *("statsd", "trace_metric", "transaction", "unreal_report", "user_report"),
    }
)
"""Types of items that SDKs send and nothing is made of here."""


def count_not_kept(app: FastAPI, registry: CollectorRegistry) -> None:
    """Has an application count what it does not keep."""
    app.state.not_kept = Counter(
        "silo_items_not_kept", "Items of envelopes that were taken and not kept.", ["type"], registry=registry
    )


def say_not_kept(request: Request, types: Iterable[str]) -> Mapping[str, str]:
    """Counts items that are not kept, and answers the headers that say so."""
    names = [name if name in TYPES else OTHER for name in types]
    for name in names:
        request.app.state.not_kept.labels(name).inc()
    return {NOT_OFFERED_HEADER: ", ".join(sorted(set(names)))} if names else {}
