"""An app's stream as commands follow it: event after event, over ends and failures of the connection.

Owns going on after the last event, and how long is waited before that. Refuses to know what is done with it.
"""

import json
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shared.cli.output import note
from shared.cli.rest import RestClient, segment
from shared.errors import DeadlineExceeded, RateLimited, SiloUnreachable

FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 15.0
SILENCE_SECONDS = 20.0
"""The stream says something more often than that: one that does not is dead."""
_PASSING = (SiloUnreachable, DeadlineExceeded, RateLimited)
"""What may be over soon; whatever else is refused will be refused again."""


@dataclass(frozen=True)
class ServerEvent:
    """One event of a stream."""

    id: str
    name: str
    data: Any


def follow(
    api: RestClient,
    app: str,
    *,
    since: str = "",
    seconds: int | None = None,
    stopping: threading.Event | None = None,
) -> Iterator[Mapping[str, Any]]:
    """What the app is told and asked, for ever, or for so many seconds.

    Args:
        api: control's.
        app: slug or id.
        since: from when on; empty: from now on.
        seconds: after this it ends, once there is nothing more to show; None: never.
        stopping: set by who has had enough: then a connection that breaks is not made anew.
    """
    path, last, wait = f"/sentry-apps/{segment(app)}/stream/", "", FIRST_WAIT_SECONDS
    query = {"since": since} if since else {}
    if seconds is not None:
        query["seconds"] = str(seconds)
    stopping = stopping or threading.Event()
    while True:
        headers = {"Last-Event-ID": last} if last else {}
        try:
            with api.lines(path, params=query, headers=headers, silence_seconds=SILENCE_SECONDS) as lines:
                for event in events_in(lines):
                    last, wait = event.id or last, FIRST_WAIT_SECONDS
                    if event.name == "delivery":
                        yield event.data
            if seconds is not None:
                return
        except _PASSING as error:
            # Before the first event somebody may have mistyped the address; afterwards it was there and comes back.
            if not last and not stopping.is_set():
                raise
            if not stopping.is_set():
                note(f"{error.message} Going on in {wait:.0f} s.")
            if stopping.wait(wait):
                return
            wait = min(2 * wait, LONGEST_WAIT_SECONDS)


def events_in(lines: Iterable[str]) -> Iterator[ServerEvent]:
    """The events of a text of server-sent events, each once it is whole."""
    fields: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")
        elif fields:
            yield ServerEvent(
                fields.get("id", ""), fields.get("event", "message"), json.loads(fields.get("data", "null"))
            )
            fields = {}
