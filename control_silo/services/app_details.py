"""Reading apps with all that is shown of them. Owns the queries; changes nothing and refuses to know who asks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from control_silo.models.app import IntegrationFeature, SentryApp, SentryAppAvatar
from control_silo.models.application import ApiApplication
from control_silo.services.control import Control
from shared.database.model import table_of
from shared.database.row import Columns
from shared.database.statement import marks
from shared.domain.app_status import SentryAppStatus
from shared.domain.path_key import path_key


@dataclass(frozen=True, kw_only=True)
class AppDetails:
    """An app with what belongs to it."""

    app: SentryApp
    application: ApiApplication | None
    owner_slug: str | None
    """None: control does not know the organization, or no longer."""
    features: tuple[int, ...] = ()
    avatars: tuple[SentryAppAvatar, ...] = ()


_APP = Columns(SentryApp, "a")
_APPLICATION = Columns(ApiApplication, "p")
_AVATAR = Columns(SentryAppAvatar, "v")
# One statement, since each is a round trip; pictures, which most apps have not, take another. A row per feature, of
# which most apps have one: putting them together in the database would take it a third of the statement's time.
_SELECT = f"""
SELECT {_APP.sql}, {_APPLICATION.sql}, o.slug,
    EXISTS (SELECT 1 FROM sentry_app_avatar v WHERE v.sentry_app_id = a.id),
    f.feature
FROM sentry_app a
LEFT JOIN api_application p ON p.id = a.application_id
LEFT JOIN organization_replica o ON o.id = a.owner_id AND NOT o.tombstone
LEFT JOIN {table_of(IntegrationFeature)} f ON f.sentry_app_id = a.id
"""  # noqa: S608 - every name is ours
_BY_ID, _BY_SLUG = (f"{_SELECT} WHERE a.{key} = ? AND a.date_deleted IS NULL" for key in ("id", "slug"))
_NEWEST_FIRST = "ORDER BY a.date_added DESC, a.id DESC"


def find_app_details(control: Control, id_or_slug: str) -> AppDetails | None:
    """A live app by its id or slug; None when there is none. Needs a session."""
    key = path_key(id_or_slug)
    if key is None:
        return None
    rows = control.database.rows(_BY_ID if isinstance(key, int) else _BY_SLUG, (key,))
    return next(iter(_read(control, rows)), None)


def list_app_details(
    control: Control,
    *,
    status: SentryAppStatus | None,
    owner_ids: Sequence[int] | None = None,
    offset: int,
    limit: int,
) -> list[AppDetails]:
    """Live apps, newest first. Needs a session.

    Args:
        control: database and clock.
        status: only those; None for all.
        owner_ids: only those of these organizations; None for all.
        offset: how many to pass over.
        limit: how many to return.
    """
    if owner_ids is not None and not owner_ids:
        return []
    conditions, parameters = ["a.date_deleted IS NULL"], []
    if status is not None:
        conditions.append("a.status = ?")
        parameters.append(int(status))
    if owner_ids is not None:
        conditions.append(f"a.owner_id IN ({marks(owner_ids)})")
        parameters.extend(owner_ids)
    where = f"WHERE {' AND '.join(conditions)} {_NEWEST_FIRST} LIMIT ? OFFSET ?"
    # The page is found in the index first; only its own rows are joined.
    page = f"SELECT a.id FROM sentry_app a {where}"  # noqa: S608
    select = f"{_SELECT} WHERE a.id IN (SELECT id FROM ({page}) AS page) {_NEWEST_FIRST}"  # noqa: S608
    return _read(control, control.database.rows(select, [*parameters, limit, offset]))


def list_avatars(control: Control, app_ids: Sequence[int]) -> dict[int, list[SentryAppAvatar]]:
    """The pictures of these apps, by app; an app without any is not there. Needs a session."""
    if not app_ids:
        return {}
    rows = control.database.rows(
        f"SELECT {_AVATAR.sql} FROM sentry_app_avatar v WHERE v.sentry_app_id IN ({marks(app_ids)}) ORDER BY v.id",  # noqa: S608
        app_ids,
    )
    by_app: dict[int, list[SentryAppAvatar]] = {}
    for avatar in map(_AVATAR.read, rows):
        by_app.setdefault(avatar.sentry_app_id, []).append(avatar)
    return by_app


def _read(control: Control, rows: Sequence[tuple[Any, ...]]) -> list[AppDetails]:
    by_app: dict[int, list[tuple[Any, ...]]] = {}
    for row in rows:
        by_app.setdefault(_APP.id_of(row), []).append(row)
    avatars = list_avatars(control, [app_id for app_id, (row, *_) in by_app.items() if row[-2]])
    return [_details(of_app, avatars.get(app_id, ())) for app_id, of_app in by_app.items()]


def _details(rows: Sequence[tuple[Any, ...]], avatars: Sequence[SentryAppAvatar]) -> AppDetails:
    row = rows[0]
    app = _APP.read(row)
    return AppDetails(
        app=app,
        application=_APPLICATION.read(row, at=_APP.width) if app.application_id else None,
        owner_slug=row[-3],
        features=tuple(sorted(row[-1] for row in rows if row[-1] is not None)),
        avatars=tuple(avatars),
    )
