"""How what cannot be undone is asked for (DESIGN section 8): at a terminal, or with ``--yes``, or only shown."""

import sys
from typing import Annotated

import typer

from shared.cli.output import note
from shared.errors import ConfigInvalid, Conflict

YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]


def is_confirmed(what: str, *, yes: bool, dry_run: bool) -> bool:
    """Whether to go on; False: it was only to be shown.

    Args:
        what: what is going to happen, as a whole sentence. It is said in any case.

    Raises:
        ConfigInvalid: nobody can be asked.
        Conflict: the answer was no.
    """
    note(what)
    if dry_run:
        return False
    if yes:
        return True
    # A script that went on would be one that nobody has read this sentence of.
    if not sys.stdin.isatty():
        raise ConfigInvalid("This cannot be undone, and nobody can be asked: add --yes.")
    if not typer.confirm("Go on?", err=True):
        raise Conflict("Nothing was done.")
    return True
