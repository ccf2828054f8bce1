"""Writes what the documentation repeats of the code: ``docs/endpoints.md``, the tables in README.md, and what control's
OpenAPI document says of regions.

python -m docs.generate             write
python -m docs.generate --check     exit 1 and name what is stale
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import typer

from control_silo.api.application import list_endpoints as list_of_control
from control_silo.config import ControlConfig
from docs.attempt_table import render_attempts
from docs.endpoint_tables import render_page, render_summary
from docs.region_document import document_of_a_region
from docs.usage_tables import render_commands, render_targets
from docs.variable_table import render_variables
from region_silo.api.application import list_endpoints as list_of_region
from region_silo.config import RegionConfig
from shared.cli.main import app
from shared.cli.remote_settings import RemoteSettings
from shared.http.merged_document import REGIONS_FILE, print_document
from shared.webhooks.schedule import WAITS_SECONDS

ROOT = Path(__file__).resolve().parent.parent


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns the exit code: 0 done or current, 1 stale."""
    parser = argparse.ArgumentParser(prog="python -m docs.generate", description="Writes tables from the code.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 and name the files that are stale")
    is_check = parser.parse_args(arguments).check
    wanted = generate()
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text("utf-8") != text]
    for path in stale:
        if is_check:
            print(f"stale: {path.relative_to(ROOT)}", file=sys.stderr)
        else:
            path.write_text(wanted[path], "utf-8")
    if is_check and stale:
        print("Run `make docs` and commit what it writes.", file=sys.stderr)
    return 1 if is_check and stale else 0


def generate() -> dict[Path, str]:
    """The whole text of each file that holds something written here, by its path."""
    readme = ROOT / "README.md"
    return {
        ROOT / "shared" / "http" / REGIONS_FILE: print_document(document_of_a_region()),
        ROOT / "docs" / "endpoints.md": render_page({"Control": list_of_control(), "Regions": list_of_region()}),
        readme: insert(tables(), into=readme.read_text("utf-8")),
    }


def tables() -> Mapping[str, str]:
    """The tables of README.md, by the name that their marks give them."""
    return {
        "targets": render_targets((ROOT / "Makefile").read_text("utf-8")),
        "commands": render_commands(typer.main.get_command(app)),
        "variables": render_variables(
            {"control": [ControlConfig], "regions": [RegionConfig], "`silo --control`": [RemoteSettings]}
        ),
        "attempts": render_attempts(WAITS_SECONDS),
        "endpoints": render_summary(list_of_control(), list_of_region()),
    }


def marks(name: str) -> tuple[str, str]:
    """The lines before and after a table."""
    return f"<!-- {name}: written by `make docs` -->", f"<!-- end of {name} -->"


def insert(tables: Mapping[str, str], *, into: str) -> str:
    """The text with each table between its two marks.

    Raises:
        ValueError: a mark is missing.
    """
    for name, table in tables.items():
        begin, end = marks(name)
        before, has_begin, rest = into.partition(begin)
        _, has_end, after = rest.partition(end)
        if not has_begin or not has_end:
            raise ValueError(f"README.md must hold the lines {begin} and {end}.")
        into = f"{before}{begin}\n{table}\n{end}{after}"
    return into


if __name__ == "__main__":
    sys.exit(main())
