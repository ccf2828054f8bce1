"""``silo status``: what is up, what waits, and how far behind."""

import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, NoReturn

import typer
from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape

from shared.cli.access import Access, access_of
from shared.cli.invocation import SiloCommand
from shared.cli.output import JsonOption, examples, print_json
from shared.cli.status_report import SiloStatus, StatusReport, read_status
from shared.cli.tables import duration, make_table

app = typer.Typer(add_completion=False)

# As often as a worker writes down what it sees.
_EVERY_SECONDS = 1.0
_NOTICED_SKEW_SECONDS = 1.0
"""A clock that is further from its database's is pointed out."""


@app.command(cls=SiloCommand, epilog=examples("silo status", "silo status --watch", "silo status --json"))
def status(
    ctx: typer.Context,
    watch: Annotated[bool, typer.Option("--watch", help="Again every second, until Ctrl-C.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show each silo: whether it answers, what waits to be delivered to it, and how old that is.

    A destination that `silo outbox pause` stopped is shown as paused, whatever its breaker.

    Lag is the time from a commit to its acknowledgement, of the messages delivered lately. A dash means unknown: the
    silo that would know does not answer. Differences are those that comparing in the background found since the silo's
    first start, of which no message told.
    """
    access = access_of(ctx)
    try:
        _show(access, watch=watch, as_json=as_json)
    except KeyboardInterrupt:
        return


def _show(access: Access, *, watch: bool, as_json: bool) -> None:
    # Redrawn for a person; into a file or a pipe it is one report after the other.
    if watch and not as_json and Console().is_terminal:
        with Live(render(read_status(access)), auto_refresh=False) as live:
            _repeat(lambda: live.update(render(read_status(access)), refresh=True))
    _print(access, as_json=as_json)
    if watch:
        _repeat(lambda: _print(access, as_json=as_json))


def _repeat(show: Callable[[], None]) -> NoReturn:
    """Until Ctrl-C, or until whoever reads has gone."""
    never = threading.Event()
    while True:
        never.wait(_EVERY_SECONDS)
        show()


def _print(access: Access, *, as_json: bool) -> None:
    report = read_status(access)
    if as_json:
        print_json(report.as_json())
    else:
        Console().print(render(report))
        # Into a pipe Python would keep back what is shown now until there is more of it.
        sys.stdout.flush()


def render(report: StatusReport) -> Group:
    """The report as a person reads it, at 80 columns: a table, and a sentence for what is seldom to be told."""
    rows = [("control", report.control), *report.regions.items()]
    columns = ("to", "up", "backlog", "parked", "oldest", "p50", "p99", "breaker")
    return Group(make_table(columns, [_row(name, silo) for name, silo in rows]), *_remarks(rows), *_circuits(report))


def _remarks(rows: Sequence[tuple[str, SiloStatus]]) -> list[str]:
    """A sentence for each silo of an older release, with a wrong clock, or where something failed or was found."""
    return [*_upgrades(rows), *_skews(rows), *_failures(rows), *_differences(rows)]


def _circuits(report: StatusReport) -> list[str]:
    return [
        f"{name} sends nothing to the apps {', '.join(map(str, apps))} for now: their calls take too long. "
        f"(`silo deliveries list {apps[0]}` shows what waits.)"
        for name, apps in report.open_circuits.items()
    ]


def _upgrades(rows: Iterable[tuple[str, SiloStatus]]) -> list[str]:
    return [
        f"{name} is of a release that does not know {', '.join(sorted(silo.awaiting_upgrade))} yet: "
        f"{sum(silo.awaiting_upgrade.values())} messages wait for its upgrade, and are delivered after it."
        for name, silo in rows
        if silo.awaiting_upgrade
    ]


def _skews(rows: Iterable[tuple[str, SiloStatus]]) -> list[str]:
    return [
        f"The clock of {name}'s machine is {abs(silo.clock_skew_seconds):.0f} s "
        f"{'ahead of' if silo.clock_skew_seconds > 0 else 'behind'} its database's."
        for name, silo in rows
        if silo.clock_skew_seconds is not None and abs(silo.clock_skew_seconds) >= _NOTICED_SKEW_SECONDS
    ]


def _failures(rows: Iterable[tuple[str, SiloStatus]]) -> list[str]:
    return [
        f"{silo.failing} objects did not get to {name} when last tried, one of them for this reason: "
        f"{escape(silo.last_error or 'none was given')} (`silo outbox parked {name}` shows those that are set aside.)"
        for name, silo in rows
        if silo.failing
    ]


def _differences(rows: Iterable[tuple[str, SiloStatus]]) -> list[str]:
    # Not a column: a table of nine does not fit 80 characters, and nearly always nothing is found.
    return [
        f"Comparing found {sum(compared.found.values())} replicas in {name} that differed and no message told of; "
        f"{compared.mended} were sent again, {compared.unmended} cannot be."
        for name, compared in ((name, silo.comparison) for name, silo in rows)
        if compared and (compared.found or compared.unmended)
    ]


def _row(name: str, silo: SiloStatus) -> tuple[object, ...]:
    backlog = None
    if silo.backlog is not None:
        backlog = ", ".join(f"{category} {count}" for category, count in sorted(silo.backlog.items())) or "0"
    return (
        name,
        silo.reachable,
        backlog,
        silo.parked,
        duration(silo.oldest_age_seconds),
        duration(silo.lag_p50_seconds),
        duration(silo.lag_p99_seconds),
        "paused" if silo.is_paused else silo.breaker,
    )
