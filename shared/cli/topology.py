"""``topology.json``: where the silos of a platform on this machine are, and the secrets to use them.

Owns the file's form (DESIGN §8) and that nobody else can read it, from its first moment on. Refuses to know whether
anything of it is running.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from shared.errors import ConfigInvalid

FILE_NAME = "topology.json"


@dataclass(frozen=True)
class Silo:
    """One running silo."""

    http: str
    """Base URL."""
    grpc: str
    """``host:port``."""
    pid: int

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> "Silo":
        """Raises:
        KeyError: something is missing.
        """
        return cls(http=str(found["http"]), grpc=str(found["grpc"]), pid=int(found["pid"]))


@dataclass(frozen=True)
class Organization:
    """The organization that the first start made."""

    id: int
    slug: str
    region: str


@dataclass(frozen=True)
class User:
    """A user with everything that proves who they are."""

    id: int
    email: str
    token: str = field(repr=False)
    session: str = field(repr=False)
    password: str = field(repr=False)

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> "User":
        """Raises:
        KeyError: something is missing, but for the password, which older platforms did not keep.
        """
        secrets = {name: str(found[name]) for name in ("email", "token", "session")}
        return cls(id=int(found["id"]), password=str(found.get("password") or ""), **secrets)


@dataclass(frozen=True)
class Topology:
    """A platform."""

    control: Silo
    regions: Mapping[str, Silo]
    organization: Organization
    users: Mapping[str, User]
    """``owner`` and ``superuser``."""
    rpc_keys: str = field(repr=False)

    def as_json(self) -> dict[str, Any]:
        """The object of DESIGN §8."""
        return asdict(self)


def read_topology(directory: Path) -> Topology:
    """The topology of a directory in which ``silo up`` was run.

    Raises:
        ConfigInvalid: there is none, or it cannot be read.
    """
    topology = find_topology(directory)
    if topology is None:
        raise ConfigInvalid(
            f"There is no {directory / FILE_NAME}. Start a platform with `silo up --data {directory}`, "
            "or name another one with --control URL --token T."
        )
    return topology


def find_topology(directory: Path) -> Topology | None:
    """The topology of a directory in which ``silo up`` was run; None when it was not.

    Raises:
        ConfigInvalid: it is there and cannot be read.
    """
    path = directory / FILE_NAME
    try:
        return _parse(json.loads(path.read_text()))
    # Both mean that nothing was started there; whatever else is wrong with the file is said.
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as exc:
        raise ConfigInvalid(f"{path} cannot be read: {exc.strerror}.") from exc
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        raise ConfigInvalid(f"{path} is damaged: it is not the JSON that `silo up` writes.") from exc


def write_topology(directory: Path, topology: Topology) -> None:
    """Replaces the file at once: a reader sees the old one or the new one, and nobody but the owner sees either.

    Raises:
        OSError: it cannot be written.
    """
    write_secret(directory / FILE_NAME, json.dumps(topology.as_json()) + "\n")


def write_secret(path: Path, text: str) -> None:
    """Replaces a file at once with one that its owner alone can read, from its first moment on.

    Raises:
        OSError: it cannot be written.
    """
    # Beside it, since a file can be replaced at once within one file system alone.
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    # Of a process with this number that died while it wrote.
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        # The secrets are shown nowhere else: a crash must not leave an empty file under the name.
        os.fsync(file.fileno())
    fresh.replace(path)


def _parse(found: Any) -> Topology:
    organization = found["organization"]
    return Topology(
        control=Silo.from_json(found["control"]),
        regions={name: Silo.from_json(silo) for name, silo in found["regions"].items()},
        organization=Organization(
            id=int(organization["id"]), slug=str(organization["slug"]), region=str(organization["region"])
        ),
        users={role: User.from_json(user) for role, user in found["users"].items()},
        rpc_keys=str(found["rpc_keys"]),
    )
