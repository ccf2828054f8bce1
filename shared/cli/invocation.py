"""What one call of ``silo`` was given: the environment, and which platform it is about.

Owns the options that every command has, wherever after ``silo`` they stand, and how secrets are given. Refuses to know
what is behind them.
"""

import getpass
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from shared.clock import Clock

DEFAULT_DATA = Path(".silo")
FROM_INPUT = "-"
"""In place of a secret: it is asked for at a terminal, and otherwise the next line of standard input."""
_PANEL = "Which platform"


@dataclass
class Invocation:
    """Filled in while the command line is read; the last of a repeated option wins."""

    environ: Mapping[str, str] = field(repr=False)
    clock: Clock
    """What calls to silos are stamped by."""
    command: str = "silo"
    """What was called, such as ``silo app create``."""
    data: Path | None = None
    control: str | None = None
    control_grpc: str | None = None
    token: str | None = field(default=None, repr=False)
    exposed: set[str] = field(default_factory=set)
    """Options whose values are secrets and stood on the command line, where every user of the machine can read them."""

    def __post_init__(self) -> None:
        # An empty variable is none, as everywhere in the environment.
        self.data = Path(self.environ["SILO_DATA"]) if self.environ.get("SILO_DATA") else None
        self.token = self.environ.get("SILO_TOKEN") or None

    @property
    def data_directory(self) -> Path:
        """``--data``, ``SILO_DATA`` or the default."""
        return self.data or DEFAULT_DATA

    def take_secret(self, option: str, value: str) -> str:
        """A secret that was given with an option; ``-`` has it asked for, and seen by nobody."""
        if value != FROM_INPUT:
            self.exposed.add(option)
            return value
        if sys.stdin.isatty():
            return getpass.getpass(f"{option.lstrip('-').capitalize()}: ")
        # One line each, so that a script can give several secrets in a row.
        return sys.stdin.readline().rstrip("\r\n")


def invocation_of(ctx: typer.Context) -> Invocation:
    """The invocation that a command belongs to."""
    invocation: Invocation = ctx.find_root().obj
    return invocation


class _Command(TyperCommand):
    """A command whose help is as wide as the terminal, and says of what takes a value what that is."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{**settings, "help": _unwrapped(settings.get("help"))})

    def get_params(self, ctx: Any) -> Any:
        return _without_types_of_flags(super().get_params(ctx))


class SiloCommand(_Command):
    """A command about a platform, here or elsewhere."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.params.extend(_options_of(_platform))


class LocalCommand(_Command):
    """A command that runs a platform on this machine."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.params.extend(_options_of(_local_platform))


class SiloGroup(TyperGroup):
    """A group of commands; the options of its commands may stand before their names: ``silo app --data DIR list``."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{**settings, "help": _unwrapped(settings.get("help"))})
        for option in _options_of(_platform):
            # They work before a command's name, and are shown once, with the command.
            option.hidden = True
            self.params.append(option)

    def get_params(self, ctx: Any) -> Any:
        return _without_types_of_flags(super().get_params(ctx))


def _without_types_of_flags(parameters: Any) -> Any:
    for parameter in parameters:
        if getattr(parameter, "is_flag", False):
            # A flag takes no value, and its help would say that it takes one, <bool>.
            parameter.display_type_rich = _no_type
    return parameters


def _no_type(ctx: Any) -> None:
    """Shows nothing, as the type of a parameter."""


def _unwrapped(text: str | None) -> str:
    """A docstring with each paragraph on one line, for the terminal to wrap."""
    return "\n\n".join(" ".join(paragraph.split("\n")) for paragraph in (text or "").split("\n\n"))


def _remember(ctx: typer.Context, param: typer.CallbackParam, value: Any) -> None:
    """Called for each option of each level, given or not, from the outside in."""
    invocation = invocation_of(ctx)
    invocation.command = ctx.command_path
    if value is not None and param.name:
        # Taken here, where every option passes, so that no command sees the token of its own command line.
        secret = invocation.take_secret(param.opts[0], value) if param.name == "token" else value
        setattr(invocation, param.name, secret)


_DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="DIR",
        help=f"The directory of a platform on this machine. Default: SILO_DATA, else {DEFAULT_DATA}",
        expose_value=False,
        callback=_remember,
        rich_help_panel=_PANEL,
    ),
]


def _local_platform(data: _DataOption = None) -> None:
    """The template of the options of a `LocalCommand`; it is never called."""


def _platform(
    data: _DataOption = None,
    control: Annotated[
        str | None,
        typer.Option(
            "--control",
            metavar="URL",
            help="Another platform: control's HTTP address. gRPC keys come from SILO_RPC_KEYS.",
            expose_value=False,
            callback=_remember,
            rich_help_panel=_PANEL,
        ),
    ] = None,
    control_grpc: Annotated[
        str | None,
        typer.Option(
            "--control-grpc",
            metavar="HOST:PORT",
            help="Its gRPC address. Default: the same host, port 50051",
            expose_value=False,
            callback=_remember,
            rich_help_panel=_PANEL,
        ),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(
            "--token",
            metavar="T",
            help="Act with this API token; - asks for it. Default: SILO_TOKEN, else the superuser's of --data",
            expose_value=False,
            callback=_remember,
            rich_help_panel=_PANEL,
        ),
    ] = None,
) -> None:
    """The template of the options of a `SiloCommand`; it is never called."""


def _options_of(template: Any) -> list[Any]:
    typed = typer.Typer(add_completion=False)
    typed.command()(template)
    return list(typer.main.get_command(typed).params)
