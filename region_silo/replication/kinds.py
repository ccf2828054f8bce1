"""The kinds of a region: what it owns, and what it holds replicas of. Each is found in the file of its category."""

from shared.domain.peer import CONTROL
from shared.outbox.kind import Kinds

_LATELY = 10_000
"""Rows of tables without bound that are looked at: whoever control has forgotten was new when the copy was not yet."""
MENTIONED = {
    "application": "SELECT max(application_id) FROM app_replica",
    "component": "SELECT max(id) FROM component_replica",
    "user": f"""
        SELECT max(id) FROM (
            SELECT max(proxy_user_id) AS id FROM app_replica
            UNION ALL SELECT max(assignee_id) FROM issue WHERE assignee_id IS NOT NULL
            UNION ALL SELECT max(author_id) FROM (
                SELECT author_id FROM comment ORDER BY id DESC LIMIT {_LATELY}) AS lately
            UNION ALL SELECT max(CAST(actor_id AS BIGINT)) FROM (
                SELECT actor_id, actor_type FROM activity ORDER BY id DESC LIMIT {_LATELY}) AS lately
                WHERE actor_type = 'user') AS seen""",  # noqa: S608 - a number of ours
}
"""Ids of control's that are no category's: where a region has them from, and how far they go."""
READ_BESIDE = ("component_replica", "organization")
"""Tables that reads of replicas name beside those of the kinds: parts of apps, and which organizations live here."""


def kinds_of(region_name: str) -> Kinds:
    """The kinds of the region of that name; it tells control alone of what it owns."""
    return Kinds.found_in(__package__, silo=region_name, is_told=lambda name: name == CONTROL, mentioned=MENTIONED)


def tables_read(region_name: str) -> list[str]:
    """The tables that reads of replicas name."""
    return [*(kind.name for kind in kinds_of(region_name).held), *READ_BESIDE]
