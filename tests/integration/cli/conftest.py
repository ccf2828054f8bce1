"""The command line against silos in this process: control's HTTP on loopback, gRPC over in-process channels."""

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from control_silo.api.application import create_api
from control_silo.services.user import ensure_superuser
from shared.cli.main import run
from shared.cli.topology import Organization, Silo, Topology, User, write_topology
from shared.clock import Clock, FrozenClock, SystemClock
from shared.domain.peer import CONTROL
from shared.http.serve import HttpServer
from tests.keys import OPERATOR_KEY
from tests.silos import Silos, running_silos


@dataclass(frozen=True)
class Ended:
    """How a command line ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What was printed, which is JSON alone."""
        return json.loads(self.out)


@dataclass(frozen=True)
class CommandLine:
    """``silo``, about the silos of this process."""

    data: Path
    capsys: pytest.CaptureFixture[str]
    clock: Clock
    """The silos' own, so that no call comes from their past or future however long a test takes."""

    def __call__(self, *arguments: str) -> Ended:
        self.capsys.readouterr()
        code = run([*arguments, "--data", str(self.data)], environ={}, clock=self.clock)
        printed = self.capsys.readouterr()
        return Ended(code, printed.out, printed.err)


@pytest.fixture
def quiet() -> Iterator[None]:
    """The silos' logs would stand on the standard output that a command has to itself when they are processes."""
    with capture_logs():
        yield


@pytest.fixture
def silos(tmp_path: Path, quiet: None) -> Iterator[Silos]:
    """Control, ``us`` and ``de``, at the present time, with which the doctor compares theirs."""
    numbers = itertools.count(1)
    # They have run for an hour: a silo believes no call that was stamped before it started.
    clock = FrozenClock(SystemClock().now() - timedelta(hours=1))
    with running_silos(lambda: f"sqlite:///{tmp_path / str(next(numbers))}.db", clock=clock) as silos:
        clock.advance(3600)
        yield silos


@pytest.fixture
def topology(silos: Silos) -> Iterator[Topology]:
    """As `silo up` would have written it."""
    server = HttpServer(create_api(silos.control), listen="127.0.0.1:0")
    server.start()
    organization = silos.create_organization("acme", region="us")
    superuser = User.from_json(ensure_superuser(silos.control))
    try:
        yield Topology(
            control=Silo(f"http://{server.address}", silos.address(CONTROL), pid=1),
            regions={name: Silo("http://127.0.0.1:1", silos.address(name), pid=1) for name in silos.regions},
            organization=Organization(organization.id, organization.slug, "us"),
            users={"owner": superuser, "superuser": superuser},
            rpc_keys=OPERATOR_KEY.entry,
        )
    finally:
        server.stop()


@pytest.fixture
def silo(topology: Topology, silos: Silos, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    """The command line."""
    write_topology(tmp_path, topology)
    return CommandLine(tmp_path, capsys, silos.clock)


@pytest.fixture
def manifest(silo: CommandLine, tmp_path: Path) -> Callable[..., str]:
    """Writes the example manifest, changed as told, and answers its path."""
    example = silo("app", "example").json

    def write(**changes: Any) -> str:
        path = tmp_path / "manifest.json"
        path.write_text(json.dumps(example | changes))
        return str(path)

    return write
