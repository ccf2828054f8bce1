"""``silo deliveries``: what an app was told and asked, what it answered, and sending it again."""

import re
from collections.abc import Mapping
from enum import Enum
from typing import Annotated, Any

import typer

from shared.cli import rest
from shared.cli.access import access_of
from shared.cli.invocation import SiloCommand, SiloGroup
from shared.cli.output import JsonOption, examples, note, print_json
from shared.cli.stream import follow
from shared.cli.tables import print_pairs, print_table
from shared.errors import ConfigInvalid

app = typer.Typer(cls=SiloGroup, add_completion=False, no_args_is_help=True)

COLUMNS = ("id", "event", "status", "attempts", "answer", "made at", "next at")
_LONG_NAME = 17
"""Characters of an event's name beyond which it takes another line."""
_WORD = re.compile(r"[^._]+[._]?")
AppArgument = Annotated[str, typer.Argument(metavar="APP", help="Slug or id of an app.")]
IdArgument = Annotated[str, typer.Argument(metavar="ID", help="As `silo deliveries list` shows it, such as us.12.")]
EventOption = Annotated[str, typer.Option(metavar="EVENT", help="Only of this event, such as issue.created.")]
SinceOption = Annotated[str, typer.Option(metavar="TIME", help="Only of what happened then or later, ISO 8601.")]
UntilOption = Annotated[str, typer.Option(metavar="TIME", help="Only of what happened then or earlier.")]
FailedOption = Annotated[bool, typer.Option("--failed", help="Only what was given up or answered with an error.")]
# A screen of them.
DEFAULT_LIMIT = 20


class DeliveryStatus(Enum):
    """Where a delivery stands."""

    PENDING = "pending"
    DELIVERED = "delivered"
    PARKED = "parked"


@app.callback(epilog=examples("silo deliveries list my-app", "silo deliveries redeliver my-app us.12"))
def deliveries() -> None:
    """What an app was told and asked: list it, show it with both bodies, send it again."""


@app.command("list", cls=SiloCommand, epilog=examples("silo deliveries list my-app --status parked --json"))
def list_newest(
    ctx: typer.Context,
    slug: AppArgument,
    status: Annotated[DeliveryStatus | None, typer.Option(help="Only those that are so.")] = None,
    event: EventOption = "",
    organization: Annotated[str, typer.Option("--org", metavar="SLUG", help="Only to the installation there.")] = "",
    since: SinceOption = "",
    until: UntilOption = "",
    failed: FailedOption = False,
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many, newest first.")] = DEFAULT_LIMIT,
    as_json: JsonOption = False,
) -> None:
    """List the newest webhooks to an app, and the questions that it was asked."""
    query = {
        "status": status.value if status else "",
        "event": event,
        "organization": organization,
        "since": since,
        "until": until,
        "failed": "true" if failed else "",
        "per_page": str(limit),
    }
    with rest.connect(access_of(ctx)) as api:
        # One page: whoever looks into a webhook looks at the newest.
        found = api.get(_path(slug), params={name: value for name, value in query.items() if value})
    if as_json:
        print_json(found)
    elif found:
        print_table(COLUMNS, map(row_of, found), whole={"event"})
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
    print_pairs((name, found[name]) for name in ("id", "event", "status", "requestId", "dateCreated", "askedPath"))
    attempts = found["attempts"]
    if attempts:
        print_table(("sent at", "ms", "answer", "body"), map(_attempt_row, attempts), title="Attempts")
        # By the last one: its stamp and its signatures are what a receiver saw last.
        for name, value in attempts[-1]["request"]["headers"].items():
            print(f"{name}: {value}")
        print()
    # Not in a table, which would break it into lines: it can be pasted, and verified byte by byte.
    print(found["body"])


