"""Migrations let others go on: an index of a table that is there already is built while it is written."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = [
    path for package in ("control_silo", "region_silo", "shared") for path in (ROOT / package).rglob("migrations")
]
BUILDS = re.compile(r"CREATE (UNIQUE )?INDEX|\badd_index\(")
GIVEN_OUT = frozenset(
    {
        "control_silo/migrations/0002_region_number.py",
        "control_silo/migrations/0003_app_listing.py",
        "control_silo/migrations/0004_exchanges.py",
        "control_silo/migrations/0010_live_slugs.py",
        "region_silo/migrations/0003_issues.py",
        "region_silo/migrations/0008_events_of_projects.py",
        "shared/webhooks/migrations/0002_contents.py",
    }
)
"""Those of releases before ``build_index``; a migration is not changed once it was given out."""


def test_an_index_is_built_while_others_write() -> None:
    files = {path.relative_to(ROOT).as_posix(): path.read_text() for folder in FOLDERS for path in folder.glob("0*.py")}
    locking = {name for name, text in files.items() if BUILDS.search(text)}
    assert locking == GIVEN_OUT
    for name, text in files.items():
        assert ("build_index(" in text) == ("atomic = False" in text), name
