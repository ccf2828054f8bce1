"""Looking installations up. Deleted ones are never found. Every function needs a session."""

from typing import Any

from control_silo.models.app import SentryApp
from control_silo.models.installation import SentryAppInstallation, SentryAppInstallationToken
from control_silo.services.interest import installations_of_token
from shared.domain.app_status import SentryAppInstallationStatus
from shared.pb.hybridcloud.apps.v1 import installation_pb2

_LIVE = SentryAppInstallation.date_deleted.is_null()
_INSTALLED = SentryAppInstallation.status == int(SentryAppInstallationStatus.INSTALLED)


def find_installation(installation_id: int) -> SentryAppInstallation | None:
    """The installation with an id, of any status; None when there is none."""
    return SentryAppInstallation.get_or_none(SentryAppInstallation.id == installation_id, _LIVE)


def find_installed(installation_id: int) -> SentryAppInstallation | None:
    """The installation with an id; None when there is none, or its status is not ``installed``."""
    return SentryAppInstallation.get_or_none(SentryAppInstallation.id == installation_id, _LIVE, _INSTALLED)


def find_installation_by_uuid(uuid: str) -> SentryAppInstallation | None:
    """The installation with a uuid, of any status; None when there is none."""
    return SentryAppInstallation.get_or_none(SentryAppInstallation.uuid == uuid, _LIVE)


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
    query = SentryAppInstallation.select().where(
        SentryAppInstallation.organization_id == organization_id, _LIVE, _INSTALLED
    )
    return list(query.order_by(SentryAppInstallation.id))


def installations_matching(
    conditions: installation_pb2.SentryAppInstallationFilter,
) -> list[SentryAppInstallation]:
    """The installations that meet every condition that is set, in id order."""
    query = SentryAppInstallation.select().where(_LIVE, *_clauses(conditions))
    return list(query.order_by(SentryAppInstallation.id))


def find_organization_of_live_token(token_id: int) -> int | None:
    """Organization of the installation that a token acts for; None unless that one's status is ``installed``."""
    wanted = SentryAppInstallation.id.in_(installations_of_token(token_id))
    installation = SentryAppInstallation.get_or_none(wanted, _LIVE, _INSTALLED)
    return installation.organization_id if installation else None


def _find_newest(*conditions: Any) -> SentryAppInstallation | None:
    query = SentryAppInstallation.select().where(_LIVE, *conditions)
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
