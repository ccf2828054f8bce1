"""A filter of installations as a condition on the replicas.

Owns the judgement whether the replicas can answer a filter at all: they hold the installations of this region's
organizations, and no others.
"""

from collections.abc import Collection, Iterable
from typing import Any

from region_silo.services.held import NotHeld, held_rows, is_local
from shared.database.database import Database
from shared.database.statement import marks
from shared.domain.app_status import SentryAppInstallationStatus
from shared.pb.hybridcloud.apps.v1 import installation_pb2
from shared.pb.hybridcloud.replication.v1 import replica_pb2

Filter = installation_pb2.SentryAppInstallationFilter


def matching_clauses(database: Database, conditions: Filter) -> tuple[str, list[Any]]:
    """A condition on ``installation_replica AS installation``, and its values. Opens sessions where it asks.

    Raises:
        NotHeld: installations may match that are not held here.
    """
    # Tokens first: each names one installation, and whether that is held is known with it.
    of_tokens = _installations_of_tokens(database, conditions)
    # Without this a list would silently lack what lives in other regions.
    if not of_tokens and not _holds_all(database, conditions):
        raise NotHeld
    clauses: list[tuple[str, Collection[Any]]] = [("installation.id", [each]) for each in of_tokens]
    if conditions.HasField("organization_id"):
        clauses.append(("installation.organization_id", [conditions.organization_id]))
    if conditions.HasField("status"):
        clauses.append(("installation.status", [SentryAppInstallationStatus.as_int(conditions.status)]))
    clauses += [
        (column, values)
        for column, values in (
            ("installation.id", conditions.installation_ids),
            ("installation.sentry_app_id", conditions.app_ids),
            ("installation.uuid", conditions.uuids),
        )
        if values
    ]
    # Always IN, also for a single value: one form, and the same index serves it.
    condition = " AND ".join(f"{column} IN ({marks(values)})" for column, values in clauses)
    return condition, [value for _, values in clauses for value in values]


def _installations_of_tokens(database: Database, conditions: Filter) -> list[int]:
    """Ids of the installations that the named tokens act for, 0 for a token that acts for none of the asked kind.

    Raises:
        NotHeld: a token or its installation is not known here.
    """
    return [
        _installation_of_token(database, token_id, is_internal=is_internal)
        for name, token_id, is_internal in (
            ("api_token_id", conditions.api_token_id, False),
            ("api_installation_token_id", conditions.api_installation_token_id, True),
        )
        if conditions.HasField(name)
    ]


def _installation_of_token(database: Database, token_id: int, *, is_internal: bool) -> int:
    rows = held_rows(database, "SELECT state FROM token_replica WHERE id = ?", (token_id,))
    if not rows:
        raise NotHeld
    token = replica_pb2.TokenState.FromString(rows[0][0])  # a tombstone's is empty: no installation has the id 0
    # The two filters ask for different kinds of tokens; one of the other kind matches nothing.
    if token.is_internal != is_internal or not token.installation_id:
        return 0
    # A token may arrive before its installation: no order is promised between objects.
    if not _knows_all(database, "id", [token.installation_id]):
        raise NotHeld
    return token.installation_id


def _holds_all(database: Database, conditions: Filter) -> bool:
    """Whether every installation in the world that can match is held here; one condition that says so is enough."""
    if conditions.HasField("organization_id") and is_local(database, conditions.organization_id):
        return True
    # A tombstone has no uuid, so that a uuid that is not found may be gone, or not held.
    named = (("id", conditions.installation_ids), ("uuid", conditions.uuids))
    return any(bool(values) and _knows_all(database, column, values) for column, values in named)


def _knows_all(database: Database, column: str, values: Iterable[Any]) -> bool:
    wanted = set(values)
    statement = f"SELECT {column} FROM installation_replica WHERE {column} IN ({marks(wanted)})"  # noqa: S608
    return {value for (value,) in held_rows(database, statement, sorted(wanted))} == wanted
