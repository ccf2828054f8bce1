"""What this region holds, and what it must leave to control. Owns the answer that a replica cannot give."""

from collections.abc import Collection, Mapping, Sequence

import peewee

from shared.database.database import Database
from shared.database.statement import marks

_IDS_PER_STATEMENT = 1000


class NotHeld(Exception):
    """The replicas here cannot tell; control can.

    It is not the same as "there is none", which a tombstone says, or a list of an organization that lives here. It
    never leaves the silo: whoever reads replicas asks control then.
    """


def is_local(database: Database, organization_id: int) -> bool:
    """Whether the organization lives in this region. Needs a session."""
    return bool(database.rows("SELECT 1 FROM organization WHERE id = ?", (organization_id,)))


def are_local(database: Database, organization_ids: Collection[int]) -> bool:
    """Whether all these organizations live in this region. Needs a session."""
    # Each once, since it is their number that is compared.
    wanted = list(set(organization_ids))
    return all(_count_local(database, some) == len(some) for some in peewee.chunked(wanted, _IDS_PER_STATEMENT))


def require_local(database: Database, organization_id: int) -> None:
    """Needs a session.

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
    with database.session():
        slugs = dict(database.rows(statement, list(ids)))
    # An id without a slug would be passed over by whoever prints them; control knows all.
    if len(slugs) < len(ids):
        raise NotHeld
    return slugs


def _count_local(database: Database, ids: Sequence[int]) -> int:
    statement = f"SELECT COUNT(*) FROM organization WHERE id IN ({marks(ids)})"  # noqa: S608
    return int(database.rows(statement, ids)[0][0])
