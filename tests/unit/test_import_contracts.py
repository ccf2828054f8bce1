"""The import contracts of pyproject.toml, which say who may know whom, hold."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
COMMAND = "from importlinter.cli import lint_imports_command; lint_imports_command()"


def test_every_import_contract_is_kept() -> None:
    """In a process of its own, since what other tests have imported and patched must not count."""
    run = subprocess.run(
        [sys.executable, "-c", COMMAND, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "0 broken" in run.stdout
