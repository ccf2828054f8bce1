"""Looking installations up: with all that is shown of them, or held for whoever changes them. Deleted ones are never
found. Owns the queries. A region finds its organizations' alone, where several are looked through; who may see what
else, whoever asks has to know. Every function needs a session.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import peewee

from control_silo.models.app import SentryApp
from control_silo.models.installation import SentryAppInstallation, SentryAppInstallationToken
from control_silo.services.interest import installations_of_token, seen
from shared.category import Category
from shared.database.locking import locked
from shared.database.row import Columns
from shared.database.session import current_database
from shared.database.transaction import Transaction
from shared.domain.app_status import SentryAppInstallationStatus
from shared.errors import InstallationNotFound
from shared.pb.hybridcloud.apps.v1 import installation_pb2

_INSTALLED = SentryAppInstallation.status == int(SentryAppInstallationStatus.INSTALLED)


@dataclass(frozen=True, kw_only=True)
class InstallationDetails:
    """An installation with its app, its organization's slug and the code that waits to be exchanged."""

    installation: SentryAppInstallation
    app: SentryApp
    organization_slug: str
    """Empty: control does not know the organization, or no longer."""
    code: str | None
    """Secret until it is exchanged."""

    # The code would stand in every log line and traceback that shows the value.
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


def find_installation_details(uuid: str) -> InstallationDetails | None:
    """A live installation; None when there is none."""
    # PostgreSQL refuses a NUL in a text with an error; there is no such uuid.
    if "\x00" in uuid:
        return None
    rows = current_database().rows(f"{_SELECT} WHERE i.uuid = ? AND i.date_deleted IS NULL", (uuid,))
    return _details(rows[0]) if rows else None


def list_installation_details(*, organization_id: int, offset: int, limit: int) -> list[InstallationDetails]:
    """Live installations in an organization, newest first."""
    rows = current_database().rows(
        f"{_SELECT} WHERE i.organization_id = ? AND i.date_deleted IS NULL "
        "ORDER BY i.date_added DESC, i.id DESC LIMIT ? OFFSET ?",
        (organization_id, limit, offset),
    )
    return [_details(row) for row in rows]


def find_installation(installation_id: int) -> SentryAppInstallation | None:
    """The installation with an id, of any status; None when there is none."""
    return _seen(SentryAppInstallation.id == installation_id).get_or_none()


def find_installed(installation_id: int) -> SentryAppInstallation | None:
    """The installation with an id; None when there is none, or its status is not ``installed``."""
    return _seen(SentryAppInstallation.id == installation_id, _INSTALLED).get_or_none()


def find_installation_by_uuid(uuid: str) -> SentryAppInstallation | None:
    """The installation with a uuid, of any status; None when there is none."""
    return _seen(SentryAppInstallation.uuid == uuid).get_or_none()


def find_newest_installation(app_id: int, *, organization_id: int) -> SentryAppInstallation | None:
    """The newest installation of an app in an organization, of any status; None when there is none."""
    return _find_newest(
        SentryAppInstallation.sentry_app == app_id, SentryAppInstallation.organization_id == organization_id
    )


def find_installation_of_proxy_user(user_id: int, *, organization_id: int) -> SentryAppInstallation | None:
    """The newest installation, in an organization, of the app that acts as a user; None when there is none."""
    apps = SentryApp.select(SentryApp.id).where(SentryApp.proxy_user == user_id, SentryApp.date_deleted.is_null())
    return _find_newest(
        SentryAppInstallation.sentry_app.in_(apps), SentryAppInstallation.organization_id == organization_id
    )


def installed_in(organization_id: int) -> list[SentryAppInstallation]:
    """The installations of an organization whose status is ``installed``, in id order."""
    query = _seen(SentryAppInstallation.organization_id == organization_id, _INSTALLED)
    return list(query.order_by(SentryAppInstallation.id))


def installations_matching(
    conditions: installation_pb2.SentryAppInstallationFilter,
) -> list[SentryAppInstallation]:
    """The installations that meet every condition that is set, in id order."""
    query = _seen(*_clauses(conditions))
    return list(query.order_by(SentryAppInstallation.id))


def find_organization_of_live_token(token_id: int) -> int | None:
    """Organization of the installation that a token acts for; None unless that one's status is ``installed``."""
    # Only `installed`: the token of a pending installation may confirm it, and acts for nobody yet.
    wanted = SentryAppInstallation.id.in_(installations_of_token(token_id))
    installation = _seen(wanted, _INSTALLED).get_or_none()
    return installation.organization_id if installation else None


def find_live_installation(app: SentryApp, *, organization_id: int) -> SentryAppInstallation | None:
    """The oldest installation of the app in the organization that was not deleted."""
    return (
        SentryAppInstallation.select()
        .where(
            SentryAppInstallation.sentry_app == app,
            SentryAppInstallation.organization_id == organization_id,
            SentryAppInstallation.date_deleted.is_null(),
        )
        .order_by(SentryAppInstallation.id)
        .get_or_none()
    )


def get_installation(tx: Transaction, uuid: str) -> SentryAppInstallation:
    """A live installation, held until the transaction ends.

    Raises:
        InstallationNotFound: there is none.
    """
    query = SentryAppInstallation.select().where(
        SentryAppInstallation.uuid == uuid, SentryAppInstallation.date_deleted.is_null()
    )
    installation = locked(tx, query).get_or_none()
    if installation is None:
        raise InstallationNotFound
    return installation


def _seen(*conditions: Any) -> "peewee.ModelSelect[SentryAppInstallation]":
    live = SentryAppInstallation.select().where(SentryAppInstallation.date_deleted.is_null(), *conditions)
    return seen(live, Category.INSTALLATION, SentryAppInstallation.id)


def _find_newest(*conditions: Any) -> SentryAppInstallation | None:
    query = _seen(*conditions)
    return query.order_by(SentryAppInstallation.id.desc()).limit(1).get_or_none()


def _clauses(conditions: installation_pb2.SentryAppInstallationFilter) -> list[Any]:
    clauses: list[Any] = []
    if conditions.HasField("organization_id"):
        clauses.append(SentryAppInstallation.organization_id == conditions.organization_id)
    if conditions.installation_ids:
        clauses.append(SentryAppInstallation.id.in_(list(conditions.installation_ids)))
    if conditions.app_ids:
        clauses.append(SentryAppInstallation.sentry_app.in_(list(conditions.app_ids)))
    if conditions.uuids:
        clauses.append(SentryAppInstallation.uuid.in_(list(conditions.uuids)))
    if conditions.HasField("status"):
        clauses.append(SentryAppInstallation.status == SentryAppInstallationStatus.as_int(conditions.status))
    if conditions.HasField("api_token_id"):
        clauses.append(SentryAppInstallation.api_token == conditions.api_token_id)
    if conditions.HasField("api_installation_token_id"):
        linked = SentryAppInstallationToken.select(SentryAppInstallationToken.sentry_app_installation).where(
            SentryAppInstallationToken.api_token == conditions.api_installation_token_id
        )
        clauses.append(SentryAppInstallation.id.in_(linked))
    return clauses


def _details(row: Sequence[Any]) -> InstallationDetails:
    organization_slug, code = row[-2:]
    return InstallationDetails(
        installation=_INSTALLATION.read(row),
        app=_APP.read(row, at=_INSTALLATION.width),
        organization_slug=organization_slug or "",
        code=code,
    )
