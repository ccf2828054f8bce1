"""The bytes of apps' pictures, apart from the rows that say which there are: those are read with every app."""

import peewee

from control_silo.models.app import SentryAppAvatar
from shared.database.columns import BytesField, IdField
from shared.database.model import Model


class SentryAppPhoto(Model):
    """The PNG of an avatar that was uploaded."""

    id = IdField()
    avatar = peewee.ForeignKeyField(SentryAppAvatar, unique=True, on_delete="CASCADE")
    avatar_id: int
    photo = BytesField()
