"""``silo deliveries``: the webhooks to an app, what it answered, and sending one again."""

from enum import Enum
from typing import Annotated, Any

import typer

from shared.cli import rest
from shared.cli.access import access_of
from shared.cli.invocation import SiloCommand, SiloGroup
from shared.cli.output import JsonOption, examples, note, print_json
from shared.cli.tables import print_pairs, print_table

app = typer.Typer(cls=SiloGroup, add_completion=False, no_args_is_help=True)

AppArgument = Annotated[str, typer.Argument(metavar="APP", help="Slug or id of an app.")]
IdArgument = Annotated[str, typer.Argument(metavar="ID", help="As `silo deliveries list` shows it, such as us.12.")]
DEFAULT_LIMIT = 20


class DeliveryStatus(Enum):
    """Where a delivery stands."""

    PENDING = "pending"
    DELIVERED = "delivered"
    PARKED = "parked"


@app.callback(epilog=examples("silo deliveries list my-app", "silo deliveries redeliver my-app us.12"))
def deliveries() -> None:
    """Webhooks to an app: list them, show one with both bodies, send one again."""


@app.command("list", cls=SiloCommand, epilog=examples("silo deliveries list my-app --status parked --json"))
def list_newest(
    ctx: typer.Context,
    slug: AppArgument,
    status: Annotated[DeliveryStatus | None, typer.Option(help="Only those that are so.")] = None,
    event: Annotated[str, typer.Option(help="Only of this event, such as issue.created.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many, newest first.")] = DEFAULT_LIMIT,
    as_json: JsonOption = False,
) -> None:
    """List the newest webhooks to an app."""
    query = {"status": status.value if status else "", "eventType": event, "per_page": str(limit)}
    with rest.connect(access_of(ctx)) as api:
        # One page: whoever looks into a webhook looks at the newest.
        found = api.get(_path(slug), params={name: value for name, value in query.items() if value})
    if as_json:
        print_json(found)
    elif found:
        print_table(("id", "event", "status", "attempts", "answer", "made at", "next at"), map(_row, found))
    else:
        note(f"There is no such webhook to {slug} yet. To make one: silo app install {slug}")


@app.command(cls=SiloCommand, epilog=examples("silo deliveries show my-app us.12"))
def show(ctx: typer.Context, slug: AppArgument, delivery_id: IdArgument, as_json: JsonOption = False) -> None:
    """Show a webhook: what was sent, and what came back at each attempt."""
    with rest.connect(access_of(ctx)) as api:
        found = api.get(_path(slug, delivery_id))
    if as_json:
        print_json(found)
        return
    print_pairs((name, found[name]) for name in ("id", "event", "status", "requestId", "dateCreated"))
    attempts = found["attempts"]
    if attempts:
        print_pairs([("body", attempts[0]["request"]["body"])])
        print_table(("sent at", "ms", "answer", "body"), map(_attempt_row, attempts), title="Attempts")


@app.command(cls=SiloCommand, epilog=examples("silo deliveries redeliver my-app us.12"))
def redeliver(ctx: typer.Context, slug: AppArgument, delivery_id: IdArgument, as_json: JsonOption = False) -> None:
    """Send a webhook again: stamped and signed afresh, with the same Request-ID and body."""
    with rest.connect(access_of(ctx)) as api:
        found = api.post(f"{_path(slug, delivery_id)}redeliver/")
    if as_json:
        print_json(found)
    else:
        note(f"{delivery_id} is on its way again. To see what comes back: silo deliveries show {slug} {delivery_id}")


def _path(slug: str, delivery_id: str | None = None) -> str:
    path = f"/sentry-apps/{rest.segment(slug)}/deliveries/"
    return path if delivery_id is None else f"{path}{rest.segment(delivery_id)}/"


def _row(delivery: dict[str, Any]) -> tuple[object, ...]:
    attempts = delivery["attempts"]
    last = _answer(attempts[-1]) if attempts else "-"
    made, next_at = _seconds(delivery["dateCreated"]), delivery["nextAttemptAt"]
    shown = delivery["id"], delivery["event"], delivery["status"], delivery["attemptCount"], last, made
    return *shown, _seconds(next_at) if next_at else "-"


def _attempt_row(attempt: dict[str, Any]) -> tuple[object, ...]:
    body = attempt["response"]["body"] if attempt["response"] else ""
    return _seconds(attempt["startedAt"]), attempt["durationMs"], _answer(attempt), body


def _seconds(instant: str) -> str:
    """Without the fraction, which nobody needs in a table."""
    return f"{instant[:19]}Z"


def _answer(attempt: dict[str, Any]) -> str:
    return str(attempt["error"] or attempt["remark"] or attempt["responseCode"])
