"""How often apps are installed (spec §6). Owns the counting; who may read it is the edge's to say.

As in the newest original, installations that were removed count nowhere, so that the number of those is always zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from control_silo.models.app import SentryApp, SentryAppAvatar
from control_silo.services.control import Control
from control_silo.services.find_app import list_avatars
from shared.database.columns import instant_text, parse_instant
from shared.domain.period import Period

_TOTAL = "SELECT COUNT(*) FROM sentry_app_installation WHERE sentry_app_id = ? AND date_deleted IS NULL"
_WITHIN = (
    "SELECT date_added FROM sentry_app_installation "
    "WHERE sentry_app_id = ? AND date_deleted IS NULL AND date_added >= ? AND date_added < ?"
)
_MOST_INSTALLED = """
SELECT a.id, a.uuid, a.slug, a.name, COUNT(i.id) AS installs
FROM sentry_app a LEFT JOIN sentry_app_installation i ON i.sentry_app_id = a.id AND i.date_deleted IS NULL
WHERE a.date_deleted IS NULL GROUP BY a.id ORDER BY installs DESC, a.id LIMIT ? OFFSET ?
"""


@dataclass(frozen=True)
class InstallStats:
    """How often one app is installed."""

    total: int
    """Installations that there are, whenever they were made."""
    series: Sequence[tuple[int, int]]
    """Start of an interval, and how many were made in it."""


@dataclass(frozen=True)
class InstalledApp:
    """An app in the list of the most installed."""

    id: int
    uuid: str
    slug: str
    name: str
    installs: int
    avatars: Sequence[SentryAppAvatar] = ()


def count_installs(control: Control, app: SentryApp, period: Period) -> InstallStats:
    """How often an app is installed, and when that was. Needs a session."""
    # Of all time beside a series of some: that is what the original's page shows.
    [(total,)] = control.database.rows(_TOTAL, (app.id,))
    rows = control.database.rows(_WITHIN, (app.id, _instant(period.first), _instant(period.end)))
    return InstallStats(total, period.count(parse_instant(added).timestamp() for (added,) in rows))


def list_most_installed(control: Control, *, offset: int, limit: int) -> list[InstalledApp]:
    """Live apps, the most installed first, those without installations last. Needs a session."""
    rows = control.database.rows(_MOST_INSTALLED, (limit, offset))
    # One statement for the page and not one for each app.
    avatars = list_avatars([row[0] for row in rows])
    return [
        InstalledApp(app_id, uuid, slug, name, installs, avatars.get(app_id, ()))
        for app_id, uuid, slug, name, installs in rows
    ]


def _instant(seconds: int) -> str:
    return instant_text(datetime.fromtimestamp(seconds, UTC))
