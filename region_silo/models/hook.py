"""Hooks: an installation's subscription to events, and the projects that it is confined to."""

import peewee

from shared.database.columns import IdField, JsonField
from shared.database.model import Model
from shared.domain.subscription import expand_events


class ServiceHook(Model):
    """What an app hears of, and where. Written by ``services.hook`` alone."""

    id = IdField()
    guid = peewee.TextField(unique=True)
    """32 hex characters, unique in the world."""
    secret = peewee.TextField()
    """64 hex characters; never leaves the region."""
    application_id = peewee.BigIntegerField(null=True)
    installation_id = peewee.BigIntegerField(null=True)
    ordinal = peewee.IntegerField(default=0)
    """Tells the hooks of one application for one installation apart. 0 is the one that follows the app; more exist only
    where ``CreateServiceHook`` was called again."""
    actor_id = peewee.BigIntegerField()
    organization_id = peewee.BigIntegerField(null=True)
    project_id = peewee.BigIntegerField(null=True)
    """The first project that the hook was made for; null: made for all."""
    url = peewee.TextField()
    events = JsonField()
    """Resources, and single events of others; sorted. See ``expanded_events``."""

    class Meta:
        indexes = (
            (("installation_id", "application_id", "ordinal"), True),
            (("application_id", "id"), False),
            (("organization_id",), False),
        )

    @property
    def expanded_events(self) -> list[str]:
        """The names of all events that the hook stands for, sorted."""
        return expand_events(self.events)


class ServiceHookProject(Model):
    """A project that a hook is confined to; a hook without any hears of all."""

    id = IdField()
    # The unique index below begins with it.
    service_hook = peewee.ForeignKeyField(ServiceHook, on_delete="CASCADE", index=False)
    project_id = peewee.BigIntegerField()

    class Meta:
        indexes = ((("service_hook", "project_id"), True),)
