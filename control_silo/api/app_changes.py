"""From the body of a request to what the services do to an app. Owns the difference between absent, null and empty."""

from typing import TypeVar

from control_silo.models.app import SentryApp
from control_silo.services.create_app import SentryAppCreator
from control_silo.services.update_app import SentryAppUpdater
from shared.domain.app_fields import AppFields, CurrentApp
from shared.domain.json_field import Unset

_T = TypeVar("_T")
_CLEARABLE = ("author", "webhook_url", "redirect_url", "overview")


def creator_of(fields: AppFields, *, organization_id: int, organization_name: str) -> SentryAppCreator:
    """A new app; an internal one is by its organization unless it says otherwise."""
    return SentryAppCreator(
        name=_given(fields.name) or "",
        author=_given(fields.author) or (organization_name if fields.is_internal else None),
        organization_id=organization_id,
        is_internal=fields.is_internal,
        scopes=_given(fields.scopes) or (),
        events=_given(fields.events) or (),
        webhook_url=_given(fields.webhook_url) or None,
        webhook_headers=_given(fields.webhook_headers) or (),
        redirect_url=_given(fields.redirect_url) or None,
        is_alertable=_given(fields.is_alertable) or False,
        verify_install=fields.verify_install is not False,
        schema=_given(fields.schema) or {},
        overview=_given(fields.overview) or None,
        allowed_origins=_given(fields.allowed_origins) or (),
        popularity=_given(fields.popularity),
    )


def updater_of(fields: AppFields) -> SentryAppUpdater:
    """The changes that a body asks for. Null empties texts, events and headers, and changes nothing else."""
    return SentryAppUpdater(
        name=_given(fields.name),
        author=_given(fields.author) or None,
        features=_given(fields.features),
        status=_given(fields.status),
        scopes=_given(fields.scopes),
        events=() if fields.events is None else _given(fields.events),
        webhook_url=_given(fields.webhook_url) or None,
        webhook_headers=() if fields.webhook_headers is None else _given(fields.webhook_headers),
        redirect_url=_given(fields.redirect_url) or None,
        is_alertable=_given(fields.is_alertable),
        verify_install=_given(fields.verify_install),
        overview=_given(fields.overview) or None,
        allowed_origins=_given(fields.allowed_origins),
        schema=_given(fields.schema),
        popularity=_given(fields.popularity),
        is_disabled=_given(fields.is_disabled),
        clear=frozenset(name for name in _CLEARABLE if getattr(fields, name) in (None, "")),
    )


def current_app(app: SentryApp) -> CurrentApp:
    """The app as its change is checked against it."""
    return CurrentApp(
        is_internal=app.is_internal,
        scopes=app.scope_list,
        events=app.events,
        webhook_url=app.webhook_url,
        author=app.author,
        is_alertable=app.is_alertable,
        webhook_headers=tuple(app.webhook_headers),
    )


def _given(value: _T | Unset | None) -> _T | None:
    return None if isinstance(value, Unset) else value