@app.command(
    cls=SiloCommand,
    epilog=examples(
        "silo deliveries redeliver my-app us.12",
        "silo deliveries redeliver my-app --failed --since 2030-01-01T00:00:00Z --json",
    ),
)
def redeliver(
    ctx: typer.Context,
    slug: AppArgument,
    delivery_id: Annotated[
        str | None, typer.Argument(metavar="ID", help="As `silo deliveries list` shows it, such as us.12.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All that are over.")] = False,
    event: EventOption = "",
    since: SinceOption = "",
    until: UntilOption = "",
    failed: FailedOption = False,
    as_json: JsonOption = False,
) -> None:
    """Send a webhook again: stamped and signed afresh, with the same Request-ID and body; or many, ten a second."""
    wanted = {"event": event, "since": since, "until": until, "failed": failed}
    chosen = {name: value for name, value in wanted.items() if value}
    # Everything is never meant by accident: it has to be said.
    if (delivery_id is None) == (not chosen and not every) or (delivery_id and (chosen or every)):
        raise ConfigInvalid("Name one delivery, or say which with --failed, --event, --since, --until or --all.")
    with rest.connect(access_of(ctx)) as api:
        found = api.post(f"{_path(slug, delivery_id)}redeliver/", None if delivery_id else chosen)
    if as_json:
        print_json(found)
    elif delivery_id:
        note(f"{delivery_id} is on its way again. To see what comes back: silo deliveries show {slug} {delivery_id}")
    else:
        away = f" {', '.join(found['missingRegions'])} did not answer." if found["missingRegions"] else ""
        note(f"{found['count']} are on their way again, ten a second.{away} To watch: silo deliveries tail {slug}")


@app.command("test", cls=SiloCommand, epilog=examples("silo deliveries test my-app issue.created --project web"))
def try_out(
    ctx: typer.Context,
    slug: AppArgument,
    event: Annotated[str, typer.Argument(metavar="EVENT", help="RESOURCE.ACTION, such as issue.resolved.")],
    project: Annotated[str, typer.Option(metavar="SLUG", help="Of whose newest issue it is told.")] = "",
    organization: Annotated[str, typer.Option("--org", metavar="SLUG", help="Whose installation is told.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Tell an app of an event that does not happen, by the webhook that it would be told by. Nothing else changes."""
    body = {"event": event, "project": project or None, "organization": organization or None}
    with rest.connect(access_of(ctx)) as api:
        found = api.post(f"/sentry-apps/{rest.segment(slug)}/test/", body)
    if as_json:
        print_json(found)
    else:
        note(f"{found['id']} is on its way. To see what comes back: silo deliveries show {slug} {found['id']}")


@app.command(cls=SiloCommand, epilog=examples("silo deliveries tail my-app", "silo deliveries tail my-app --json"))
def tail(
    ctx: typer.Context,
    slug: AppArgument,
    event: EventOption = "",
    since: SinceOption = "",
    seconds: Annotated[int | None, typer.Option(min=0, help="How long. Default: until Ctrl-C.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Show what an app is told and asked, as it happens."""
    with rest.connect(access_of(ctx)) as api:
        try:
            for delivery in follow(api, slug, since=since, seconds=seconds):
                if event in {"", delivery["event"]}:
                    _show_told(delivery, as_json=as_json)
        except KeyboardInterrupt:
            return


def _show_told(delivery: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(delivery)
    else:
        print(f"{_seconds(delivery['dateCreated'])}  {delivery['id']:<12} {delivery['event']}", flush=True)


def _path(slug: str, delivery_id: str | None = None) -> str:
    path = f"/sentry-apps/{rest.segment(slug)}/deliveries/"
    return path if delivery_id is None else f"{path}{rest.segment(delivery_id)}/"


def row_of(delivery: dict[str, Any]) -> tuple[object, ...]:
    """A delivery in the columns of the list."""
    attempts = delivery["attempts"]
    last = _answer(attempts[-1]) if attempts else "-"
    made, next_at = _in_two_words(delivery["dateCreated"]), delivery["nextAttemptAt"]
    shown = delivery["id"], _in_lines(delivery["event"]), delivery["status"], delivery["attemptCount"], last, made
    return *shown, _in_two_words(next_at) if next_at else "-"


def _in_lines(event: str) -> str:
    """The name of an event, broken between its words where it is long, so that a narrow terminal breaks none."""
    lines = [""]
    for word in _WORD.findall(event):
        if len(lines[-1]) + len(word) > _LONG_NAME:
            lines.append("")
        lines[-1] += word
    return "\n".join(lines)


def _in_two_words(instant: str) -> str:
    """A time that a narrow terminal breaks between day and hour."""
    return _seconds(instant).replace("T", " ")


def _attempt_row(attempt: dict[str, Any]) -> tuple[object, ...]:
    body = attempt["response"]["body"] if attempt["response"] else ""
    return _seconds(attempt["startedAt"]), attempt["durationMs"], _answer(attempt), body


def _seconds(instant: str) -> str:
    """Without the fraction, which nobody needs in a table."""
    return f"{instant[:19]}Z"


def _answer(attempt: dict[str, Any]) -> str:
    # What is wrong before what is right: a success that broke off is told as such.
    return str(attempt["error"] or attempt["remark"] or attempt["responseCode"])
