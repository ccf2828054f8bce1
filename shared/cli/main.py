"""``silo``: which commands there are, and what their endings mean.

Owns the exit codes (0 done, 1 the system said no, 2 wrong use) and the one sentence on standard error that goes with
the latter two. It alone reads the environment. A command's module is imported when it is called: `silo rpc` in a loop
must not pay for `silo demo`.
"""

import importlib
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperCommand

from shared import errors
from shared.cli.invocation import Invocation, SiloGroup
from shared.cli.output import complain, note, sentence_of
from shared.clock import Clock, SystemClock

DONE, SAID_NO, WRONG_USE = 0, 1, 2

PACKAGE = "silo"
_UNSEEN = "`-` in its place has it asked for, and SILO_TOKEN holds a token."


@dataclass(frozen=True)
class Entry:
    """A command, or a group of commands, that is not imported yet."""

    module: str
    summary: str
    """The first paragraph of its help."""
    attribute: str = "app"
    """What its ``typer.Typer`` is called in the module."""


COMMANDS: Mapping[str, Entry] = {
    "up": Entry(
        "shared.cli.up",
        "Run the platform here: control and its regions, each a process, on loopback and SQLite, until Ctrl-C.",
    ),
    "demo": Entry(
        "shared.cli.demo",
        "Lose a region while the writing goes on, and see it catch up. Exits with 0 only if every replica is equal.",
    ),
    "status": Entry(
        "shared.cli.status",
        "Show each silo: whether it answers, what waits to be delivered to it, and how old that is.",
    ),
    "doctor": Entry(
        "shared.cli.doctor",
        "Examine each silo and say what is wrong, or soon will be, and what to do. Exits with 1 if something is wrong.",
    ),
    "org": Entry("shared.cli.org", "Organizations: make them in a region, list them, switch their features."),
    "user": Entry("shared.cli.user", "Users: members of organizations, superusers and staff."),
    "project": Entry("shared.cli.project", "Projects: make one, list them, and learn where its events go."),
    "app": Entry("shared.cli.app", "Apps: make, show, install and remove them."),
    "trigger": Entry(
        "shared.cli.trigger", "Make an event happen: an error comes in, and something is done to its issue."
    ),
    "deliveries": Entry(
        "shared.cli.deliveries", "What an app was told and asked: list it, show it with both bodies, send it again."
    ),
    "listen": Entry(
        "shared.cli.listen",
        "Bring an app's webhooks and questions to your own machine, byte for byte with their headers, as they happen.",
    ),
    "dev": Entry(
        "shared.cli.dev.command",
        "Make an app from its manifest, install it, and show each webhook and question with what the app answered.",
    ),
    "receiver": Entry(
        "shared.cli.receiver.command",
        "Be the app of `silo app example`: verify webhooks, answer its components, and show what comes.",
    ),
    "outbox": Entry(
        "shared.cli.outbox",
        "Outboxes: what waits, what was parked and why; retry or discard it, pause and resume a destination.",
    ),
    "snapshot": Entry(
        "shared.cli.snapshot",
        "Snapshots of a platform on this machine: keep its state under a name, and go back to it.",
    ),
    "reset": Entry(
        "shared.cli.reset",
        "Forget everything that a platform on this machine holds; the next start is its first. Snapshots stay.",
    ),
    "verify": Entry(
        "shared.cli.verify", "Compare every replica with what its owner has. Exits with 0 only if nothing differs."
    ),
    "region": Entry(
        "shared.cli.region",
        "Regions, as they have registered themselves with control: list and invite them, wait until one has all.",
    ),
    "init": Entry(
        "shared.cli.init",
        "Write what docker-compose.yml needs: for each silo a file with its own keys and database, and one for you.",
    ),
    "key": Entry("shared.cli.key", "Keys between a silo and its peers: list them, add one, end one at once."),
    "rpc": Entry("shared.cli.rpc", "Call a method of a silo over gRPC, signed, and print the answer as JSON."),
    "simulate": Entry(
        "shared.cli.simulate",
        "Run the platform on a virtual clock while calls are lost, silos die and clocks err, and judge what it shows.",
    ),
}
"""In the order in which `silo --help` shows them; a test holds the summaries to the commands' own."""


