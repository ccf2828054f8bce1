"""Replicas of what control owns. Each keeps the owner's message whole, beside the columns that reads look it up by.

No uniqueness and no foreign keys but the id: nothing is promised about order between objects.
"""

import peewee

from shared.database.columns import BytesField
from shared.database.model import Model


class Replica(Model):
    """What every replica has. No table of its own: each kind's model adds the columns that its reads need."""

    id = peewee.BigIntegerField(primary_key=True)
    version = peewee.BigIntegerField()
    tombstone = peewee.BooleanField()
    checksum = BytesField()
    state = BytesField()
    """The owner's message, serialized; empty for a tombstone."""


class AppReplica(Replica):
    """An app; ``state`` is an ``RpcSentryApp`` without its credential."""

    slug = peewee.TextField(index=True)
    application_id = peewee.BigIntegerField(index=True)
    proxy_user_id = peewee.BigIntegerField(index=True)
    owner_id = peewee.BigIntegerField(index=True)
    status = peewee.TextField()


class CredentialReplica(Replica):
    """An app's credential, by the app's id; ``state`` is the part of an ``RpcSentryApp`` that it is.

    An app's state and this one behind it are the app as it may be read here, also where this one is a tombstone's.
    """


class ComponentReplica(Model):
    """A component; ``version`` is its app's, ``state`` a serialized ``RpcSentryAppComponent``."""

    id = peewee.BigIntegerField(primary_key=True)
    version = peewee.BigIntegerField()
    sentry_app_id = peewee.BigIntegerField(index=True)
    type = peewee.TextField()
    state = BytesField()


class InstallationReplica(Replica):
    """An installation; ``state`` is an ``InstallationState``."""

    uuid = peewee.TextField(index=True)
    organization_id = peewee.BigIntegerField(index=True)
    sentry_app_id = peewee.BigIntegerField(index=True)
    status = peewee.SmallIntegerField()


class TokenReplica(Replica):
    """A token of an installation; ``state`` is a ``TokenState``."""

    token_hash = peewee.TextField(index=True)
    installation_id = peewee.BigIntegerField(index=True)
