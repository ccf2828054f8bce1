"""``silo outbox list`` and ``parked``: what waits in all outboxes, what was set aside there, and why."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from shared.cli.access import access_of
from shared.cli.outbox_senders import (
    TIMEOUT_SECONDS,
    Answer,
    Answers,
    all_silos,
    ask,
    destination_named,
    parked_of,
    senders_to,
)
from shared.cli.output import JsonOption, complain, note, print_json
from shared.cli.status_report import breaker_name
from shared.cli.tables import duration, print_table
from shared.pb.hybridcloud.operations.v1 import outbox_pb2, outbox_service_pb2

# Of each silo: what is parked has mostly one reason, which the first ones show.
DEFAULT_LIMIT = 100
WHERE_TO = "control, a region's name, or an app's slug (or app:ID) for its webhooks."
_DESTINATION_COLUMNS = ("at", "to", "category", "due", "parked", "oldest", "breaker")
_PARKED_COLUMNS = ("at", "to", "category", "id", "tried", "age", "last error")

MaybeDestination = Annotated[str | None, typer.Argument(metavar="DESTINATION", help=f"Only for {WHERE_TO}")]


def list_all(ctx: typer.Context, destination: MaybeDestination = None, as_json: JsonOption = False) -> None:
    """List what waits and what is parked, by destination and category."""
    access = access_of(ctx)
    destination = destination_named(access, destination) if destination else None
    silos = senders_to(access, destination) if destination else all_silos(access)
    answers = ask(
        access, silos, lambda stub: stub.GetStatus(outbox_service_pb2.GetStatusRequest(), timeout=TIMEOUT_SECONDS)
    )
    found = [
        (silo, status)
        for silo, answer in answers.given.items()
        for status in answer.destinations
        if destination in {None, status.destination}
    ]
    if as_json:
        print_json([_destination_json(silo, status) for silo, status in found])
    else:
        rows = [row for silo, status in found for row in _destination_rows(silo, status)]
        print_table(_DESTINATION_COLUMNS, rows)
    complain_of_refused(ctx, answers)


def parked(
    ctx: typer.Context,
    destination: MaybeDestination = None,
    category: Annotated[str, typer.Option(help="Only of this category, such as app or delivery.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="How many of each silo, oldest first.")] = DEFAULT_LIMIT,
    as_json: JsonOption = False,
) -> None:
    """List parked messages, with their last error and how often they were tried."""
    access = access_of(ctx)
    destination = destination_named(access, destination) if destination else None
    silos = senders_to(access, destination) if destination else all_silos(access)
    wanted = outbox_pb2.ParkedFilter(destination=destination or "", category=category)
    # One more than is shown tells whether there are more.
    answers = ask(access, silos, lambda stub: parked_of(stub, wanted, limit=limit + 1))
    found = [(silo, message) for silo, messages in answers.given.items() for message in messages[:limit]]
    if as_json:
        print_json([_parked_json(silo, message) for silo, message in found])
    elif found:
        # The machine's clock, for an age that people read: nothing is decided by it.
        now = access.clock.now()
        print_table(_PARKED_COLUMNS, [_parked_row(silo, message, now=now) for silo, message in found])
    else:
        note("Nothing is parked.")
    if any(len(messages) > limit for messages in answers.given.values()):
        note(f"There are more; --limit {10 * limit} shows them.")
    complain_of_refused(ctx, answers)


def complain_of_refused(ctx: typer.Context, answers: Answers[Answer]) -> None:
    """Names the silos that did not answer, after what the others said; the exit code tells too.

    Raises:
        Exit: there are some.
    """
    for silo, error in answers.refused.items():
        complain(ctx.command_path, f"{silo}: {error.message}")
    if answers.refused:
        raise typer.Exit(1)


def _destination_json(silo: str, status: outbox_pb2.DestinationStatus) -> dict[str, Any]:
    """A destination for scripts."""
    return {
        "silo": silo,
        "destination": status.destination,
        "paused_at": status.paused_at.ToJsonString() if status.HasField("paused_at") else None,
        "breaker": breaker_name(status),
        "categories": {
            each.category: {
                "due": each.due,
                "parked": each.parked,
                "awaiting_upgrade": each.awaiting_upgrade,
                "oldest_age_seconds": each.oldest_age_seconds,
            }
            for each in status.categories
        },
    }


def _destination_rows(silo: str, status: outbox_pb2.DestinationStatus) -> list[tuple[object, ...]]:
    """A destination for people: a row for each category, one when it is idle."""
    state = "paused" if status.HasField("paused_at") else breaker_name(status)
    idle = outbox_pb2.CategoryStatus(category="-")
    return [
        (
            silo,
            status.destination,
            each.category,
            each.due,
            each.parked,
            duration(each.oldest_age_seconds) if each.due else None,
            f"{each.awaiting_upgrade} await its upgrade" if each.awaiting_upgrade else state,
        )
        # A row also of nothing: a destination that is paused and idle must not be out of sight.
        for each in status.categories or [idle]
    ]


def _parked_json(silo: str, message: outbox_pb2.ParkedMessage) -> dict[str, Any]:
    """A parked message for scripts."""
    return {
        "silo": silo,
        "destination": message.destination,
        "category": message.category,
        "object_id": message.object_id,
        "attempts": message.attempts,
        "enqueued_at": message.enqueued_at.ToJsonString(),
        "last_error": message.last_error,
    }


def _parked_row(silo: str, message: outbox_pb2.ParkedMessage, *, now: datetime) -> tuple[object, ...]:
    """A parked message for people."""
    age = (now - message.enqueued_at.ToDatetime(UTC)).total_seconds()
    names = (silo, message.destination, message.category, message.object_id)
    return (*names, message.attempts, duration(max(0.0, age)), message.last_error or None)
