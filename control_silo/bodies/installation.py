"""Installations: which app to install, what an app says of its installation, and who sees what of it (spec §4.5)."""

from typing import Annotated, Any, ClassVar

from pydantic import MISSING, AfterValidator, BeforeValidator, ConfigDict, Field

from control_silo.services.app_access import may_see_code
from control_silo.services.find_installation import InstallationDetails
from control_silo.services.principal import Principal
from shared.bodies.body import Body, shown_by
from shared.bodies.fields import Text
from shared.bodies.installation import InstallationObject, InstalledAppObject, InstallingOrganizationObject
from shared.domain.app_status import SentryAppInstallationStatus
from shared.domain.json_field import FieldInvalid, parse_text, shown
from shared.domain.json_value import JsonValue
from shared.domain.slug import MAX_SLUG_CHARACTERS, SLUG_ERROR, is_valid_slug

_INSTALLED = "installed"
_MAX_STATUS_CHARACTERS = 64


def _checked_slug(text: str) -> str:
    if not is_valid_slug(text):
        raise FieldInvalid(SLUG_ERROR)
    return text


def _read_status(value: JsonValue) -> str:
    text = parse_text(value, max_characters=_MAX_STATUS_CHARACTERS, is_blank_allowed=False)
    # The one step that is an app's to take; all others are made by installing and deleting.
    if text != _INSTALLED:
        raise FieldInvalid(f"Invalid value '{shown(text)}' for status. Valid values: '{_INSTALLED}'")
    return text


class InstallBody(Body):
    """The app to install."""

    model_config: ClassVar[ConfigDict] = shown_by({"slug": "acme-kanban"})

    slug: Annotated[str, Text(MAX_SLUG_CHARACTERS), AfterValidator(_checked_slug)]


class ConfirmBody(Body):
    """What an app says of its installation."""

    model_config: ClassVar[ConfigDict] = shown_by({"status": _INSTALLED})

    status: Annotated[str, BeforeValidator(_read_status), Field(json_schema_extra={"const": _INSTALLED})] | MISSING = (
        MISSING
    )


def installation_object(details: InstallationDetails, *, principal: Principal) -> InstallationObject:
    """The installation as this principal sees it; its code only for whoever could install."""
    installation, app = details.installation, details.app
    status: Any = SentryAppInstallationStatus.as_str(installation.status)
    return InstallationObject(
        app=InstalledAppObject(uuid=app.uuid, slug=app.slug, sentry_app_id=app.id),
        organization=InstallingOrganizationObject(slug=details.organization_slug, id=installation.organization_id),
        uuid=installation.uuid,
        status=status,
        code=details.code if details.code and may_see_code(principal, installation) else MISSING,
    )
