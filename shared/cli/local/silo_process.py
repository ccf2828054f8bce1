"""One silo as a child process. Owns starting and ending it, and its environment; refuses to know what it serves."""

import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import shared
from shared.cli.local.addresses import Address
from shared.cli.local.data_directory import DataDirectory
from shared.cli.platform_keys import PlatformKeys
from shared.domain.peer import CONTROL
from shared.errors import ConfigInvalid, DeadlineExceeded, Internal, SiloError

MIGRATE_SECONDS = 60.0
_CONFIG_EXIT = 2
"""With this the silos end when their configuration is at fault."""
_LAUNCHER = "shared.cli.local.launcher"
_NOT_INHERITED = ("CONTROL_", "REGION_", "SILO_TLS_", "SILO_DATA", "SILO_TOKEN", "SILO_SESSION")
"""A platform of this machine is wired by its topology alone, whatever the shell was set up for; what commands are told
by the environment is no silo's matter."""


@dataclass(frozen=True)
class SiloSpec:
    """How one silo is run."""

    name: str
    address: Address
    log: Path
    environment: Mapping[str, str] = field(repr=False)

    @property
    def module(self) -> str:
        return "control_silo" if self.name == CONTROL else "region_silo"


def make_specs(
    directory: DataDirectory, addresses: Mapping[str, Address], *, keys: PlatformKeys, environ: Mapping[str, str]
) -> dict[str, SiloSpec]:
    """How each silo of a platform is run, by name.

    Args:
        directory: where its files are.
        addresses: of control and every region.
        keys: each silo is given its own.
        environ: what the silos inherit.
    """
    inherited = {name: value for name, value in environ.items() if not name.startswith(_NOT_INHERITED)}
    common = {
        **inherited,
        "SILO_WEBHOOK_ALLOW_PRIVATE": "1",
        "SILO_REFLECTION": "open",
        # A log that is read while the silo runs must not be a page behind.
        "PYTHONUNBUFFERED": "1",
        "PYTHONPATH": _python_path(inherited.get("PYTHONPATH", "")),
    }
    control = addresses[CONTROL]
    return {
        name: SiloSpec(
            name=name,
            address=address,
            log=directory.log_path(name),
            environment={**common, **keys.variables(name), **_own_variables(name, address, directory, control=control)},
        )
        for name, address in addresses.items()
    }


def _own_variables(name: str, address: Address, directory: DataDirectory, *, control: Address) -> dict[str, str]:
    prefix = "CONTROL" if name == CONTROL else "REGION"
    variables = {
        f"{prefix}_DATABASE_URL": f"sqlite:///{directory.database_path(name)}",
        f"{prefix}_GRPC_LISTEN": address.grpc,
        f"{prefix}_HTTP_LISTEN": address.http,
    }
    if name != CONTROL:
        variables |= {
            "REGION_NAME": name,
            "REGION_CONTROL_TARGET": control.grpc,
            "REGION_CONTROL_HTTP": control.http,
        }
    return variables


def _python_path(inherited: str) -> str:
    """Where silos find their code: the checkout that this program runs from, if any, before what the shell says.

    An empty entry means the caller's directory to Python, even with ``-P``, so there is none.
    """
    root = Path(shared.__file__).resolve().parents[1]
    own = [] if root.name == "site-packages" else [str(root)]
    return os.pathsep.join([*own, *filter(None, inherited.split(os.pathsep))])


class SiloProcess:
    """A silo that was started."""

    def __init__(self, spec: SiloSpec) -> None:
        self.spec = spec
        with spec.log.open("ab") as log:
            self._process = _start(spec, "serve", output=log, log=log)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative: minus the signal that ended it."""
        return self._process.poll()

    def terminate(self) -> None:
        """Asks it to end in order."""
        self._process.terminate()

    def kill(self) -> None:
        """Ends it at once, as ``kill -9``."""
        self._process.kill()

    def wait(self, timeout_seconds: float) -> bool:
        """Waits until it has ended; False when the time was not enough."""
        try:
            self._process.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            return False
        return True


def migrate_all(specs: Mapping[str, SiloSpec]) -> str:
    """Brings every silo's database up to date, side by side, and answers what control's bootstrap printed.

    Raises:
        ConfigInvalid, Internal, DeadlineExceeded: one of them failed; the others are ended.
    """
    with ExitStack() as stack:
        running = {name: _start_migration(spec, stack) for name, spec in specs.items()}
        printed = {name: _finish_migration(specs[name], process) for name, process in running.items()}
    return printed[CONTROL]


def _start_migration(spec: SiloSpec, stack: ExitStack) -> subprocess.Popen[bytes]:
    arguments = ("migrate", "--bootstrap") if spec.name == CONTROL else ("migrate",)
    with spec.log.open("ab") as log:
        process = stack.enter_context(_start(spec, *arguments, output=subprocess.PIPE, log=log))
    stack.callback(process.kill)  # no more than a formality once it has ended
    return process


def _finish_migration(spec: SiloSpec, process: subprocess.Popen[bytes]) -> str:
    try:
        printed, _ = process.communicate(timeout=MIGRATE_SECONDS)
    except subprocess.TimeoutExpired as exc:
        raise DeadlineExceeded(
            f"Migrating {spec.name} took more than {MIGRATE_SECONDS:.0f} s. (log: {spec.log})"
        ) from exc
    if process.returncode:
        raise failure_of(spec, process.returncode)
    return printed.decode()


def _start(spec: SiloSpec, *arguments: str, output: int | IO[bytes], log: IO[bytes]) -> subprocess.Popen[bytes]:
    """In a session of its own: a Ctrl-C at the terminal reaches a silo through its parent only."""
    return subprocess.Popen(
        # -P: a folder named `shared` where the caller happens to stand is not this program.
        [sys.executable, "-P", "-m", _LAUNCHER, str(os.getpid()), spec.module, *arguments],
        env=dict(spec.environment),
        # Else a silo could take what is typed for the command.
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=log,
        start_new_session=True,
    )


def failure_of(spec: SiloSpec, exit_code: int) -> SiloError:
    """Why a silo ended before it was wanted, as far as its log tells."""
    # The silo has said why it ended; nobody should have to look for the file.
    lines = spec.log.read_text(errors="replace").splitlines() if spec.log.exists() else []
    last = next((line.strip() for line in reversed(lines) if line.strip()), f"it ended with code {exit_code}")
    family = ConfigInvalid if exit_code == _CONFIG_EXIT else Internal
    return family(f"{spec.name} did not start: {last} (log: {spec.log})")
