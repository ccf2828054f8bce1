"""What each silo shows, read past the platform's code: from its database's file, as somebody would who looks over its
shoulder. Owns how rows are read; refuses to judge them.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from shared.category import Category
from shared.pb.hybridcloud.apps.v1 import app_pb2
from shared.pb.hybridcloud.replication.v1 import replica_pb2
from shared.wake import APP_PREFIX
from simulator.fact import AppFact, CredentialFact, Fact, InstallationFact, TokenFact

_TABLES: Mapping[Category, str] = {
    Category.APP: "app_replica",
    Category.CREDENTIAL: "credential_replica",
    Category.INSTALLATION: "installation_replica",
    Category.TOKEN: "token_replica",
}
# Apps are told through the outbox too; this world has none that answers.
_WAITING = f"FROM outbox WHERE state = 'due' AND destination NOT LIKE '{APP_PREFIX}%'"
_PARKED = f"FROM outbox WHERE state = 'parked' AND destination NOT LIKE '{APP_PREFIX}%'"
# Written out again, since a window must not share a mistake with the code that it looks at.
_STATUSES = {0: "unpublished", 1: "published", 2: "internal", 3: "publish_request_inprogress"}


@dataclass(frozen=True)
class Shown:
    """One replica as a region holds it."""

    category: Category
    object_id: int
    version: int
    fact: Fact | None
    """None: a tombstone."""


class Window:
    """Looks into one silo's database."""

    def __init__(self, path: Path) -> None:
        # Read only, and each statement by itself: what is judged must not hold anybody up.
        self._connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)
        self._seen: int | None = None
        # A state is parsed once for each version of its row: a look after every step reads them all.
        self._parsed: dict[tuple[Category, int], tuple[tuple[int, bool, bytes], Shown]] = {}

    def close(self) -> None:
        self._connection.close()

    def has_changed(self) -> bool:
        """Whether anybody has committed anything since the last look."""
        ((version,),) = self._rows("PRAGMA data_version")
        before, self._seen = self._seen, int(version)
        return before != self._seen

    def backlog(self) -> dict[str, tuple[int, str]]:
        """By destination, how many messages wait that are not parked, and since when the oldest of them."""
        statement = f"SELECT destination, count(*), min(enqueued_at) {_WAITING} GROUP BY 1"
        return {destination: (count, oldest) for destination, count, oldest in self._rows(statement)}

    def parked(self) -> list[tuple[str, str, int, str]]:
        """Destination, category, id and error of each message that was set aside."""
        statement = f"SELECT destination, category, object_id, last_error {_PARKED}"
        return self._rows(statement)

    def replicas(self) -> Iterator[Shown]:
        """What a region holds, tombstones included."""
        for category, table in _TABLES.items():
            statement = f"SELECT id, version, tombstone, state FROM {table}"  # noqa: S608 - names of ours
            for object_id, version, tombstone, state in self._rows(statement):
                raw = (version, bool(tombstone), bytes(state))
                known = self._parsed.get((category, object_id))
                if known is None or known[0] != raw:
                    fact = None if tombstone else _fact(category, raw[2])
                    known = self._parsed[category, object_id] = (raw, Shown(category, object_id, version, fact))
                yield known[1]

    def organizations_held(self) -> dict[int, tuple[int, str, str]]:
        """Version, slug and region of every organization that control holds, by id."""
        rows = self._rows("SELECT id, version, slug, region_name FROM organization_replica WHERE NOT tombstone")
        return {each: (version, slug, region) for each, version, slug, region in rows}

    def organizations_owned(self) -> dict[int, str]:
        """Slugs of a region's organizations, by id."""
        return dict(self._rows("SELECT id, slug FROM organization"))

    def apps(self) -> dict[int, AppFact]:
        """What control says of its apps, by id."""
        rows = self._rows("SELECT id, name, status, events FROM sentry_app WHERE date_deleted IS NULL")
        return {
            each: AppFact(name, _STATUSES[status], resources(json.loads(events))) for each, name, status, events in rows
        }

    def secrets(self) -> dict[int, str]:
        """The client secrets of apps, by the app's id."""
        statement = (
            "SELECT app.id, application.client_secret FROM sentry_app AS app "
            "JOIN api_application AS application ON application.id = app.application_id WHERE date_deleted IS NULL"
        )
        return dict(self._rows(statement))

    def installations(self) -> dict[int, InstallationFact]:
        """Control's live installations, by id."""
        statement = "SELECT id, sentry_app_id, organization_id FROM sentry_app_installation WHERE date_deleted IS NULL"
        return {each: InstallationFact(app, organization) for each, app, organization in self._rows(statement)}

    def tokens(self) -> dict[int, TokenFact]:
        """Control's tokens of internal apps, by id."""
        statement = (
            "SELECT token.id, link.sentry_app_installation_id, token.token_hash FROM api_token AS token "
            "JOIN sentry_app_installation_token AS link ON link.api_token_id = token.id"
        )
        return {each: TokenFact(installation, digest) for each, installation, digest in self._rows(statement)}

    def _rows(self, statement: str) -> list[tuple]:  # type: ignore[type-arg]  # each statement knows what it reads
        return self._connection.execute(statement).fetchall()


def _fact(category: Category, state: bytes) -> Fact:
    if category is Category.APP:
        app = app_pb2.RpcSentryApp.FromString(state)
        return AppFact(app.name, app.status, resources(app.events))
    if category is Category.CREDENTIAL:
        return CredentialFact(app_pb2.RpcSentryApp.FromString(state).application.client_secret)
    if category is Category.INSTALLATION:
        installation = replica_pb2.InstallationState.FromString(state)
        return InstallationFact(installation.sentry_app_id, installation.installation.organization_id)
    token = replica_pb2.TokenState.FromString(state)
    return TokenFact(token.installation_id, token.token_hash)


def resources(events: object) -> frozenset[str]:
    """What a subscription is about, whether it names resources or each event of them."""
    return frozenset(str(name).partition(".")[0] for name in events)  # type: ignore[attr-defined]
