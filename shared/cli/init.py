"""``silo init``: the environment files of a platform in containers, for each silo its own keys and its own database.

They are written once; a file that is there is left as it is, so that a further region is added without touching the
others. Refuses to know what runs with them.
"""

import json
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from shared.cli.invocation import LocalCommand
from shared.cli.local.running_platform import DEFAULT_REGIONS, refuse_bad_names
from shared.cli.output import JsonOption, examples, note, print_json
from shared.cli.platform_keys import PlatformKeys
from shared.domain.peer import CONTROL
from shared.errors import ConfigInvalid

app = typer.Typer(add_completion=False)

DEFAULT_DIRECTORY = Path("env")


@app.command(cls=LocalCommand, epilog=examples("silo init", "silo init env --region us --region de --region jp"))
def init(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Where the files go.")] = DEFAULT_DIRECTORY,
    region: Annotated[
        list[str] | None, typer.Option("--region", metavar="NAME", help="Any number of times. Default: us and de.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write what docker-compose.yml needs: for each silo a file with its own keys and database, and one for you.

    Files that are there are left as they are. A further region gets its own files; control learns its key from you:
    add the entry that is printed for it, or use `silo region invite`.
    """
    regions = tuple(region or DEFAULT_REGIONS)
    refuse_bad_names(regions)
    try:
        written = write_env_files(directory, regions)
    except OSError as exc:
        raise ConfigInvalid(f"{directory} cannot be written: {exc.strerror}.") from exc
    except (ValueError, KeyError) as exc:
        raise ConfigInvalid(f"{directory} holds a file of keys that is damaged.") from exc
    if as_json:
        print_json([str(path) for path in written])
        return
    for path in written:
        note(f"wrote {path}")
    note(f"Readable by you alone. {directory}/operator.env is yours: give it to no silo.")


_ALL = "operator-keys.json"
"""Every key of the platform, for further regions to be added; it belongs to the operator and to no silo."""


def write_env_files(directory: Path, regions: Sequence[str]) -> list[Path]:
    """Writes what is missing for control and the regions; answers what was written.

    ``<silo>.env`` is a silo's, ``<silo>-db.env`` its database's, ``operator.env`` the command line's. All are readable
    by their owner alone.

    Raises:
        OSError: something cannot be written.
        ValueError, KeyError: the operator's file is damaged.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = directory / _ALL
    before = PlatformKeys.from_json(json.loads(kept.read_text())) if kept.exists() else PlatformKeys()
    # A key for each silo: whoever takes one silo has the operator's word nowhere else.
    keys = before.completed(regions, shares_operator=False)
    files = {_ALL: json.dumps(asdict(keys)), "operator.env": _lines({"SILO_RPC_KEYS": keys.operator_entries()})}
    written = [_write(directory / name, text) for name, text in files.items() if keys != before]
    for silo in (CONTROL, *regions):
        # Written anew, its password would no longer be the database's.
        if not (directory / f"{silo}.env").exists():
            written += _write_silo(directory, silo, keys)
    return written


def _write_silo(directory: Path, silo: str, keys: PlatformKeys) -> list[Path]:
    password = secrets.token_hex(32)
    database = "CONTROL_DATABASE_URL" if silo == CONTROL else "REGION_DATABASE_URL"
    url = f"postgresql://silo:{password}@{silo}-db:5432/silo"
    return [
        _write(directory / f"{silo}-db.env", _lines({"POSTGRES_PASSWORD": password})),
        _write(directory / f"{silo}.env", _lines({**keys.variables(silo), database: url})),
    ]


def _lines(variables: Mapping[str, str]) -> str:
    return "".join(f"{name}={value}\n" for name, value in variables.items())


def _write(path: Path, text: str) -> Path:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    return path
