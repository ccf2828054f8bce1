"""Looks every locked dependency up in a database of known faults: ``make audit``.

Exits with 1 when one has a fault. Where no database can be reached, or it knows nothing of them, it says so in a line,
and that is no failure: an answer that nobody gave is not a good one either, so it is never called one.
"""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LOCK = Path(__file__).parent / "dev.txt"
"""It holds what runs too."""


@dataclass(frozen=True)
class Verdict:
    """What to say, and the exit code that goes with it."""

    lines: Sequence[str]
    code: int = 0


def main() -> int:
    """Asks, prints what came of it and returns the exit code."""
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes", "--format", "json"]
    asked = subprocess.run(
        [*command, "--progress-spinner", "off", "--requirement", str(LOCK)],
        capture_output=True,
        text=True,
        check=False,
    )
    verdict = judge(asked.stdout, asked.stderr)
    print("\n".join(verdict.lines))
    return verdict.code


def judge(answer: str, said: str) -> Verdict:
    """Args:
    answer: what the auditor printed, JSON unless it failed.
    said: what it said besides.
    """
    try:
        dependencies: list[Mapping[str, Any]] = json.loads(answer)["dependencies"]
    except (ValueError, KeyError, TypeError):
        reason = (said.strip().splitlines() or ["it said nothing"])[-1]
        return Verdict([f"audit: skipped, no database of faults answers: {reason[:160]}"])
    known = [each for each in dependencies if "skip_reason" not in each]
    if not known:
        return Verdict(["audit: skipped, the package index that is reached here keeps no faults"])
    faults = [_line(each, fault) for each in known for fault in each["vulns"]]
    if faults:
        return Verdict(faults, code=1)
    return Verdict([f"audit: no known fault in {len(known)} of {len(dependencies)} locked dependencies"])


def _line(dependency: Mapping[str, Any], fault: Mapping[str, Any]) -> str:
    mended = ", ".join(fault["fix_versions"]) or "no version"
    return f"audit: {dependency['name']} {dependency['version']}: {fault['id']}, mended in {mended}"


if __name__ == "__main__":
    sys.exit(main())
