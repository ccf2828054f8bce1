"""Replicas of what control owns. Each keeps the owner's message whole, beside the columns that reads look it up by.

No uniqueness and no foreign keys but the id: nothing is promised about order between objects.
"""

import peewee

from shared.database.columns import BytesField
from shared.database.model import Model


class AppReplica(Model):
    """An app; ``state`` is a serialized ``RpcSentryApp`` without its credential, empty for a tombstone."""

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


class CredentialReplica(Model):
    """An app's credential, by the app's id; ``state`` is the part of a serialized ``RpcSentryApp`` that it is.

    Empty for a tombstone, so that an app's state and this one behind it are the app as it may be read here.
    """

    id = peewee.BigIntegerField(primary_key=True)
    version = peewee.BigIntegerField()
    tombstone = peewee.BooleanField()
    checksum = BytesField()
    state = BytesField()


class ComponentReplica(Model):
    """A component; ``version`` is its app's, ``state`` a serialized ``RpcSentryAppComponent``."""

    id = peewee.BigIntegerField(primary_key=True)
    version = peewee.BigIntegerField()
    sentry_app_id = peewee.BigIntegerField(index=True)
    type = peewee.TextField()
    state = BytesField()


class InstallationReplica(Model):
    """An installation; ``state`` is a serialized ``InstallationState``, empty for a tombstone."""

    id = peewee.BigIntegerField(primary_key=True)
    version = peewee.BigIntegerField()
    tombstone = peewee.BooleanField()
    checksum = BytesField()
    state = BytesField()
    uuid = peewee.TextField(index=True)
    organization_id = peewee.BigIntegerField(index=True)
    sentry_app_id = peewee.BigIntegerField(index=True)
    status = peewee.SmallIntegerField()


class TokenReplica(Model):
    """A token of an installation; ``state`` is a serialized ``TokenState``, empty for a tombstone."""

    id = peewee.BigIntegerField(primary_key=True)
    version = peewee.BigIntegerField()
    tombstone = peewee.BooleanField()
    checksum = BytesField()
    state = BytesField()
    token_hash = peewee.TextField(index=True)
    installation_id = peewee.BigIntegerField(index=True)
