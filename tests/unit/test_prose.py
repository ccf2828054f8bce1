"""What docstrings of the product have in common."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
MODULES = [
    path.relative_to(ROOT)
    for package in ("control_silo", "region_silo", "shared", "simulator")
    for path in (ROOT / package).rglob("*.py")
    if "pb" not in path.relative_to(ROOT).parts
]
FRAGMENT = re.compile(r'^\s*r?"""(Of|As) .*', re.MULTILINE)


def test_no_docstring_begins_in_the_middle_of_a_sentence() -> None:
    assert not [
        f"{path}: {found[0].strip()}" for path in MODULES for found in FRAGMENT.finditer((ROOT / path).read_text())
    ]
