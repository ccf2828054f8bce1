"""Reads apps for delivery. Owns the one hand-written statement of the hot path; a batch of hundreds is one round trip.

An object of the mapper costs more than everything else that happens to a change, so rows are read bare.
"""

import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.database.database import current_database
from shared.database.statement import among
from shared.domain.app_status import SentryAppStatus

_COLUMNS = (
    "id",
    "version",
    "owner_id",
    "proxy_user_id",
    "name",
    "slug",
    "uuid",
    "status",
    "webhook_url",
    "is_alertable",
    "is_disabled",
    "creator_label",
)
_JSON_COLUMNS = ("scope_list", "webhook_headers", "events", "metadata")
_APPLICATION_COLUMNS = ("id", "client_id", "client_secret", "allowed_origins")

_SELECT = f"""
    SELECT {", ".join(f"app.{column}" for column in (*_COLUMNS, *_JSON_COLUMNS))},
        {", ".join(f"application.{column}" for column in _APPLICATION_COLUMNS)},
        app.date_deleted IS NULL AND (
            app.status = {int(SentryAppStatus.PUBLISHED)}
            OR EXISTS (SELECT 1 FROM organization_replica AS place
                WHERE place.id = app.owner_id AND place.region_name = ?)
            OR EXISTS (SELECT 1 FROM sentry_app_installation AS installation
                JOIN organization_replica AS place ON place.id = installation.organization_id
                WHERE installation.sentry_app_id = app.id AND installation.date_deleted IS NULL
                AND place.region_name = ?))
    FROM sentry_app AS app LEFT JOIN api_application AS application ON application.id = app.application_id
    WHERE app.id """  # noqa: S608 - every name above is ours


@dataclass(frozen=True, slots=True)
class ApplicationRow:
    """The OAuth client of an app, as delivery needs it."""

    id: int
    client_id: str
    client_secret: str = field(repr=False)
    allowed_origins: list[str]


@dataclass(frozen=True, slots=True)
class AppRow:
    """An app, as delivery needs it; the attributes are named as the model's."""

    id: int
    version: int
    owner_id: int
    proxy_user_id: int | None
    name: str
    slug: str
    uuid: str
    status: int
    webhook_url: str | None
    is_alertable: bool
    is_disabled: bool
    creator_label: str | None
    scope_list: list[str]
    webhook_headers: list[str] = field(repr=False)
    events: list[str]
    metadata: dict[str, Any] = field(repr=False)
    application: ApplicationRow | None
    is_wanted: bool
    """Whether the region should hold it now."""


@dataclass(frozen=True, slots=True)
class ComponentRow:
    """A component of an app."""

    id: int
    uuid: str
    sentry_app_id: int
    type: str
    schema: dict[str, Any]


@dataclass(frozen=True, slots=True)
class AvatarRow:
    """A picture of an app."""

    id: int
    ident: str
    sentry_app_id: int
    avatar_type: int
    color: bool


def read_apps(ids: Sequence[int], *, region: str) -> list[AppRow]:
    """The apps with these ids, deleted ones included. Needs a session."""
    return [_app_row(row) for row in _rows(_SELECT, ids, region, region)]


def read_components(app_ids: Sequence[int]) -> list[ComponentRow]:
    """The components of these apps, each app's in schema order. Needs a session."""
    rows = _rows("SELECT id, uuid, sentry_app_id, type, schema FROM sentry_app_component WHERE sentry_app_id ", app_ids)
    return [ComponentRow(*(*row[:4], json.loads(row[4]))) for row in sorted(rows)]


def read_avatars(app_ids: Sequence[int]) -> list[AvatarRow]:
    """The pictures of these apps. Needs a session."""
    statement = "SELECT id, ident, sentry_app_id, avatar_type, color FROM sentry_app_avatar WHERE sentry_app_id "
    return [AvatarRow(*(*row[:4], bool(row[4]))) for row in sorted(_rows(statement, app_ids))]


def _rows(statement: str, ids: Sequence[int], *parameters: str) -> list[tuple[Any, ...]]:
    """The rows of a statement that ends where the condition on ids begins."""
    database = current_database()
    if not ids:
        return []
    condition, values = among(database, ids)
    return database.rows(statement + condition, (*parameters, *values))


def _app_row(row: tuple[Any, ...]) -> AppRow:
    plain, rest = row[: len(_COLUMNS)], row[len(_COLUMNS) :]
    json_values, application, is_wanted = rest[:4], rest[4:8], rest[8]
    values = (
        *plain[:9],
        bool(plain[9]),
        bool(plain[10]),
        plain[11],
        *map(_parsed, json_values),
        ApplicationRow(*(*application[:3], _parsed(application[3]))) if application[0] is not None else None,
        bool(is_wanted),
    )
    return AppRow(*values)


@functools.lru_cache(maxsize=1024)
def _parsed(text: str) -> Any:
    """Parses JSON; lists of scopes and events repeat from app to app. What comes out is read, never changed."""
    return json.loads(text)
