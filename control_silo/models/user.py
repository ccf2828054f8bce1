"""People and the proxies that apps act as. Owns users, their sessions and their places in organizations."""

import peewee

from shared.database.columns import IdField, InstantField
from shared.database.model import Model


class User(Model):
    """A person, or the proxy user of an app."""

    id = IdField()
    username = peewee.TextField(unique=True)
    email = peewee.TextField(index=True)
    """Lower case; unique among people."""
    name = peewee.TextField(default="")
    password_hash = peewee.TextField(null=True)
    """None for proxies, which cannot sign in."""
    is_sentry_app = peewee.BooleanField(default=False)
    is_superuser = peewee.BooleanField(default=False)
    is_staff = peewee.BooleanField(default=False)
    is_active = peewee.BooleanField(default=True)
    created_at = InstantField()

    impersonator: "User | None" = None
    """Who sits there in fact, when a request comes in a session that acts as this person. Not a column."""

    class Meta:
        table_name = "user_account"

    @property
    def label(self) -> str:
        """E-mail, or the username of someone without one."""
        return str(self.email or self.username)


class BrowserSession(Model):
    """A person signed in with a browser; the key itself is stored nowhere."""

    id = IdField()
    user = peewee.ForeignKeyField(User, backref="sessions", on_delete="CASCADE")
    user_id: int
    impersonator = peewee.ForeignKeyField(User, null=True, on_delete="CASCADE")
    """The superuser who acts as the user; None: the user themselves."""
    impersonator_id: int | None
    key_hash = peewee.TextField(unique=True)
    expires_at = InstantField()
    created_at = InstantField()

    class Meta:
        table_name = "session"


class Member(Model):
    """A person's role in an organization. Control owns it: every app permission is decided here."""

    id = IdField()
    user = peewee.ForeignKeyField(User, backref="memberships", on_delete="CASCADE")
    user_id: int
    organization_id = peewee.BigIntegerField(index=True)
    role = peewee.TextField()
    created_at = InstantField()

    class Meta:
        indexes = ((("user", "organization_id"), True),)
