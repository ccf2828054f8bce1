"""What this region holds, and what it must leave to control. Owns the answer that a replica cannot give."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import peewee

from shared.consistency import required
from shared.database.database import Database
from shared.database.kept import Rows
from shared.database.statement import marks

_IDS_PER_STATEMENT = 1000


class NotHeld(Exception):
    """The replicas here cannot tell; control can.

    It is not the same as "there is none", which a tombstone says, or a list of an organization that lives here. It
    never leaves the silo: whoever reads replicas asks control then.
    """


def held_rows(database: Database, statement: str, parameters: Sequence[Any]) -> Rows:
    """The rows of a read of replicas, kept in this process while they are certain. Opens a session where it asks.

    Args:
        database: the region's.
        statement: names tables of ``tables_read`` alone.
        parameters: hashable values.
    """
    if required():
        # Whoever has seen something already waited for the tables, which another process of this region may have
        # written a moment ago: what is kept here hears of that, and may hear of it later.
        with database.session():
            return database.rows(statement, parameters)
    return database.kept.rows(statement, parameters)


def is_local(database: Database, organization_id: int) -> bool:
    """Whether the organization lives in this region. Opens a session where it asks."""
    return bool(held_rows(database, "SELECT 1 FROM organization WHERE id = ?", (organization_id,)))


def are_local(database: Database, organization_ids: Collection[int]) -> bool:
    """Whether all these organizations live in this region. Needs a session."""
    # Each once, since it is their number that is compared.
    wanted = list(set(organization_ids))
    return all(_count_local(database, some) == len(some) for some in peewee.chunked(wanted, _IDS_PER_STATEMENT))


def require_local(database: Database, organization_id: int) -> None:
    """Opens a session where it asks.

    Raises:
        NotHeld: the organization lives elsewhere.
    """
    if not is_local(database, organization_id):
        raise NotHeld


def slugs_of_organizations(database: Database, ids: Collection[int]) -> Mapping[int, str]:
    """By id, the slugs of organizations. Opens a session of its own.

    Raises:
        NotHeld: one of them lives elsewhere.
    """
    if not ids:
        return {}
    statement = f"SELECT id, slug FROM organization WHERE id IN ({marks(ids)})"  # noqa: S608
    slugs: dict[int, str] = dict(held_rows(database, statement, list(ids)))
    # An id without a slug would be passed over by whoever prints them; control knows all.
    if len(slugs) < len(ids):
        raise NotHeld
    return slugs


def _count_local(database: Database, ids: Sequence[int]) -> int:
    statement = f"SELECT COUNT(*) FROM organization WHERE id IN ({marks(ids)})"  # noqa: S608
    return int(database.rows(statement, ids)[0][0])
