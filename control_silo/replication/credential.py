"""Credentials of apps, which control owns: an app's client secret, custom headers and metadata, apart from the app.

Every region may know a published app, but only those call one whose organizations own it or have it installed.
"""

from collections.abc import Collection, Iterable

from control_silo.models.app import APP_COLUMNS, SentryApp
from control_silo.models.application import ApiApplication
from control_silo.services.message import credential_message
from shared.app_service.credential import CREDENTIAL_FIELDS
from shared.category import Category
from shared.database.row import Columns, rows_by_id
from shared.outbox.kind import OwnedKind
from shared.pb.hybridcloud.replication.v1 import replica_pb2

_APP = Columns(SentryApp, "app", without=APP_COLUMNS.keys() - {"id", "application", "webhook_url"} - CREDENTIAL_FIELDS)
_APPLICATION = Columns(ApiApplication, "application", without=("client_id", "owner", "allowed_origins", "created_at"))
_CREDENTIALS = f"""
    SELECT {_APP.sql}, {_APPLICATION.sql}
    FROM sentry_app AS app LEFT JOIN api_application AS application ON application.id = app.application_id
    WHERE app.date_deleted IS NULL AND app.id """  # noqa: S608 - every name above is ours


class CredentialKind(OwnedKind):
    """Credentials, by the id of their app."""

    category = Category.CREDENTIAL
    # Of every live app, also of one without a secret: a region that waits for it must not wait for ever.
    live = "SELECT id FROM sentry_app WHERE date_deleted IS NULL"
    numbered = SentryApp

    def states(self, ids: Collection[int]) -> Iterable[tuple[int, replica_pb2.CredentialState]]:
        for row in rows_by_id(_CREDENTIALS, ids):
            app = _APP.read(row)
            application = _APPLICATION.read(row, at=_APP.width) if app.application_id is not None else None
            yield app.id, credential_message(app, application=application)
