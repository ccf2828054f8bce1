"""Who acts, as others are told: a person by id and name, an app by its uuid and name. Owns the translation."""

from region_silo.models.replica import AppReplica
from region_silo.services.comments import Author
from region_silo.services.principal import Principal
from shared.domain.webhook import Actor
from shared.pb.hybridcloud.apps.v1 import app_pb2
from shared.pb.hybridcloud.users.v1 import user_pb2


def actor_of(principal: Principal) -> Actor:
    """The principal as an actor. Needs a session."""
    if principal.acting_app is None:
        # Text for every kind of actor, since an app's is its uuid; webhooks make a user's a number again.
        return Actor(type="user", id=str(principal.user.id), name=display_name(principal.user))
    replica = AppReplica.get_or_none((AppReplica.id == principal.acting_app.app_id) & ~AppReplica.tombstone)
    if replica is None:  # its token arrived before it
        return Actor(type="application", id=str(principal.acting_app.app_id), name=display_name(principal.user))
    app = app_pb2.RpcSentryApp.FromString(replica.state)
    return Actor(type="application", id=app.uuid, name=app.name)


def author_of(principal: Principal) -> Author:
    """The principal as someone who writes. Needs a session."""
    return Author(actor=actor_of(principal), user_id=principal.user.id, email=principal.user.email or None)


def display_name(user: user_pb2.RpcUser) -> str:
    """What people call a user."""
    return user.name or user.email or user.username
