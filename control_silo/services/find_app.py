"""Reading apps: with all that is shown of them, or held for whoever changes them. Deleted apps are never found.

Owns the queries; changes nothing. A region finds apps of its interest alone; what else anyone may see, whoever asks has
to know. Every function needs a session.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from control_silo.models.app import IntegrationFeature, SentryApp, SentryAppAvatar
from control_silo.models.application import ApiApplication
from control_silo.services.interest import calling_region, seen_clause
from shared.category import Category
from shared.consistency import required
from shared.database.columns import parse_instant
from shared.database.kept import tables_of
from shared.database.locking import lock_clause
from shared.database.model import table_of
from shared.database.row import Columns, rows_by_id
from shared.database.session import current_database
from shared.database.statement import marks
from shared.database.transaction import Transaction
from shared.domain.app_status import SentryAppStatus
from shared.domain.path_key import path_key
from shared.errors import AppNotFound, InstallationNotFound


@dataclass(frozen=True, kw_only=True)
class AppDetails:
    """An app with what belongs to it."""

    app: SentryApp
    application: ApiApplication | None
    owner_slug: str | None
    """None: control does not know the organization, or no longer."""
    features: tuple[int, ...] = ()
    avatars: tuple[SentryAppAvatar, ...] = ()
    circuit_opened_at: datetime | None = None
    """Since when its webhooks are held back somewhere; None: nowhere."""
    parked_at: datetime | None = None
    """When the first delivery was given up somewhere since it answered last; None: none was."""


_APP = Columns(SentryApp, "a")
_APPLICATION = Columns(ApiApplication, "p")
_AVATAR = Columns(SentryAppAvatar, "v")
# One statement, since each is a round trip; pictures, which most apps have not, take another. A row per feature, of
# which most apps have one: putting them together in the database would take it a third of the statement's time.
_SELECT = f"""
SELECT {_APP.sql}, {_APPLICATION.sql}, h.circuit_opened_at, h.parked_at, o.slug,
    EXISTS (SELECT 1 FROM sentry_app_avatar v WHERE v.sentry_app_id = a.id),
    f.feature
FROM sentry_app a
LEFT JOIN api_application p ON p.id = a.application_id
LEFT JOIN organization_replica o ON o.id = a.owner_id AND NOT o.tombstone
LEFT JOIN overall_health h ON h.sentry_app_id = a.id
LEFT JOIN {table_of(IntegrationFeature)} f ON f.sentry_app_id = a.id
"""  # noqa: S608 - every name is ours
TABLES_SHOWN = tables_of(_SELECT)
"""What an app is shown of; PostgreSQL tells of their changes."""
_BY_ID = f"{_SELECT} WHERE a.date_deleted IS NULL AND a.id = ?"
_BY_SLUG = f"{_SELECT} WHERE a.date_deleted IS NULL AND a.slug = ?"
_AVATARS = f"SELECT {_AVATAR.sql} FROM sentry_app_avatar v WHERE v.sentry_app_id "  # noqa: S608
_NEWEST_FIRST = "ORDER BY a.date_added DESC, a.id DESC"


def find_app(id_or_slug: int | str) -> AppDetails | None:
    """The app with an id, or with a slug; None when there is none."""
    found = _where("a.id = ?" if isinstance(id_or_slug, int) else "a.slug = ?", id_or_slug)
    return found[0] if found else None


def find_owner(app_id: int) -> int | None:
    """Organization that owns an app, be that of the caller's interest or not; None when there is no app."""
    app = SentryApp.get_or_none(SentryApp.id == app_id, SentryApp.date_deleted.is_null())
    return app.owner_id if app else None


def find_app_of_path(id_or_slug: str) -> AppDetails | None:
    """The app that a part of a path names; None when there is none."""
    key = path_key(id_or_slug)
    return None if key is None else find_app(key)


def get_app_of_path(id_or_slug: str) -> AppDetails:
    """The app that a part of a path names.

    Raises:
        AppNotFound: there is none.
    """
    details = find_app_of_path(id_or_slug)
    if details is None:
        raise AppNotFound
    return details


def get_shown_app_of_path(id_or_slug: str) -> AppDetails:
    """Like ``get_app_of_path``, of what this process keeps while it is certain: for whoever only shows the app."""
    key = path_key(id_or_slug)
    # A reader who has seen something already is shown the tables: another process's commit may be ahead of its word.
    if key is None or required() or calling_region() is not None:
        return get_app_of_path(id_or_slug)
    found = current_database().kept.get(_BY_ID if isinstance(key, int) else _BY_SLUG, (key,), _read)
    if not found:
        raise AppNotFound
    return found[0]


def find_app_by_application(application_id: int) -> AppDetails | None:
    """The app of an API application; None when there is none."""
    found = _where("a.application_id = ?", application_id)
    return found[0] if found else None


def apps_of_proxy_users(user_ids: Collection[int]) -> list[AppDetails]:
    """The apps that act as one of these users, in id order."""
    # Each id once: the statement grows with them.
    ids = sorted(set(user_ids))
    return _where(f"a.proxy_user_id IN ({marks(ids)})", *ids) if ids else []


