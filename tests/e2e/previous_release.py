"""The release before this one, from the history of the checkout. Whoever makes a release names the last one here."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.e2e.silo_up import ROOT

COMMIT = "6226161310603151a83f9a9415947f5dc5023482"


def unpack_previous_release(folder: Path) -> Path:
    """Its code, to be run by today's interpreter and libraries; skips the test where there is no history."""
    git = shutil.which("git")
    if git is None:
        pytest.skip("There is no git here to get the previous release from.")
    packed = subprocess.run([git, "-C", str(ROOT), "archive", COMMIT], capture_output=True, check=False)
    if packed.returncode:
        pytest.skip(f"The history of this checkout does not reach back to {COMMIT}, the previous release.")
    folder.mkdir()
    subprocess.run(["tar", "-x", "-C", str(folder)], input=packed.stdout, check=True)
    return folder
