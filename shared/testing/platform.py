"""A whole platform for a test: silos over in-process channels, their REST API on loopback, people and a project."""

import atexit
import contextlib
import functools
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import grpc
import httpx

import control_silo.bootstrap
import region_silo.bootstrap
from control_silo.replication.kinds import KINDS
from control_silo.services.organization import create_organization
from control_silo.services.user import NewUser, UserCreator
from shared.cli.platform_keys import OPERATOR, PlatformKeys
from shared.database.connect import connect
from shared.domain.peer import CONTROL
from shared.domain.scopes import Role
from shared.http.credentials import SESSION_COOKIE
from shared.rpc.keyring import Keyring
from shared.testing.http import HttpServers
from shared.testing.silos import RunningSilos

ORGANIZATION, PROJECT = "acme", "web"
TIMEOUT_SECONDS = 20.0
_ROUNDS = 50
"""How often ``settle`` looks again: what is told may have more told."""
_OWNER = "owner@acme.example"


@dataclass(frozen=True)
class App:
    """An app that was made, installed in the platform's organization."""

    slug: str
    client_id: str
    client_secret: str = field(repr=False)
    installation: str
    """The UUID of the installation."""
    token: str = field(repr=False)
    """What an internal app acts by; empty for a public one, which exchanges the code of its installation."""
    shown: Mapping[str, Any] = field(repr=False)
    """The app as REST shows it."""


class Platform:
    """Control and its regions, with the organization ``acme`` and its project ``web`` in the first region."""

    def __init__(self, silos: RunningSilos, servers: HttpServers, owner: NewUser) -> None:
        self.silos = silos
        self._servers = servers
        self._away: dict[str, str] = {}
        """By silo that was lost, where it served HTTP."""
        self.token = owner.token
        """An API token of the organization's owner."""
        self._browser = self._client(cookies={SESSION_COOKIE: owner.session_key})
        self.api = self._client(headers={"Authorization": f"Bearer {owner.token}"})
        """The REST API as the owner."""
        self.dsn = self._create_project()
        """Where an SDK of the project sends its events."""

    @property
    def url(self) -> str:
        """Control's base URL: what an app or an SDK is given as ``SENTRY_URL``."""
        return self._servers.url(CONTROL)

    def create_app(self, name: str, **manifest: Any) -> App:
        """An internal app of the organization's, installed there; ``is_internal=False`` makes a public one.

        Args:
            name: of which its slug is made.
            manifest: further fields of ``POST sentry-apps/``, in snake case: ``webhook_url``, ``events``, ``scopes``,
                ``schema``, …

        Raises:
            AssertionError: the platform refuses it; the text says why.
        """
        body: dict[str, Any] = {"name": name, "organization": ORGANIZATION, "author": "Tests", "isInternal": True}
        shown = self._post("/sentry-apps/", body | {_camel(key): value for key, value in manifest.items()})
        installed = self._post(f"/organizations/{ORGANIZATION}/sentry-app-installations/", {"slug": shown["slug"]})
        token = ""
        if shown["status"] == "internal":
            # Kept to people at a browser, as in the original.
            token = _read(self._browser.post(f"/sentry-apps/{shown['slug']}/api-tokens/", json={}))["token"]
        self.settle()
        return App(
            slug=shown["slug"],
            client_id=shown["clientId"],
            client_secret=shown["clientSecret"],
            installation=installed["uuid"],
            token=token,
            shown=shown,
        )

    def report_error(self, message: str, **event: Any) -> str:
        """Has an error come in, as an SDK sends it; the id of the event.

        Args:
            message: what is wrong.
            event: further fields of the event.
        """
        parts = urlsplit(self.dsn)
        sent = {"message": message, "level": "error", "platform": "python", **event}
        answer = httpx.post(
            f"{parts.scheme}://{parts.hostname}:{parts.port}/api{parts.path}/store/",
            json=sent,
            headers={"X-Sentry-Auth": f"Sentry sentry_version=7, sentry_key={parts.username}"},
            timeout=TIMEOUT_SECONDS,
            trust_env=False,
        )
        return str(_read(answer)["id"])

    def tell(self, app: App, event: str) -> None:
        """Has the app told of an event that does not happen, by the webhook that it would be told by."""
        self._post(f"/sentry-apps/{app.slug}/test/", {"event": event, "organization": ORGANIZATION})
        self.settle()

    def settle(self) -> None:
        """Returns once every silo that is there has what concerns it, and every webhook that is due was sent.

        Raises:
            AssertionError: it does not come to an end.
        """
        for _ in range(_ROUNDS):
            self.silos.replicate()
            if not sum(map(self._send, (CONTROL, *self.silos.regions))):
                return
        raise AssertionError(f"There is still something to tell after {_ROUNDS} rounds.")

    def now(self) -> datetime:
        """What time it is on the platform."""
        return self.silos.clock.now()

    def advance(self, seconds: float) -> None:
        """Lets time pass: attempts that waited for it are due."""
        self.silos.clock.advance(seconds)

    def lose(self, silo: str) -> None:
        """Takes a silo away, to the others and to clients; its database stays."""
        self._away[silo] = urlsplit(self._servers.url(silo)).netloc
        self.silos.stop(silo)
        self._servers.stop(silo)

    def bring_back(self, silo: str) -> None:
        """Has a lost silo answer again, at the same addresses."""
        self.silos.start(silo)
        self._servers.start(silo, listen=self._away.pop(silo))

    def channel(self, silo: str) -> grpc.Channel:
        """A signed channel to a silo, as a service's: ``control``, or a region's name."""
        return self.silos.channel(silo)

    def close(self) -> None:
        self.api.close()
        self._browser.close()
        self._servers.close()
        self.silos.close()

    def _client(self, **credentials: Any) -> httpx.Client:
        return httpx.Client(base_url=f"{self.url}/api/0", timeout=TIMEOUT_SECONDS, trust_env=False, **credentials)

    def _send(self, silo: str) -> int:
        """What one silo tells apps; how many calls there were."""
        if silo == CONTROL:
            sender = control_silo.bootstrap.make_sender(self.silos.control)
        else:
            sender = region_silo.bootstrap.make_sender(self.silos.regions[silo].region)
        sender.send_due()
        sender.wait()
        return sender.settle_ended()

    def _create_project(self) -> str:
        self.silos.replicate()
        made = self._post(f"/organizations/{ORGANIZATION}/projects/", {"slug": PROJECT, "name": PROJECT})
        keys = _read(self.api.get(f"/projects/{ORGANIZATION}/{made['slug']}/keys/"))
        return str(keys[0]["dsn"]["public"])

    def _post(self, path: str, body: Mapping[str, Any]) -> Any:
        return _read(self.api.post(path, json=body))


