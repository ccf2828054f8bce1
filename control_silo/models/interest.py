"""Two views: which region should hold which object, and for which installation a token acts. Nothing writes them."""

import peewee

from shared.database.model import Model


class Interest(Model):
    """A region that should hold an object. A live object without any row is of no interest to any region.

    Editions are enqueued, delivered and compared by the same view, which is called so in every silo.
    """

    category = peewee.TextField()
    object_id = peewee.BigIntegerField()
    destination = peewee.TextField(null=True)
    """None: it concerns an organization that control does not know, so any region may be the one that holds it."""

    class Meta:
        primary_key = False


class InstallationToken(Model):
    """A token and the installation that it acts for, be that live or not."""

    token_id = peewee.BigIntegerField()
    installation_id = peewee.BigIntegerField()
    is_internal = peewee.BooleanField()
    """True for a token of an internal app, of which an installation has any number."""

    class Meta:
        primary_key = False
