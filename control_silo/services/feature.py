"""What an organization may use: its switches. Owns their storage; the defaults are ``shared.domain.features``'s."""

from control_silo.models.region import OrganizationFeature
from control_silo.services.control import Control
from shared.domain.features import is_feature_name
from shared.errors import ValidationFailed


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
    with control.database.transaction():
        OrganizationFeature.insert(organization_id=organization_id, feature=feature, is_enabled=is_enabled).on_conflict(
            conflict_target=[OrganizationFeature.organization_id, OrganizationFeature.feature],
            update={OrganizationFeature.is_enabled: is_enabled},
        ).execute()
