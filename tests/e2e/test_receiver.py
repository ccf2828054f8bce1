"""The first minute: the example app is made, installed and told of an issue, and finds what it was told genuine."""

import json
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest

from shared.cli.local.addresses import choose_addresses
from tests.e2e.silo_up import SiloUp, eventually, silo_up

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def test_the_example_app_is_installed_by_itself_and_verifies_what_it_is_told(tmp_path: Path) -> None:
    with silo_up(tmp_path / "data") as up:
        port = choose_addresses((), http_port=0)["control"].http.rpartition(":")[2]
        manifest = tmp_path / "kanban.json"
        manifest.write_text(up.silo("app", "example", "--url", f"http://localhost:{port}").out)
        up.silo("app", "create", str(manifest))
        seen: list[str] = []
        command = [sys.executable, "-m", "shared.cli", "receiver", "acme-kanban", "--port", port, "--json"]
        with subprocess.Popen([*command, "--data", str(up.data)], stdout=subprocess.PIPE, text=True) as receiver:
            try:
                assert receiver.stdout is not None
                reader = Thread(target=seen.extend, args=(receiver.stdout,))
                reader.start()
                up.silo("app", "install", "acme-kanban")
                eventually(lambda: is_installed_in_us(up), within_seconds=20)
                up.silo("trigger", "issue.resolved")
                # In either order: an app orders what it is told by its sequence.
                eventually(lambda: {"issue.created", "issue.resolved"} <= told(seen), within_seconds=20)
            finally:
                receiver.terminate()
                reader.join(10)
        assert "installation.created" in told(seen)
        assert not any(json.loads(line)["genuine"] is False for line in seen)


def is_installed_in_us(up: SiloUp) -> bool:
    """Whether the region knows that the app has finished its install, so that what happens from now on is told."""
    return "acme (installed)" in up.silo("app", "show", "acme-kanban").out


def told(lines: list[str]) -> set[str]:
    return {json.loads(line)["what"] for line in lines}
