"""Apps and what belongs to them: components, avatars, features."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import peewee

from control_silo.models.application import ApiApplication
from control_silo.models.user import User
from shared.database.columns import BytesField, IdField, InstantField, JsonField
from shared.database.model import Model, fields_of
from shared.domain.app_status import SentryAppStatus
from shared.domain.subscription import expand_events
from shared.domain.webhook import CALL_SECONDS

if TYPE_CHECKING:
    from control_silo.models.installation import SentryAppInstallation


def new_uuid() -> str:
    """A random uuid4 with dashes."""
    return str(uuid4())


class SentryApp(Model):
    """An app. Deleting keeps the row, with ``date_deleted``, so that its slug does not come again."""

    id = IdField()
    # Set null when the application goes: the app's row stays for its slug's sake, see above.
    application = peewee.ForeignKeyField(ApiApplication, null=True, unique=True, backref="apps", on_delete="SET NULL")
    application_id: int | None
    proxy_user = peewee.ForeignKeyField(User, null=True, unique=True, backref="apps", on_delete="SET NULL")
    proxy_user_id: int | None
    owner_id = peewee.BigIntegerField(index=True)
    """Organization that owns the app."""
    # By the original's names, as all columns here: whoever knows its tables finds their way.
    scope_list = JsonField(default=list)
    """Sorted and closed under the scope hierarchy."""
    name = peewee.TextField()
    # Deleted apps included: an old link or log must not lead to another app.
    slug = peewee.TextField(unique=True)
    author = peewee.TextField(null=True)
    status = peewee.SmallIntegerField(default=int(SentryAppStatus.UNPUBLISHED), index=True)
    uuid = peewee.TextField(unique=True, default=new_uuid)
    redirect_url = peewee.TextField(null=True)
    webhook_url = peewee.TextField(null=True)
    webhook_headers = JsonField(default=list)
    webhook_timeout_seconds = peewee.IntegerField(default=CALL_SECONDS)
    """How long a call that tells it a webhook may take."""
    is_alertable = peewee.BooleanField(default=False)
    is_disabled = peewee.BooleanField(default=False)
    verify_install = peewee.BooleanField(default=True)
    events = JsonField(default=list)
    """What the app asked to hear of: resources, and single events of others; sorted. See ``expanded_events``."""
    overview = peewee.TextField(null=True)
    schema = JsonField(default=dict)
    date_added = InstantField()
    date_updated = InstantField()
    date_published = InstantField(null=True)
    date_deleted = InstantField(null=True)
    creator_user = peewee.ForeignKeyField(User, null=True, on_delete="SET NULL")
    creator_user_id: int | None
    creator_label = peewee.TextField(null=True)
    # Superusers and staff alone set it (spec §4.2): an app must not recommend itself.
    popularity = peewee.SmallIntegerField(default=1)
    metadata = JsonField(default=dict)
    installations: "peewee.ModelSelect[SentryAppInstallation]"
    """Deleted ones included."""

    class Meta:
        indexes = (
            (("status", "date_added"), False),
            (("owner_id", "date_added"), False),
            (("date_added",), False),
        )

    def assign(self, columns: Mapping[str, Any]) -> None:
        """Sets columns, by their names here.

        Raises:
            KeyError: there is no such column; anything else that were set would be forgotten silently.
        """
        for name, value in columns.items():
            # By the table of columns, since Python would let any attribute be set.
            setattr(self, APP_COLUMNS[name].name, value)

    @property
    def state(self) -> SentryAppStatus:
        return SentryAppStatus(self.status)

    @property
    def expanded_events(self) -> list[str]:
        """The names of all events that the app hears of, sorted."""
        return expand_events(self.events)

    @property
    def is_published(self) -> bool:
        return self.status == SentryAppStatus.PUBLISHED

    @property
    def is_internal(self) -> bool:
        return self.status == SentryAppStatus.INTERNAL


APP_COLUMNS: Mapping[str, "peewee.Field[Any]"] = {field.name: field for field in fields_of(SentryApp)}
"""An app's columns, by their names in the model."""


class SentryAppComponent(Model):
    """One UI component: an element of the app's schema."""

    id = IdField()
    uuid = peewee.TextField(unique=True, default=new_uuid)
    sentry_app = peewee.ForeignKeyField(SentryApp, backref="components", on_delete="CASCADE")
    sentry_app_id: int
    type = peewee.TextField()
    schema = JsonField(default=dict)


class SentryAppAvatar(Model):
    """A picture of an app: its logo (``color``) or its one-colour icon."""

    id = IdField()
    sentry_app = peewee.ForeignKeyField(SentryApp, backref="avatars", on_delete="CASCADE")
    sentry_app_id: int
    ident = peewee.TextField(unique=True)
    # 0: the picture that nobody uploaded; 1: one that somebody did, as the original counts.
    avatar_type = peewee.SmallIntegerField(default=0)
    color = peewee.BooleanField(default=False)

    class Meta:
        # One logo and one icon: two who upload at once leave one of each.
        indexes = ((("sentry_app", "color"), True),)


class SentryAppPhoto(Model):
    """The PNG of an avatar that was uploaded."""

    id = IdField()
    avatar = peewee.ForeignKeyField(SentryAppAvatar, unique=True, on_delete="CASCADE")
    avatar_id: int
    # In a table of its own, so that reading an app's avatars reads no pictures.
    photo = BytesField()


class IntegrationFeature(Model):
    """A feature that an app offers to the organizations that install it."""

    id = IdField()
    sentry_app = peewee.ForeignKeyField(SentryApp, backref="features", on_delete="CASCADE")
    sentry_app_id: int
    feature = peewee.SmallIntegerField()
    user_description = peewee.TextField(null=True)

    class Meta:
        # A feature is offered once, whoever writes it twice.
        indexes = ((("sentry_app", "feature"), True),)


def is_older_than(app: SentryApp, *, seconds: float, now: datetime) -> bool:
    """Whether the app was created more than so long ago."""
    return bool((now - app.date_added).total_seconds() > seconds)
