"""OAuth's side of an app: its client, grants and tokens.

Tokens are stored as hashes and shown once; the one that stands for a provider is kept sealed beside its hash.
"""

import peewee

from control_silo.models.user import User
from shared.database.columns import IdField, InstantField, JsonField
from shared.database.model import Model


class ApiApplication(Model):
    """The OAuth client of an app."""

    id = IdField()
    # In clear as well: it names the client, and is no secret.
    client_id = peewee.TextField(unique=True)
    client_secret = peewee.TextField()
    """In clear: webhooks are signed with it."""
    owner = peewee.ForeignKeyField(User, null=True, backref="applications", on_delete="SET NULL")
    owner_id: int | None
    allowed_origins = JsonField(default=list)
    is_active = peewee.BooleanField(default=True)
    created_at = InstantField()


class ApiGrant(Model):
    """A code that an app exchanges once for its first token."""

    id = IdField()
    user = peewee.ForeignKeyField(User, backref="grants", on_delete="CASCADE")
    user_id: int
    application = peewee.ForeignKeyField(ApiApplication, backref="grants", on_delete="CASCADE")
    application_id: int
    # In clear, other than tokens: it is shown again to whoever may see it until it is exchanged (spec §4.5).
    code = peewee.TextField(index=True)
    scope_list = JsonField(default=list)
    redirect_uri = peewee.TextField(default="")
    expires_at = InstantField()


class ApiToken(Model):
    """A bearer token of a person or of an app's proxy."""

    id = IdField()
    user = peewee.ForeignKeyField(User, backref="tokens", on_delete="CASCADE")
    user_id: int
    application = peewee.ForeignKeyField(ApiApplication, null=True, backref="tokens", on_delete="CASCADE")
    application_id: int | None
    name = peewee.TextField(null=True)
    # Unsalted: tokens are random and long, and are looked up by it.
    token_hash = peewee.TextField(unique=True)
    """Hex SHA-256."""
    refresh_token_hash = peewee.TextField(null=True, unique=True)
    # By which a person tells their tokens apart in a list.
    token_last_characters = peewee.TextField()
    sealed_token = peewee.TextField(null=True)
    """The token itself, sealed with its application's client secret; of a provider's token alone."""
    scope_list = JsonField(default=list)
    expires_at = InstantField(null=True)
    """None: never."""
    created_at = InstantField()
