"""What a region owns: its organizations, and its own identity."""

import peewee

from shared.database.columns import InstantField
from shared.database.model import Model


class Organization(Model):
    """An organization that lives in this region. Its id comes from control, so that it is unique in the world."""

    id = peewee.BigIntegerField(primary_key=True)
    slug = peewee.TextField(unique=True)
    name = peewee.TextField()
    status = peewee.TextField(default="active")
    """``active`` or ``pending_deletion``."""
    created_at = InstantField()
    version = peewee.BigIntegerField(default=1)
    """Of control's replica; grows with each change."""


class RegionIdentity(Model):
    """One row, made once: proves to control that this database is the region it registered."""

    name = peewee.TextField(primary_key=True)
    identity = peewee.TextField()
    number = peewee.IntegerField(null=True)
    """Given by control, 1 to 1023: the last ten bits of the ids made here; None until control has heard of us."""
    http_address = peewee.TextField(null=True)
    """Where control was told that this region's HTTP is reached."""
