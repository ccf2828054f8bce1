"""Decisions are cited by their number alone, so that a number is one decision's and is there."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[3]
DECISIONS = sorted((ROOT / "docs" / "adr").glob("*.md"))


def test_decisions_are_numbered_one_after_the_other() -> None:
    assert [int(each.name[:4]) for each in DECISIONS] == list(range(1, len(DECISIONS) + 1))


def test_the_title_of_a_decision_begins_with_the_number_of_its_file() -> None:
    assert not [each.name for each in DECISIONS if not each.read_text().startswith(f"# {int(each.name[:4])}. ")]


def test_a_decision_that_is_cited_is_there() -> None:
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    texts = [ROOT / name for name in tracked.split("\0") if name.endswith((".py", ".md", ".proto", ".toml"))]
    cited = {int(n) for path in texts if path.exists() for n in re.findall(r"\bADR (\d+)", path.read_text())}
    assert cited
    assert cited <= set(range(1, len(DECISIONS) + 1))