@contextlib.contextmanager
def running_platform(*, regions: Sequence[str] = ("us", "de")) -> Iterator[Platform]:
    """A platform of its own, on SQLite in a folder that is removed when the block ends.

    Args:
        regions: names; the organization lives in the first.
    """
    keys = PlatformKeys().completed(regions, shares_operator=True)
    with contextlib.ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="silo-platform-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        # In the order in which they are asked for: control's, and one for each region.
        paths = iter(
            [_copy(CONTROL, folder / "control.db"), *(_copy("region", folder / f"{each}.db") for each in regions)]
        )
        silos = RunningSilos(
            lambda: f"sqlite:///{next(paths)}",
            regions=regions,
            keys_of=lambda name: _keyring(keys, name),
            seal_key=keys.seals[CONTROL],
        )
        create_organization(silos.control, slug=ORGANIZATION, name=ORGANIZATION.title(), region=regions[0], kinds=KINDS)
        owner = UserCreator(email=_OWNER, organization=ORGANIZATION, role=Role.OWNER).run(silos.control)
        platform = Platform(silos, HttpServers(silos), owner)
        stack.callback(platform.close)
        yield platform


def _copy(kind: str, path: Path) -> Path:
    """An empty database of that kind of silo. Migrating one takes as long as everything else that a start does."""
    shutil.copyfile(_migrated(kind), path)
    return path


@functools.cache
def _migrated(kind: str) -> Path:
    """One that was migrated once in this process, and that nobody opens."""
    folder = Path(tempfile.mkdtemp(prefix="silo-empty-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    database = connect(f"sqlite:///{folder / kind}", create=True)
    bootstrap = control_silo.bootstrap if kind == CONTROL else region_silo.bootstrap
    bootstrap.migrate(database)
    database.close()
    return folder / kind


def _keyring(keys: PlatformKeys, name: str) -> Keyring:
    if name == OPERATOR:
        return Keyring.parse(f"{OPERATOR}/{keys.operators[CONTROL]}")
    return Keyring.parse(keys.variables(name)["SILO_RPC_KEYS"])


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(each.title() for each in others)


def _read(answer: httpx.Response) -> Any:
    if not answer.is_success:
        raise AssertionError(f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text}")
    return answer.json()
