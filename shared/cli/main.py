"""``silo``: which commands there are, and what their endings mean.

Owns the exit codes (0 done, 1 the system said no, 2 wrong use) and the one sentence on standard error that goes with
the latter two. It alone reads the environment. A command's module is imported when it is called: `silo rpc` in a loop
must not pay for `silo demo`.
"""

import importlib
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, NoReturn

import typer

from shared import errors
from shared.cli.invocation import Invocation, SiloGroup
from shared.cli.output import complain, sentence_of

DONE, SAID_NO, WRONG_USE = 0, 1, 2
INTERRUPTED = 130

_MODULES = {
    "up": "shared.cli.up",
    "demo": "shared.cli.demo",
    "status": "shared.cli.status",
    "org": "shared.cli.org",
    "user": "shared.cli.user",
    "project": "shared.cli.project",
    "app": "shared.cli.app",
    "trigger": "shared.cli.trigger",
    "deliveries": "shared.cli.deliveries",
    "outbox": "shared.cli.outbox",
    "verify": "shared.cli.verify",
    "region": "shared.cli.region",
    "rpc": "shared.cli.rpc",
    "simulate": "shared.cli.simulate",
}
"""In the order in which `silo --help` shows them."""


class _Commands(Mapping[str, Any]):
    """The commands by name, each imported when it is first asked for."""

    def __getitem__(self, name: str) -> Any:
        module = importlib.import_module(_MODULES[name])
        command = typer.main.get_command(module.app)
        command.name = name
        return command

    def __iter__(self) -> Iterator[str]:
        return iter(_MODULES)

    def __len__(self) -> int:
        return len(_MODULES)


class _Root(SiloGroup):
    """``silo`` itself."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = _Commands()  # type: ignore[assignment]  # typer only reads it


app = typer.Typer(
    cls=_Root,
    add_completion=False,
    no_args_is_help=True,
    epilog="Start with: silo up\n\nEach command has examples: silo app create --help",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(importlib.import_module("shared.cli.version").version_line())
        raise typer.Exit


@app.callback()
def silo(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """An app platform split into hybrid-cloud silos: run it, look into it, break it on purpose."""


def run(arguments: Sequence[str], *, environ: Mapping[str, str]) -> int:
    """Runs one command line and answers its exit code.

    Args:
        arguments: what follows ``silo``.
        environ: the environment; the silos that a command starts inherit it.
    """
    invocation = Invocation(environ)
    try:
        ended = typer.main.get_command(app).main(
            list(arguments), prog_name="silo", standalone_mode=False, obj=invocation
        )
    except typer.TyperException as exc:
        _complain_of_usage(exc, invocation.command)
        return exc.exit_code
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
