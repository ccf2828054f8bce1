"""Credentials of apps, which control owns: an app's client secret, custom headers and metadata, apart from the app.

Every region may know a published app, but only those call one whose organizations own it or have it installed.
"""

from collections.abc import Collection, Iterable, Sequence

from control_silo.models.app import APP_COLUMNS, SentryApp
from control_silo.models.application import ApiApplication, AppCredential
from control_silo.replication.app import CREDENTIALS
from control_silo.replication.owned import ControlKind
from control_silo.services.message import credential_message
from shared.category import Category, number_of
from shared.database.row import Columns, rows_by_id
from shared.pb.hybridcloud.replication.v1 import replica_pb2

_APP = Columns(SentryApp, "app", without=APP_COLUMNS.keys() - {"id", "application", "webhook_url"} - CREDENTIALS)
_APPLICATION = Columns(ApiApplication, "application", without=("client_id", "owner", "allowed_origins", "created_at"))
_CREDENTIALS = f"""
    SELECT credential.version, {_APP.sql}, {_APPLICATION.sql}
    FROM app_credential AS credential JOIN sentry_app AS app ON app.id = credential.id
    LEFT JOIN api_application AS application ON application.id = app.application_id
    WHERE credential.id """  # noqa: S608 - every name above is ours


class CredentialKind(ControlKind):
    """Credentials, by the id of their app."""

    category = Category.CREDENTIAL
    model = AppCredential
    numbered = SentryApp

    def states(self, ids: Collection[int]) -> Iterable[replica_pb2.Change]:
        for version, *row in rows_by_id(_CREDENTIALS, ids):
            app = _APP.read(row)
            application = _APPLICATION.read(row, at=_APP.width) if app.application_id is not None else None
            yield replica_pb2.Change(
                category=number_of(self.category),
                object_id=app.id,
                version=version,
                credential=credential_message(app, application=application),
            )

    def apps_of(self, ids: Sequence[int]) -> Sequence[int]:
        return ids
