"""``silo outbox``: what waits in the outboxes of all silos, what was parked there, and what to do about it."""

import sys
from collections.abc import Callable
from typing import Annotated

import typer

from shared.cli.access import Access, access_of
from shared.cli.confirm import DryRunOption, YesOption, is_confirmed
from shared.cli.invocation import SiloCommand, SiloGroup
from shared.cli.outbox_listing import WHERE_TO, complain_of_refused, list_all, parked
from shared.cli.outbox_senders import TIMEOUT_SECONDS, Stub, ask, destination_named, parked_of, senders_to
from shared.cli.output import JsonOption, examples, note, print_json
from shared.errors import ConfigInvalid, NotFound
from shared.pb.hybridcloud.operations.v1 import outbox_pb2, outbox_service_pb2

app = typer.Typer(cls=SiloGroup, add_completion=False, no_args_is_help=True)

MAX_ID = 2**63 - 1

DestinationArgument = Annotated[str, typer.Argument(metavar="DESTINATION", help=WHERE_TO)]
CategoryArgument = Annotated[
    str | None, typer.Argument(metavar="CATEGORY", help="As `silo outbox parked` shows it.", show_default=False)
]
IdArgument = Annotated[int | None, typer.Argument(metavar="ID", help="Of the object, likewise.", show_default=False)]
AllOption = Annotated[bool, typer.Option("--all", help="All that is parked there, not one message.")]
AtOption = Annotated[
    str | None, typer.Option("--at", metavar="SILO", help="Whose outbox. Default: of every silo that sends there.")
]


@app.callback(epilog=examples("silo outbox list", "silo outbox parked de", "silo outbox retry de --all"))
def outbox() -> None:
    """Outboxes: what waits, what was parked and why; retry or discard it, pause and resume a destination.

    Each silo has one: control sends to the regions, a region to control, and all of them to apps. A message that its
    destination refuses for good is parked, so that it delays no other.
    """


app.command("list", cls=SiloCommand, epilog=examples("silo outbox list", "silo outbox list de --json"))(list_all)
app.command(
    cls=SiloCommand,
    epilog=examples("silo outbox parked", "silo outbox parked de --category app", "silo outbox parked kanban --json"),
)(parked)


