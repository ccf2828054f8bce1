"""An installation as JSON (spec §4.5)."""

from typing import Any

from control_silo.services.app_access import may_see_code
from control_silo.services.identity import Principal
from control_silo.services.installation_details import InstallationDetails
from shared.domain.app_status import SentryAppInstallationStatus


def installation_object(details: InstallationDetails, *, principal: Principal) -> dict[str, Any]:
    """The installation as this principal sees it; ``code`` only for whoever could install."""
    installation, app = details.installation, details.app
    shown: dict[str, Any] = {
        "app": {"uuid": app.uuid, "slug": app.slug, "sentryAppId": app.id},
        "organization": {"slug": details.organization_slug, "id": installation.organization_id},
        "uuid": installation.uuid,
        "status": SentryAppInstallationStatus.as_str(installation.status),
    }
    if details.code and may_see_code(principal, installation):
        shown["code"] = details.code
    return shown
