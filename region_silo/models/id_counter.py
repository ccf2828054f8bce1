"""How many ids of each kind this region has given out."""

import peewee

from shared.database.model import Model


class IdCounter(Model):
    """One row per kind of object; a number that a rolled-back transaction took is given out again."""

    kind = peewee.TextField(primary_key=True)
    last = peewee.BigIntegerField()