@app.command(
    cls=SiloCommand,
    epilog=examples(
        "silo outbox retry de app 7", "silo outbox retry de --all", "silo outbox retry kanban --all --at us"
    ),
)
def retry(
    ctx: typer.Context,
    destination: DestinationArgument,
    category: CategoryArgument = None,
    object_id: IdArgument = None,
    every: AllOption = False,
    at: AtOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a parked message due at once, with all its attempts before it again; or all of a destination."""
    # An app may be named by its slug; its outbox knows it by its id.
    destination = destination_named(access_of(ctx), destination)
    wanted = _wanted(destination, category, object_id, every=every)
    request = outbox_service_pb2.RetryMessagesRequest(filter=wanted)

    def call(stub: Stub) -> int:
        return stub.RetryMessages(request, timeout=TIMEOUT_SECONDS).retried

    _change(ctx, wanted, call, verb="retried", at=at, as_json=as_json)


@app.command(
    cls=SiloCommand, epilog=examples("silo outbox discard de app 7", "silo outbox discard de token --all --yes --json")
)
def discard(
    ctx: typer.Context,
    destination: DestinationArgument,
    category: CategoryArgument = None,
    object_id: IdArgument = None,
    every: AllOption = False,
    at: AtOption = None,
    yes: YesOption = False,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Delete a parked message, or all of a destination, which lacks that state until the object changes again."""
    destination = destination_named(access_of(ctx), destination)
    wanted = _wanted(destination, category, object_id, every=every)
    request = outbox_service_pb2.DiscardMessagesRequest(filter=wanted)
    which = f"all that is parked{f' of {category}' if category else ''}" if every else f"{category} {object_id}"

    def call(stub: Stub) -> int:
        return stub.DiscardMessages(request, timeout=TIMEOUT_SECONDS).discarded

    # For `--dry-run`, which changes nothing and still says how many it would be.
    def count(stub: Stub) -> int:
        return len(parked_of(stub, wanted, limit=sys.maxsize))

    if is_confirmed(f"{destination}: {which} is deleted.", yes=yes, dry_run=dry_run):
        _change(ctx, wanted, call, verb="discarded", at=at, as_json=as_json)
    else:
        _change(ctx, wanted, count, verb="would_be_discarded", at=at, as_json=as_json)


@app.command(cls=SiloCommand, epilog=examples("silo outbox pause de", "silo outbox pause kanban --json"))
def pause(
    ctx: typer.Context, destination: DestinationArgument, at: AtOption = None, as_json: JsonOption = False
) -> None:
    """Send nothing to a destination until it is resumed, through restarts too. Messages wait, and grow old."""
    access = access_of(ctx)
    destination = destination_named(access, destination)
    request = outbox_service_pb2.PauseDestinationRequest(destination=destination)
    # Every silo that sends there: an app is told by several, and paused means by all of them.
    silos = senders_to(access, destination, at=at)
    answers = ask(access, silos, lambda stub: stub.PauseDestination(request, timeout=TIMEOUT_SECONDS))
    if as_json:
        print_json({"destination": destination, "paused": True, "at": list(answers.given)})
    else:
        note(f"{', '.join(answers.given)}: paused {destination}. To go on: silo outbox resume {destination}")
    complain_of_refused(ctx, answers)


@app.command(cls=SiloCommand, epilog=examples("silo outbox resume de", "silo outbox resume control --at us"))
def resume(
    ctx: typer.Context, destination: DestinationArgument, at: AtOption = None, as_json: JsonOption = False
) -> None:
    """End a pause: what waits is delivered at once. A destination that is not paused is fine."""
    access = access_of(ctx)
    destination = destination_named(access, destination)
    request = outbox_service_pb2.ResumeDestinationRequest(destination=destination)
    silos = senders_to(access, destination, at=at)
    answers = ask(access, silos, lambda stub: stub.ResumeDestination(request, timeout=TIMEOUT_SECONDS))
    if as_json:
        print_json({"destination": destination, "paused": False, "at": list(answers.given)})
    else:
        note(f"{', '.join(answers.given)}: {destination} is not paused any more.")
    complain_of_refused(ctx, answers)


def _wanted(destination: str, category: str | None, object_id: int | None, *, every: bool) -> outbox_pb2.ParkedFilter:
    if every and object_id is not None:
        raise ConfigInvalid("Name one message or give --all, not both.")
    # Nothing is the whole destination by accident: it has to be said.
    if not every and object_id is None:
        raise ConfigInvalid(
            "Name the message by DESTINATION CATEGORY ID, as `silo outbox parked` shows it, or give --all."
        )
    if object_id is not None and not 0 <= object_id <= MAX_ID:
        raise ConfigInvalid(f"No object has the id {object_id}.")
    return outbox_pb2.ParkedFilter(destination=destination, category=category or "", object_id=object_id)


def _change(
    ctx: typer.Context,
    wanted: outbox_pb2.ParkedFilter,
    call: Callable[[Stub], int],
    *,
    verb: str,
    at: str | None,
    as_json: bool,
) -> None:
    access = access_of(ctx)
    silos = senders_to(access, wanted.destination, at=at)
    if wanted.HasField("object_id"):
        # A destination may be served by several silos; one message is in one outbox.
        silos = _only_holder(access, silos, wanted)
    answers = ask(access, silos, call)
    count = sum(answers.given.values())
    if as_json:
        print_json({"destination": wanted.destination, verb: count, "at": dict(answers.given)})
    else:
        note("; ".join(f"{silo}: {number} {verb.replace('_', ' ')}" for silo, number in answers.given.items()) + ".")
    complain_of_refused(ctx, answers)


def _only_holder(access: Access, silos: dict[str, str], wanted: outbox_pb2.ParkedFilter) -> dict[str, str]:
    """Raises:
    NotFound: no silo that answers has parked this message.
    ConfigInvalid: several have, each its own: deliveries are numbered by each silo.
    """
    answers = ask(access, silos, lambda stub: parked_of(stub, wanted, limit=1))
    holders = [silo for silo, messages in answers.given.items() if messages]
    message = f"{wanted.category} {wanted.object_id} for {wanted.destination}"
    if not holders:
        away = f" {', '.join(answers.refused)} did not say." if answers.refused else ""
        raise NotFound(f"No message is parked of {message}.{away}")
    # Ids of deliveries are each silo's own, so that the same number may be two webhooks.
    if len(holders) > 1:
        raise ConfigInvalid(f"{' and '.join(holders)} have each a message of {message}: name one with --at.")
    return {holders[0]: silos[holders[0]]}
