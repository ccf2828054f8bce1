"""Installations, which control owns: each carries what its app subscribes to, as the region's hook needs it."""

from collections.abc import Collection, Iterable

from control_silo.models.app import SentryApp
from control_silo.models.installation import SentryAppInstallation
from control_silo.models.region import OrganizationFeature
from control_silo.services.message import installation_message
from shared.category import Category
from shared.domain.features import EVENT_HOOKS_FEATURE
from shared.outbox.kind import OwnedKind
from shared.pb.hybridcloud.replication.v1 import replica_pb2


class InstallationKind(OwnedKind):
    """Installations; the app of one has a replica of its own."""

    category = Category.INSTALLATION
    live = "SELECT id FROM sentry_app_installation WHERE date_deleted IS NULL"
    numbered = SentryAppInstallation

    def states(self, ids: Collection[int]) -> Iterable[tuple[int, replica_pb2.InstallationState]]:
        rows = SentryAppInstallation.select(SentryAppInstallation, SentryApp).join(SentryApp)
        is_live = SentryAppInstallation.date_deleted.is_null()
        installations = list(rows.where(SentryAppInstallation.id.in_(ids), is_live))
        without_errors = _organizations_without_errors({each.organization_id for each in installations})
        for installation in installations:
            hears_errors = installation.organization_id not in without_errors
            yield installation.id, _state(installation, hears_errors=hears_errors)


def _state(installation: SentryAppInstallation, *, hears_errors: bool) -> replica_pb2.InstallationState:
    app = installation.sentry_app
    return replica_pb2.InstallationState(
        # Without its app, which has a replica of its own: else every change of the app would send its installations.
        installation=installation_message(installation, app=None),
        sentry_app_id=app.id,
        application_id=app.application_id or 0,
        webhook_url=app.webhook_url or "",
        # A resource as well as an event begins with its name.
        events=[name for name in app.events if hears_errors or name.partition(".")[0] != "error"],
    )


def _organizations_without_errors(organization_ids: Collection[int]) -> set[int]:
    """Those whose apps hear of no errors, because the feature is switched off (spec §5.3)."""
    off = OrganizationFeature.select(OrganizationFeature.organization_id).where(
        OrganizationFeature.organization_id.in_(organization_ids),
        OrganizationFeature.feature == EVENT_HOOKS_FEATURE,
        ~OrganizationFeature.is_enabled,
    )
    return {row.organization_id for row in off}
