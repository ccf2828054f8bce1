"""The environment files of a platform in containers: for each silo its own keys and its own database, and nothing else.

Owns which file says what. They are written once; a file that is there is left as it is, so that a further region is
added without touching the others. Refuses to know what runs with them.
"""

import json
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from shared.cli.local.platform_keys import PlatformKeys
from shared.domain.peer import CONTROL

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
    keys = before.completed(regions, shares_operator=False)
    files = {_ALL: json.dumps(asdict(keys)), "operator.env": _lines({"SILO_RPC_KEYS": keys.operator_entries()})}
    written = [_write(directory / name, text) for name, text in files.items() if keys != before]
    for silo in (CONTROL, *regions):
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
