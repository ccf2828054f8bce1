"""``silo snapshot``: the state of a platform on this machine under a name, and back to it."""

import re
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from shared.cli.confirm import DryRunOption, YesOption, is_confirmed
from shared.cli.invocation import LocalCommand, SiloGroup, invocation_of
from shared.cli.local.data_directory import DataDirectory
from shared.cli.output import JsonOption, examples, note, print_json
from shared.cli.tables import print_table
from shared.database.file_copy import copy_at_one_moment
from shared.errors import ConfigInvalid, Conflict, NotFound

app = typer.Typer(cls=SiloGroup, add_completion=False, no_args_is_help=True)

MAX_NAME_CHARACTERS = 64
_FOLDER = "snapshots"
# Also the name of a folder: nothing that leads out of the place where snapshots are.
_NAME = re.compile(rf"[a-zA-Z0-9][a-zA-Z0-9._-]{{0,{MAX_NAME_CHARACTERS - 1}}}")

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="Letters, digits, dots, hyphens and underscores.")]


@app.callback(epilog=examples("silo snapshot save before-upgrade", "silo snapshot load before-upgrade"))
def snapshots() -> None:
    """Snapshots of a platform on this machine: keep its state under a name, and go back to it."""


@app.command(cls=LocalCommand, epilog=examples("silo snapshot save before-upgrade"))
def save(ctx: typer.Context, name: NameArgument, as_json: JsonOption = False) -> None:
    """Keep the state of every silo, secrets included. The platform may run meanwhile."""
    directory = DataDirectory(invocation_of(ctx).data_directory)
    target, databases = _path(directory, name), directory.databases()
    if not databases:
        raise ConfigInvalid(f"There is no platform in {directory.path}: `silo up` makes one.")
    if target.exists():
        raise Conflict(f"There is a snapshot {name} already: choose another name.")
    target.parent.mkdir(mode=0o700, exist_ok=True)
    # Under its name only once it is whole.
    unfinished = Path(tempfile.mkdtemp(dir=target.parent, prefix=".unfinished-"))
    try:
        copy_at_one_moment(databases.values(), into=unfinished)
        for path in directory.secrets:
            shutil.copy2(path, unfinished)
        unfinished.rename(target)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    if as_json:
        print_json(_shown(target))
    else:
        note(f"Kept {', '.join(databases)} as {name}. To go back: silo snapshot load {name}")


@app.command(cls=LocalCommand, epilog=examples("silo snapshot load before-upgrade", "silo snapshot load empty --yes"))
def load(
    ctx: typer.Context,
    name: NameArgument,
    yes: YesOption = False,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Go back to a snapshot. The platform must not run; what it holds now is lost."""
    directory = DataDirectory(invocation_of(ctx).data_directory)
    source = _path(directory, name)
    if not source.is_dir():
        raise NotFound(f"There is no snapshot {name}. `silo snapshot list` shows which there are.")
    directory.prepare()
    with directory.lock():
        what = f"{directory.path} goes back to {name}: what it holds now is lost."
        goes_on = is_confirmed(what, yes=yes, dry_run=dry_run)
        if goes_on:
            directory.clear()
            # What was interrupted in between is begun anew by the same command.
            for path in source.iterdir():
                shutil.copy2(path, directory.path)
    if as_json:
        print_json({**_shown(source), "loaded": goes_on})


@app.command("list", cls=LocalCommand, epilog=examples("silo snapshot list --json"))
def list_all(ctx: typer.Context, as_json: JsonOption = False) -> None:
    """List the snapshots, the newest first."""
    folder = DataDirectory(invocation_of(ctx).data_directory).path / _FOLDER
    kept = [path for path in folder.glob("*") if _NAME.fullmatch(path.name)] if folder.is_dir() else []
    found = sorted(map(_shown, kept), key=lambda each: str(each["dateCreated"]), reverse=True)
    if as_json:
        print_json(found)
    else:
        print_table(("name", "made at", "bytes"), [tuple(each.values()) for each in found])


def _path(directory: DataDirectory, name: str) -> Path:
    """Raises:
    ConfigInvalid: this is no name for a snapshot.
    """
    if not _NAME.fullmatch(name):
        raise ConfigInvalid(
            f"{name!r} is no name for a snapshot: 1 to {MAX_NAME_CHARACTERS} letters, digits, . _ and -."
        )
    return directory.path / _FOLDER / name


def _shown(path: Path) -> dict[str, object]:
    made = datetime.fromtimestamp(path.stat().st_mtime, UTC).replace(microsecond=0)
    size = sum(each.stat().st_size for each in path.iterdir())
    return {"name": path.name, "dateCreated": made.isoformat().replace("+00:00", "Z"), "bytes": size}
