"""A user as JSON."""

from typing import Any

from control_silo.models.user import User
from shared.http.answer import instant_json


def user_object(user: User) -> dict[str, Any]:
    """A user as they see themselves."""
    return {
        "id": str(user.id),
        "name": user.name or user.label,
        "username": user.username,
        "email": user.email,
        "isActive": user.is_active,
        "isSuperuser": user.is_superuser,
        "isStaff": user.is_staff,
        "isSentryApp": user.is_sentry_app,
        "dateJoined": instant_json(user.created_at),
    }
