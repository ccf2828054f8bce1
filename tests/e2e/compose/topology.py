"""One running copy of docker-compose.yml: its commands, its HTTP, its gRPC as seen from inside its network."""

import json
import socket
import subprocess
import uuid
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

import httpx

from shared.cli.init import write_env_files

ROOT = Path(__file__).parents[3]
CONTROL_INSIDE = "http://127.0.0.1:8000"
APP_SERVICE = "hybridcloud.apps.v1.AppService"

PORTS = ("CONTROL_HTTP_PORT", "CONTROL_GRPC_PORT", "US_HTTP_PORT", "US_GRPC_PORT", "DE_HTTP_PORT", "DE_GRPC_PORT")
IMAGE = "silo:compose-test"


class NotYet(Exception):
    """A condition did not become true in the time that was given."""


@dataclass(frozen=True)
class Compose:
    """`docker compose` on a project of its own. The environment holds secrets, so it is never printed."""

    command: tuple[str, ...]
    project: str
    environment: Mapping[str, str] = field(repr=False)

    def run(self, *arguments: str, timeout_seconds: float = 120) -> str:
        """Runs a command and returns its standard output.

        Raises:
            subprocess.CalledProcessError: it failed; what it said is a note of the error.
        """
        line = [*self.command, "--project-name", self.project, *arguments]
        done = subprocess.run(
            line, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=timeout_seconds, check=False
        )
        if done.returncode:
            error = subprocess.CalledProcessError(done.returncode, line[: len(self.command) + 4])
            error.add_note(done.stdout[-2_000:] + done.stderr[-4_000:])
            raise error
        return done.stdout

    def wait_for(self, service: str, *, within_seconds: float) -> None:
        """Returns when a service is healthy.

        Raises:
            NotYet: it was not after ``within_seconds``.
        """
        eventually(lambda: self._health(service) == "healthy", within_seconds=within_seconds)

    def _health(self, service: str) -> str:
        container = self.run("ps", "-q", service).strip()
        asked = ["docker", "inspect", "--format", "{{.State.Health.Status}}", container]
        return subprocess.run(asked, capture_output=True, text=True, timeout=30, check=True).stdout.strip()


@dataclass(frozen=True)
class Topology:
    """Control and the regions us and de, healthy."""

    compose: Compose
    token: str

    def rest(self, method: str, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Calls control's REST API as the superuser, through the port that is published on this machine."""
        url = f"http://127.0.0.1:{self.compose.environment['CONTROL_HTTP_PORT']}/api/0{path}"
        answer = httpx.request(method, url, json=body, headers={"Authorization": f"Bearer {self.token}"}, timeout=10)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        result: dict[str, Any] = answer.json()
        return result

    def silo(self, *arguments: str) -> dict[str, Any]:
        """Runs a command of `silo` in control's container, as the operator, and returns the JSON that it prints."""
        access = ("--control", CONTROL_INSIDE, "--token", self.token)
        keys = (Path(self.compose.environment["SILO_ENV"]) / "operator.env").read_text().strip()
        told = ("exec", "-T", "-e", keys, "control", "silo", *arguments, *access)
        result: dict[str, Any] = json.loads(self.compose.run(*told))
        return result

    def app(self, region: str, slug: str) -> dict[str, Any]:
        """The app as a region's own ``AppService`` answers; {} when it does not know it."""
        answer = self.silo("rpc", region, f"{APP_SERVICE}/GetSentryAppBySlug", json.dumps({"slug": slug}))
        found: dict[str, Any] = answer.get("sentry_app") or {}
        return found

    def installed(self, region: str, organization_id: int) -> list[str]:
        """Slugs of the apps that a region shows as installed for an organization."""
        request = json.dumps({"organization_id": organization_id})
        answer = self.silo("rpc", region, f"{APP_SERVICE}/GetInstallationsForOrganization", request)
        return [installation["sentry_app"]["slug"] for installation in answer.get("installations", [])]

    def lose(self, service: str) -> None:
        """Kills a service without warning; it stays away until `bring_back`."""
        self.compose.run("kill", "-s", "SIGKILL", service)

    def bring_back(self, service: str) -> None:
        """Starts a service again and returns when it is healthy."""
        self.compose.run("start", service)
        self.compose.wait_for(service, within_seconds=60)


def start(compose: Compose) -> Topology:
    """Builds the image, starts everything, and returns when the three silos are healthy."""
    compose.run("build", timeout_seconds=900)
    compose.run("up", "--detach", timeout_seconds=300)
    for service in ("control", "us", "de"):
        compose.wait_for(service, within_seconds=120)
    printed = compose.run("logs", "--no-color", "--no-log-prefix", "control-migrate").splitlines()
    bootstrap = json.loads(next(line for line in printed if line.startswith("{")))
    return Topology(compose, token=bootstrap["superuser"]["token"])


def eventually(condition: Callable[[], bool], *, within_seconds: float) -> None:
    """Asks until the answer is yes. Each question is a process of its own, which paces the asking.

    Raises:
        NotYet: it was still no after ``within_seconds``.
    """
    deadline = monotonic() + within_seconds
    while not condition():
        if monotonic() > deadline:
            raise NotYet(f"not within {within_seconds:.0f} s")


def fresh_environment(inherited: Mapping[str, str], directory: Path) -> dict[str, str]:
    """An environment with secrets, in files in the directory, and host ports that no other copy has."""
    write_env_files(directory, ("us", "de"))
    named = {"SILO_ENV": str(directory), "SILO_IMAGE": IMAGE}
    return {**inherited, **named, **dict(zip(PORTS, free_ports(len(PORTS)), strict=True))}


def fresh_project() -> str:
    """A project name that no other copy has."""
    return f"silo-test-{uuid.uuid4().hex[:8]}"


def free_ports(count: int) -> list[str]:
    """Ports of the loopback interface that nothing listened on a moment ago."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [str(listener.getsockname()[1]) for listener in sockets]
