"""An app as JSON (spec §4.3). Owns what is shown to whom; the rules are ``services.app_access``'s."""

from datetime import datetime
from typing import Any

from control_silo.models.app import SentryApp, SentryAppAvatar, is_older_than
from control_silo.services.app_access import may_see_ownership, may_see_secrets
from control_silo.services.app_details import AppDetails
from control_silo.services.identity import Principal
from shared.domain.app_status import SentryAppStatus
from shared.domain.features import IntegrationFeature
from shared.domain.headers import MASKED_VALUE, mask_headers
from shared.domain.subscription import consolidate_events
from shared.domain.webhook_url import without_credentials
from shared.http.answer import instant_json

SECRET_SHOWN_SECONDS = 24 * 3600
"""How long after an app's creation its client secret is shown."""


def app_object(details: AppDetails, *, principal: Principal, now: datetime, base_url: str) -> dict[str, Any]:
    """The app as this principal sees it.

    Args:
        details: the app.
        principal: who reads.
        now: decides whether the client secret is still shown.
        base_url: where this silo is reached; pictures lie below it.
    """
    app = details.app
    may_see = may_see_secrets(principal, app)
    shown = {
        **_public_fields(details, base_url),
        "webhookHeaders": list(app.webhook_headers) if may_see else mask_headers(app.webhook_headers),
    }
    if app.webhook_url and not may_see_ownership(principal, app):
        shown["webhookUrl"] = without_credentials(app.webhook_url)
    if app.is_published and app.date_published:
        shown["datePublished"] = instant_json(app.date_published)
    if may_see_ownership(principal, app):
        application = details.application
        shown["clientId"] = application.client_id if application else None
        shown["clientSecret"] = _secret(details, now=now, is_plain=may_see)
        shown["owner"] = {"id": app.owner_id, "slug": details.owner_slug}
    return shown


def _public_fields(details: AppDetails, base_url: str) -> dict[str, Any]:
    app = details.app
    return {
        "allowedOrigins": details.application.allowed_origins if details.application else [],
        "author": app.author,
        "avatars": [avatar_object(avatar, base_url=base_url) for avatar in details.avatars],
        "events": consolidate_events(app.events),
        "featureData": [] if app.is_internal else [feature_object(app, number) for number in details.features],
        "isAlertable": app.is_alertable,
        "isDisabled": app.is_disabled,
        "metadata": app.metadata,
        "name": app.name,
        "overview": app.overview,
        "popularity": app.popularity,
        "redirectUrl": app.redirect_url,
        "schema": app.schema,
        "scopes": app.scope_list,
        "slug": app.slug,
        "status": SentryAppStatus.as_str(app.status),
        "uuid": app.uuid,
        "verifyInstall": app.verify_install,
        "webhookEvents": app.events,
        "webhookUrl": app.webhook_url,
    }


def feature_object(app: SentryApp, number: int) -> dict[str, Any]:
    """A feature of an app."""
    feature = IntegrationFeature(number)
    return {
        "featureId": number,
        "featureGate": feature.gate,
        "description": feature.describe(app_name=app.name),
    }


def avatar_object(avatar: SentryAppAvatar, *, base_url: str) -> dict[str, Any]:
    """A picture of an app."""
    return {
        "avatarType": "upload" if avatar.avatar_type else "default",
        "avatarUuid": avatar.ident,
        "avatarUrl": f"{base_url}/sentry-app-avatar/{avatar.ident}/",
        "color": avatar.color,
        "photoType": "logo" if avatar.color else "icon",
    }


def _secret(details: AppDetails, *, now: datetime, is_plain: bool) -> str | None:
    if details.application is None or is_older_than(details.app, seconds=SECRET_SHOWN_SECONDS, now=now):
        return None
    return str(details.application.client_secret) if is_plain else MASKED_VALUE
