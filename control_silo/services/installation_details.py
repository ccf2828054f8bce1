"""Reading installations with all that is shown of them. Owns the query; changes nothing, and knows not who asks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from control_silo.models.app import SentryApp
from control_silo.models.installation import SentryAppInstallation
from control_silo.services.control import Control
from shared.database.row import Columns


@dataclass(frozen=True, kw_only=True)
class InstallationDetails:
    """An installation with its app, its organization's slug and the code that waits to be exchanged."""

    installation: SentryAppInstallation
    app: SentryApp
    organization_slug: str
    """Empty: control does not know the organization, or no longer."""
    code: str | None
    """Secret until it is exchanged."""

    def __repr__(self) -> str:
        return f"InstallationDetails({self.installation.uuid})"


_INSTALLATION = Columns(SentryAppInstallation, "i")
_APP = Columns(SentryApp, "a")
_SELECT = (
    f"SELECT {_INSTALLATION.sql}, {_APP.sql}, o.slug, g.code FROM sentry_app_installation i "  # noqa: S608
    "JOIN sentry_app a ON a.id = i.sentry_app_id "
    "LEFT JOIN organization_replica o ON o.id = i.organization_id AND NOT o.tombstone "
    "LEFT JOIN api_grant g ON g.id = i.api_grant_id "
)


def find_installation_details(control: Control, uuid: str) -> InstallationDetails | None:
    """A live installation; None when there is none. Needs a session."""
    if "\x00" in uuid:
        return None
    rows = control.database.rows(f"{_SELECT} WHERE i.uuid = ? AND i.date_deleted IS NULL", (uuid,))
    return _details(rows[0]) if rows else None


def list_installation_details(
    control: Control, *, organization_id: int, offset: int, limit: int
) -> list[InstallationDetails]:
    """Live installations in an organization, newest first. Needs a session."""
    rows = control.database.rows(
        f"{_SELECT} WHERE i.organization_id = ? AND i.date_deleted IS NULL "
        "ORDER BY i.date_added DESC, i.id DESC LIMIT ? OFFSET ?",
        (organization_id, limit, offset),
    )
    return [_details(row) for row in rows]


def _details(row: Sequence[Any]) -> InstallationDetails:
    organization_slug, code = row[-2:]
    return InstallationDetails(
        installation=_INSTALLATION.read(row),
        app=_APP.read(row, at=_INSTALLATION.width),
        organization_slug=organization_slug or "",
        code=code,
    )
