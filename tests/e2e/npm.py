"""Packages of npm, by name: a folder of one version each, made once in a run of the tests."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

INSTALL_SECONDS = 300


def install(folder: Path, package: str) -> Path:
    """The folder with ``node_modules``; skips the test where there is no npm, or no registry."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed here")
    command = [npm, "install", "--no-audit", "--no-fund", "--prefix", str(folder), package]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip(f"npm did not install {package} in {INSTALL_SECONDS} s.")
    if done.returncode:
        pytest.skip(f"npm cannot install {package} here: {done.stderr[-200:]}")
    return folder


def start(
    folder: Path, script: str, *arguments: str, environ: Mapping[str, str] | None = None, asks: bool = False
) -> subprocess.Popen[str]:
    """Starts a script of an installed package, by its path below ``node_modules``.

    Args:
        folder: where the package is installed.
        script: its path.
        arguments: of the script.
        environ: more variables.
        asks: whether it is spoken to on its standard input, and answers on its output, apart from what it says else.
    """
    node = shutil.which("node") or "node"
    # No proxy: what it calls is on this machine.
    variables = {"PATH": os.environ["PATH"], "HOME": str(folder), "NO_PROXY": "*", "no_proxy": "*"}
    return subprocess.Popen(
        [node, str(folder / "node_modules" / script), *arguments],
        env=variables | dict(environ or {}),
        stdin=subprocess.PIPE if asks else None,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL if asks else subprocess.STDOUT,
        text=True,
    )
