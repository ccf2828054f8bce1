"""Control's users as JSON."""

from typing import Any

from control_silo.models.user import User
from shared.http import user_object as shared_user


def user_object(user: User) -> dict[str, Any]:
    """A user as they see themselves."""
    return shared_user.user_object(
        id=user.id,
        username=user.username,
        name=user.name,
        email=user.email,
        is_active=user.is_active,
        is_superuser=user.is_superuser,
        is_staff=user.is_staff,
        is_sentry_app=user.is_sentry_app,
        joined_at=user.created_at,
    )