class _Commands(Mapping[str, Any]):
    """The commands by name, each imported when it is first asked for."""

    def __getitem__(self, name: str) -> Any:
        entry = COMMANDS[name]
        command = typer.main.get_command(getattr(importlib.import_module(entry.module), entry.attribute))
        command.name = name
        return command

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


class _Root(SiloGroup):
    """``silo`` itself."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        # In place of typer's, which would import every module before it runs one.
        self.commands = _Commands()  # type: ignore[assignment]  # typer only reads it

    def format_help(self, ctx: Any, formatter: Any) -> None:
        # The list needs a summary of each command; importing all of them for it would take most of a second.
        self.commands = {name: TyperCommand(name, help=entry.summary) for name, entry in COMMANDS.items()}
        super().format_help(ctx, formatter)


app = typer.Typer(
    cls=_Root,
    add_completion=False,
    no_args_is_help=True,
    epilog="Start with: silo up\n\nEach command has examples: silo app create --help",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(_version_line())
        raise typer.Exit


def _version_line() -> str:
    metadata = importlib.import_module("importlib.metadata")  # slow, and nothing else needs it
    try:
        return f"{PACKAGE} {metadata.version(PACKAGE)}"
    except metadata.PackageNotFoundError as exc:
        raise errors.ConfigInvalid(
            "This checkout was not installed, so it has no version: `pip install -e .` does."
        ) from exc


@app.callback()
def silo(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """An app platform split into hybrid-cloud silos: run it, look into it, break it on purpose."""


def run(arguments: Sequence[str], *, environ: Mapping[str, str], clock: Clock | None = None) -> int:
    """Runs one command line and answers its exit code.

    Args:
        arguments: what follows ``silo``.
        environ: the environment; the silos that a command starts inherit it.
        clock: what time it is; None: as the machine says.
    """
    invocation = Invocation(environ, clock or SystemClock())
    code = _run(arguments, invocation)
    if code == DONE and invocation.exposed:  # a refusal has its one sentence to itself
        names = " and ".join(sorted(invocation.exposed))
        note(f"{invocation.command}: every user of this machine could read {names}. {_UNSEEN}")
    return code


def _run(arguments: Sequence[str], invocation: Invocation) -> int:
    try:
        ended = typer.main.get_command(app).main(
            list(arguments), prog_name="silo", standalone_mode=False, obj=invocation
        )
    except typer.TyperException as exc:
        _complain_of_usage(exc, invocation.command)
        return exc.exit_code
    # Before its family: it is the one refusal that is the caller's own doing.
    except errors.ConfigInvalid as exc:
        complain(invocation.command, exc.message)
        return WRONG_USE
    except errors.SiloError as exc:
        complain(invocation.command, sentence_of(exc), fields=exc.fields)
        return SAID_NO
    except OSError as exc:
        where = f"{exc.filename}: " if exc.filename else ""
        complain(invocation.command, f"{where}{exc.strerror or exc}.")
        return WRONG_USE
    return ended if isinstance(ended, int) else DONE


def main() -> NoReturn:
    """The console script. Never returns."""
    code = run(sys.argv[1:], environ=os.environ)  # noqa: TID251  # the edge of the program
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:  # whoever started this may have closed it
                stream.flush()
    except BrokenPipeError:  # whoever read the output had enough of it
        code = code or SAID_NO
    os._exit(code)  # not sys.exit: tearing down gRPC's idle threads takes it up to two seconds


def _complain_of_usage(exc: typer.TyperException, command: str) -> None:
    """The sentence of typer and where to read on; nothing when it has shown the help already."""
    sentence = exc.format_message().replace("Value error, ", "")
    context = getattr(exc, "ctx", None)
    where = context.command_path if context else command
    if sentence:
        complain(where, f"{sentence.removesuffix('.')} (see {where} --help)")
