"""Every table that a region starts with."""

import peewee
from playhouse.migrate import SchemaMigrator

from shared.database.columns import BytesField, InstantField


# Models of its own and not today's: what a migration makes must not change when these do.
def up(migrator: SchemaMigrator, db: peewee.Database) -> None:
    class AppReplica(peewee.Model):
        id = peewee.BigIntegerField(primary_key=True)
        version = peewee.BigIntegerField()
        tombstone = peewee.BooleanField()
        checksum = BytesField()
        state = BytesField()
        slug = peewee.TextField(index=True)
        application_id = peewee.BigIntegerField(index=True)
        proxy_user_id = peewee.BigIntegerField(index=True)
        owner_id = peewee.BigIntegerField(index=True)
        status = peewee.TextField()

        class Meta:
            database = db
            table_name = "app_replica"

    class ComponentReplica(peewee.Model):
        id = peewee.BigIntegerField(primary_key=True)
        version = peewee.BigIntegerField()
        sentry_app_id = peewee.BigIntegerField(index=True)
        type = peewee.TextField()
        state = BytesField()

        class Meta:
            database = db
            table_name = "component_replica"

    class InstallationReplica(peewee.Model):
        id = peewee.BigIntegerField(primary_key=True)
        version = peewee.BigIntegerField()
        tombstone = peewee.BooleanField()
        checksum = BytesField()
        state = BytesField()
        uuid = peewee.TextField(index=True)
        organization_id = peewee.BigIntegerField(index=True)
        sentry_app_id = peewee.BigIntegerField(index=True)
        status = peewee.SmallIntegerField()

        class Meta:
            database = db
            table_name = "installation_replica"

    class Organization(peewee.Model):
        id = peewee.BigIntegerField(primary_key=True)
        slug = peewee.TextField(unique=True)
        name = peewee.TextField()
        status = peewee.TextField(default="active")
        created_at = InstantField()
        version = peewee.BigIntegerField(default=1)

        class Meta:
            database = db
            table_name = "organization"

    class RegionIdentity(peewee.Model):
        name = peewee.TextField(primary_key=True)
        identity = peewee.TextField()

        class Meta:
            database = db
            table_name = "region_identity"

    class TokenReplica(peewee.Model):
        id = peewee.BigIntegerField(primary_key=True)
        version = peewee.BigIntegerField()
        tombstone = peewee.BooleanField()
        checksum = BytesField()
        state = BytesField()
        token_hash = peewee.TextField(index=True)
        installation_id = peewee.BigIntegerField(index=True)

        class Meta:
            database = db
            table_name = "token_replica"

    db.create_tables([AppReplica, ComponentReplica, InstallationReplica, Organization, RegionIdentity, TokenReplica])
