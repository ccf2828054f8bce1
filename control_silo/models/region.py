"""The directory of regions, and control's replicas of the organizations they own."""

import peewee

from shared.database.columns import BytesField, IdField, InstantField, JsonField
from shared.database.model import Model


class RegisteredRegion(Model):
    """A region that has registered itself."""

    name = peewee.TextField(primary_key=True)
    grpc_address = peewee.TextField()
    http_address = peewee.TextField()
    # Not a secret: it only tells one database from another, for whoever has the region's key.
    identity = peewee.TextField()
    """32 hex characters from the region's own database: nobody else may take the name."""
    registered_at = InstantField()
    number = peewee.IntegerField(null=True, unique=True)
    """1 to 1023, the last ten bits of the ids that the region makes; None until it registers again after an upgrade."""

    is_replaced = peewee.BooleanField(default=False)
    """Whether the next database that presents the region's key takes the name, whatever its identity."""
    awaits_organizations = peewee.BooleanField(default=False)
    """Whether its database took the place of another, and has not made all of its organizations again yet."""
    counts = JsonField(default=dict)
    """How far the region has counted at least, by kind: a database that says less is an older copy, or a new one."""

    class Meta:
        table_name = "region"


class RetiredRegion(Model):
    """A region that was given up. Ids that it made say its number for ever, so that no other region gets it."""

    number = peewee.IntegerField(primary_key=True)
    name = peewee.TextField()


class OrganizationReplica(Model):
    """Control's replica of an organization: where it lives and what it is called."""

    id = peewee.BigIntegerField(primary_key=True)
    version = peewee.BigIntegerField()
    tombstone = peewee.BooleanField(default=False)
    checksum = BytesField(default=b"")
    slug = peewee.TextField(index=True)
    name = peewee.TextField()
    region_name = peewee.TextField(index=True)
    status = peewee.TextField()
    """``active`` or ``pending_deletion``."""


OrganizationReplica.add_index(
    # Unique among the live alone: a slug is free again when its organization is gone, and tombstones stay.
    OrganizationReplica.index(
        OrganizationReplica.slug,
        unique=True,
        where=~OrganizationReplica.tombstone,
        name="organization_replica_live_slug",
    )
)


class OrganizationReservation(Model):
    """An id and a slug that are taken before the region has the organization; ids are never given out twice."""

    id = IdField()
    slug = peewee.TextField(unique=True)
    region_name = peewee.TextField()
    created_at = InstantField()


class OrganizationFeature(Model):
    """A feature switched on or off for one organization; without a row its default holds."""

    id = IdField()
    organization_id = peewee.BigIntegerField()
    feature = peewee.TextField()
    # An explicit "off" is a row too: it outlives a change of the default (settled.md).
    is_enabled = peewee.BooleanField()

    class Meta:
        indexes = ((("organization_id", "feature"), True),)