def apps_of_organization(
    organization_id: int, *, status: SentryAppStatus | None = None, name: str | None = None
) -> list[AppDetails]:
    """The apps that an organization owns, in id order; of one status or of exactly one name when given."""
    conditions: dict[str, object] = {"a.owner_id = ?": organization_id}
    if status is not None:
        conditions["a.status = ?"] = int(status)
    if name is not None:
        conditions["a.name = ?"] = name
    return _where(" AND ".join(conditions), *conditions.values())


def apps_by_id(ids: Collection[int]) -> Mapping[int, AppDetails]:
    """The apps with these ids, by id; here, deleted ones too."""
    return {details.app.id: details for details in _read(rows_by_id(f"{_SELECT} WHERE a.id ", ids))}


def list_app_details(
    *,
    status: SentryAppStatus | None,
    owner_ids: Sequence[int] | None = None,
    offset: int,
    limit: int,
) -> list[AppDetails]:
    """A page of the apps, newest first.

    Args:
        status: only those; None for all.
        owner_ids: only those of these organizations; None for all.
        offset: how many to pass over.
        limit: how many to return.
    """
    # SQL has no empty list; and the answer is known.
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
    return _read(current_database().rows(select, [*parameters, limit, offset]))


def list_avatars(app_ids: Collection[int]) -> Mapping[int, list[SentryAppAvatar]]:
    """The pictures of these apps, by app, in the order in which they were made."""
    by_app: defaultdict[int, list[SentryAppAvatar]] = defaultdict(list)
    # By id, in which the logo and the icon were made: clients show the first.
    for row in sorted(rows_by_id(_AVATARS, app_ids), key=_AVATAR.id_of):
        avatar = _AVATAR.read(row)
        by_app[avatar.sentry_app_id].append(avatar)
    return by_app


def get_held_app(tx: Transaction, app_id: int) -> SentryApp:
    """An app, held until the transaction ends: whoever changes it, or what belongs to it, takes this lock first.

    Raises:
        AppNotFound: there is none.
    """
    return _get_held(tx, "a.id = ?", app_id)


def get_held_app_by_slug(tx: Transaction, slug: str) -> SentryApp:
    """An app by its slug, held as ``get_held_app`` holds it."""
    return _get_held(tx, "a.slug = ?", slug)


def get_held_app_of_client(tx: Transaction, application: ApiApplication) -> SentryApp:
    """An app by its OAuth client, held as ``get_held_app`` holds it."""
    return _get_held(tx, "a.application_id = ?", application.id)


def get_held_app_of_installation(tx: Transaction, uuid: str) -> SentryApp:
    """The app of an installation, held as ``get_held_app`` holds it; the installation itself may be gone already.

    Raises:
        InstallationNotFound: there is none, or its app is gone.
    """
    try:
        return _get_held(tx, "a.id IN (SELECT i.sentry_app_id FROM sentry_app_installation i WHERE i.uuid = ?)", uuid)
    except AppNotFound as exc:
        raise InstallationNotFound from exc


def _get_held(tx: Transaction, condition: str, value: int | str) -> SentryApp:
    # Written by hand, so that PostgreSQL plans it once: of peewee's, whose limit is a parameter, it would each time.
    statement = f"SELECT {_APP.sql} FROM sentry_app a WHERE {condition} AND a.date_deleted IS NULL{lock_clause(tx)}"  # noqa: S608 - every name is ours
    rows = tx.database.rows(statement, (value,))
    if not rows:
        raise AppNotFound
    return _APP.read(rows[0])


def _where(condition: str, *parameters: object) -> list[AppDetails]:
    seen, whose = seen_clause(Category.APP, "a.id")
    live = f"{_SELECT} WHERE a.date_deleted IS NULL AND {condition}{seen}"
    # In order here: mostly there is one, and the database would set up a sort for it too.
    return sorted(_read(current_database().rows(live, (*parameters, *whose))), key=lambda details: details.app.id)


def _read(rows: Sequence[tuple[Any, ...]]) -> list[AppDetails]:
    by_app: dict[int, list[tuple[Any, ...]]] = {}
    for row in rows:
        by_app.setdefault(_APP.id_of(row), []).append(row)
    # Of those alone that have some; most lists need no second statement.
    avatars = list_avatars([app_id for app_id, (row, *_) in by_app.items() if row[-2]])
    return [_details(of_app, avatars.get(app_id, ())) for app_id, of_app in by_app.items()]


def _details(rows: Sequence[tuple[Any, ...]], avatars: Sequence[SentryAppAvatar]) -> AppDetails:
    # The rows of one app differ in the feature alone.
    row = rows[0]
    app = _APP.read(row)
    return AppDetails(
        app=app,
        application=_APPLICATION.read(row, at=_APP.width) if app.application_id else None,
        owner_slug=row[-3],
        features=tuple(sorted(row[-1] for row in rows if row[-1] is not None)),
        avatars=tuple(avatars),
        circuit_opened_at=row[-5] and parse_instant(row[-5]),
        parked_at=row[-4] and parse_instant(row[-4]),
    )
