"""``make golden``: plays the story on SQLite and writes what was answered. Read the difference before committing it."""

import itertools
import json
import logging
import tempfile
from pathlib import Path
from typing import Any

from shared.process import configure_logging
from tests.contract.rest.stage import Stage, open_stage
from tests.contract.rest.story import tell

FOLDER = Path(__file__).parent / "golden"


def main() -> None:
    configure_logging(level=logging.ERROR)
    numbers = itertools.count(1)
    with (
        tempfile.TemporaryDirectory(prefix="silo-golden-") as folder,
        open_stage(lambda: f"sqlite:///{folder}/{next(numbers)}.db") as stage,
    ):
        tell(stage)
        files = golden_files(stage)
    for old in FOLDER.glob("*.json"):
        old.unlink()
    for name, text in files.items():
        (FOLDER / name).write_text(text)
    print(f"wrote {len(files)} files to {FOLDER}")


def golden_files(stage: Stage) -> dict[str, str]:
    """The text of each file by its name: one for every endpoint of each silo, with its exchanges in order."""
    grouped: dict[str, list[Any]] = {}
    for silo, told in stage.exchanges.items():
        for exchange in told:
            grouped.setdefault(file_name(silo, exchange.endpoint), []).append(exchange.as_json(stage.naming))
    return {name: _text(group) for name, group in sorted(grouped.items())}


def file_name(silo: str, endpoint: str) -> str:
    """Of an endpoint: ``control.GET.sentry-apps.{app_id_or_slug}.json``"""
    method, _, path = endpoint.partition(" ")
    return ".".join([silo, method, *filter(None, path.split("/"))]) + ".json"


def _text(exchanges: list[Any]) -> str:
    return json.dumps(exchanges, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    main()
