"""Apps, which control owns: an app with its API application, pictures and components is one object to the regions."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import TypeVar

from control_silo.models.app import SentryApp, SentryAppAvatar, SentryAppComponent
from control_silo.models.application import ApiApplication
from control_silo.services.message import app_message, component_message
from shared.app_service.credential import CREDENTIAL_FIELDS
from shared.category import Category
from shared.database.row import Columns, rows_by_id
from shared.outbox.kind import OwnedKind
from shared.pb.hybridcloud.replication.v1 import replica_pb2

CONTROLS_ALONE = frozenset(
    {
        *("author", "redirect_url", "verify_install", "overview", "schema", "creator_user", "popularity"),
        *("date_added", "date_updated", "date_published", "date_deleted"),
    }
)
"""Columns that no region is told of; a schema reaches regions as components."""
# Rows are read bare: an object of the mapper costs more than everything else that happens to a change.
_APP = Columns(SentryApp, "app", without=CONTROLS_ALONE | CREDENTIAL_FIELDS, shares_json=True)
_APPLICATION = Columns(
    ApiApplication, "application", without=("client_secret", "owner", "created_at"), shares_json=True
)
_COMPONENT = Columns(SentryAppComponent, "component")
_AVATAR = Columns(SentryAppAvatar, "avatar")
_APPS = f"""
    SELECT {_APP.sql}, {_APPLICATION.sql},
        EXISTS (SELECT 1 FROM sentry_app_component WHERE sentry_app_id = app.id),
        EXISTS (SELECT 1 FROM sentry_app_avatar WHERE sentry_app_id = app.id)
    FROM sentry_app AS app LEFT JOIN api_application AS application ON application.id = app.application_id
    WHERE app.date_deleted IS NULL AND app.id """  # noqa: S608 - every name above is ours
_COMPONENTS = f"SELECT {_COMPONENT.sql} FROM sentry_app_component AS component WHERE sentry_app_id "  # noqa: S608
_AVATARS = f"SELECT {_AVATAR.sql} FROM sentry_app_avatar AS avatar WHERE sentry_app_id "  # noqa: S608

M = TypeVar("M", SentryAppComponent, SentryAppAvatar)


class AppKind(OwnedKind):
    """Apps as every region may know them: what is secret of one is its credential, of which many regions hold none."""

    category = Category.APP
    live = "SELECT id FROM sentry_app WHERE date_deleted IS NULL"
    numbered = SentryApp

    def states(self, ids: Collection[int]) -> Iterable[tuple[int, replica_pb2.AppState]]:
        rows = rows_by_id(_APPS, ids)
        # Most apps have neither, and each write of an app waits for these statements.
        components = _by_app(_COMPONENT, _COMPONENTS, [_APP.id_of(row) for row in rows if row[-2]])
        avatars = _by_app(_AVATAR, _AVATARS, [_APP.id_of(row) for row in rows if row[-1]])
        for row in rows:
            app = _APP.read(row)
            application = _APPLICATION.read(row, at=_APP.width) if app.application_id is not None else None
            state = replica_pb2.AppState(sentry_app=app_message(app, avatars=avatars[app.id], application=application))
            for component in components[app.id]:
                # With its id, by which the region's row of it is known when the app changes.
                state.components.add(id=component.id, component=component_message(component))
            yield app.id, state


def _by_app(columns: Columns[M], statement: str, app_ids: Collection[int]) -> Mapping[int, list[M]]:
    """What belongs to apps, by app, in id order."""
    found: defaultdict[int, list[M]] = defaultdict(list)
    for row in sorted(rows_by_id(statement, app_ids), key=columns.id_of):
        model = columns.read(row)
        found[model.sentry_app_id].append(model)
    return found
