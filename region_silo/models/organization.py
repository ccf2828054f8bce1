"""What a region owns: its organizations, and the fact that it is this region."""

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


class OwnRegion(Model):
    """One row, made once: proves to control that this database is the region it registered."""

    name = peewee.TextField(primary_key=True)
    database_id = peewee.TextField(column_name="identity")
    """32 random hex characters, shown to nobody but control: whoever has them is the region of that name."""
    number = peewee.IntegerField(null=True)
    """Given by control, 1 to 1023: the last ten bits of the ids made here; None until control has heard of us."""
    http_address = peewee.TextField(null=True)
    """Where control was told that this region's HTTP is reached."""

    class Meta:
        table_name = "region_identity"
