"""Starts docker-compose.yml once for this folder; skips it, by name, where that is not wanted or not possible."""

import os
import shutil
import subprocess
from collections.abc import Iterator

import pytest

from tests.e2e.compose.topology import Compose, Topology, fresh_environment, fresh_project, start


@pytest.fixture(scope="session")
def compose(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Compose:
    """A project that is not started yet."""
    if "compose" not in request.config.getoption("markexpr"):
        pytest.skip("starting containers takes minutes; `make compose-test` does it")
    command = _compose_command()
    if command is None or not _succeeds("docker", "info"):
        pytest.skip("no container engine answers on this machine")
    return Compose(command, fresh_project(), fresh_environment(os.environ, tmp_path_factory.mktemp("env")))


@pytest.fixture(scope="session")
def topology(compose: Compose, request: pytest.FixtureRequest) -> Iterator[Topology]:
    """Everything up and healthy; afterwards nothing of it is left but the image."""
    try:
        yield start(compose)
    except Exception:
        print(compose.run("logs", "--no-color", "--tail", "60"))
        raise
    finally:
        if request.session.testsfailed:
            print(compose.run("logs", "--no-color", "--tail", "60"))
        compose.run("down", "--volumes", "--timeout", "10")


def _compose_command() -> tuple[str, ...] | None:
    if _succeeds("docker", "compose", "version"):
        return ("docker", "compose")
    return ("docker-compose",) if _succeeds("docker-compose", "version") else None


def _succeeds(*command: str) -> bool:
    if shutil.which(command[0]) is None:
        return False
    return subprocess.run(command, capture_output=True, timeout=60, check=False).returncode == 0
