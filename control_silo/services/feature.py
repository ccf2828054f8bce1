"""What an organization may use: its switches. Owns their storage; the defaults are ``shared.domain.features``'s."""

from control_silo.models.app import SentryApp
from control_silo.models.installation import SentryAppInstallation
from control_silo.models.region import OrganizationFeature
from control_silo.services.control import Control
from shared.category import Category
from shared.database.locking import locked
from shared.database.transaction import Transaction
from shared.domain.features import EVENT_HOOKS_FEATURE, is_feature_name
from shared.errors import ValidationFailed
from shared.outbox.change import change


def get_switches(organization_id: int) -> dict[str, bool]:
    """The features that were switched on or off for the organization. Needs a session."""
    rows = OrganizationFeature.select().where(OrganizationFeature.organization_id == organization_id)
    return {row.feature: row.is_enabled for row in rows}


def set_switch(control: Control, *, organization_id: int, feature: str, is_enabled: bool) -> None:
    """Switches a feature on or off; known or not, it then is what was said.

    Raises:
        ValidationFailed: this is no feature's full name.
    """
    if not is_feature_name(feature):
        raise ValidationFailed(
            fields={"feature": ["A feature is named in full, such as organizations:integrations-api."]}
        )
    with control.database.transaction() as tx:
        # One statement, so that of two at once neither fails: the later one says what is.
        OrganizationFeature.insert(organization_id=organization_id, feature=feature, is_enabled=is_enabled).on_conflict(
            conflict_target=[OrganizationFeature.organization_id, OrganizationFeature.feature],
            update={OrganizationFeature.is_enabled: is_enabled},
        ).execute()
        # Of all features the one that regions must be told of: their hooks carry what is heard.
        if feature == EVENT_HOOKS_FEATURE:
            _errors_switched(tx, organization_id)


def _errors_switched(tx: Transaction, organization_id: int) -> None:
    """Whether an organization's installations hear of errors hangs on the feature; their apps are held first."""
    live = (SentryAppInstallation.organization_id == organization_id) & SentryAppInstallation.date_deleted.is_null()
    installed = SentryAppInstallation.select(SentryAppInstallation.sentry_app).where(live)
    # In the order of their ids, as everywhere: two who hold several apps never wait for each other.
    list(locked(tx, SentryApp.select().where(SentryApp.id.in_(installed)).order_by(SentryApp.id)))
    installations = SentryAppInstallation.select(SentryAppInstallation.id).where(live)
    change(tx, Category.INSTALLATION, [each.id for each in installations])
