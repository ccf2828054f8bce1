"""Credentials apart from their apps, and none of an app that no organization here owns or has installed.

What the region may keep it keeps, at a version below every one that control sends, so that apps are called meanwhile.
"""

import peewee
from playhouse.migrate import SchemaMigrator

from shared.app_service.credential import take_credential
from shared.database.columns import BytesField
from shared.pb.hybridcloud.apps.v1 import app_pb2

_APPS = """
SELECT app.id, app.state, app.owner_id IN (SELECT id FROM organization) OR EXISTS (
    SELECT 1 FROM installation_replica AS installation
    WHERE installation.sentry_app_id = app.id AND NOT installation.tombstone)
FROM app_replica AS app WHERE NOT app.tombstone"""


def up(migrator: SchemaMigrator, db: peewee.Database) -> None:
    class AppReplica(peewee.Model):
        id = peewee.BigIntegerField(primary_key=True)
        state = BytesField()

        class Meta:
            database = db
            table_name = "app_replica"

    class CredentialReplica(peewee.Model):
        id = peewee.BigIntegerField(primary_key=True)
        version = peewee.BigIntegerField()
        tombstone = peewee.BooleanField()
        checksum = BytesField()
        state = BytesField()

        class Meta:
            database = db
            table_name = "credential_replica"

    db.create_tables([CredentialReplica])
    # One by one and in Python: a state is protobuf, which no database reads.
    for app_id, state, is_called in db.execute_sql(_APPS).fetchall():  # type: ignore[no-untyped-call]
        app = app_pb2.RpcSentryApp.FromString(bytes(state))
        credential = take_credential(app).SerializeToString(deterministic=True)
        AppReplica.update(state=app.SerializeToString(deterministic=True)).where(AppReplica.id == app_id).execute()
        if is_called:
            CredentialReplica.insert(id=app_id, version=0, tombstone=False, checksum=b"", state=credential).execute()
