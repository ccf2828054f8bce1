"""Installations, which control owns: each carries what its app subscribes to, as the region's hook needs it."""

from collections.abc import Collection, Iterable, Sequence

from control_silo.models.app import SentryApp
from control_silo.models.installation import SentryAppInstallation
from control_silo.models.region import OrganizationFeature
from control_silo.replication.owned import ControlKind
from control_silo.services.message import installation_message
from shared.category import Category, number_of
from shared.domain.features import EVENT_HOOKS_FEATURE
from shared.pb.hybridcloud.replication.v1 import replica_pb2


class InstallationKind(ControlKind):
    """Installations; the app of one has a replica of its own."""

    category = Category.INSTALLATION
    model = SentryAppInstallation

    def states(self, ids: Collection[int]) -> Iterable[replica_pb2.Change]:
        rows = SentryAppInstallation.select(SentryAppInstallation, SentryApp).join(SentryApp)
        installations = list(rows.where(SentryAppInstallation.id.in_(ids)))
        without_errors = _organizations_without_errors({each.organization_id for each in installations})
        for installation in installations:
            yield self._change(installation, hears_errors=installation.organization_id not in without_errors)

    def apps_of(self, ids: Sequence[int]) -> Sequence[int]:
        installations = SentryAppInstallation.select(SentryAppInstallation.sentry_app)
        return [each.sentry_app_id for each in installations.where(SentryAppInstallation.id.in_(ids))]

    def _change(self, installation: SentryAppInstallation, *, hears_errors: bool) -> replica_pb2.Change:
        app = installation.sentry_app
        # A resource as well as an event begins with its name.
        events = [name for name in app.events if hears_errors or name.partition(".")[0] != "error"]
        state = replica_pb2.InstallationState(
            installation=installation_message(installation, app=None),
            sentry_app_id=app.id,
            application_id=app.application_id or 0,
            webhook_url=app.webhook_url or "",
            events=events,
        )
        return replica_pb2.Change(
            category=number_of(self.category),
            object_id=installation.id,
            version=installation.version,
            installation=state,
        )


def _organizations_without_errors(organization_ids: Collection[int]) -> set[int]:
    """Those whose apps hear of no errors, because the feature is switched off (spec §5.3)."""
    off = OrganizationFeature.select(OrganizationFeature.organization_id).where(
        OrganizationFeature.organization_id.in_(organization_ids),
        OrganizationFeature.feature == EVENT_HOOKS_FEATURE,
        ~OrganizationFeature.is_enabled,
    )
    return {row.organization_id for row in off}
