"""What a caller may write into an app through ``AppService``. Owns the checks; the rules are ``shared.domain``'s."""

from collections.abc import Sequence

from google.protobuf import struct_pb2

from shared.domain.app_fields import NAME_LENGTH_ERROR
from shared.domain.json_field import shown
from shared.domain.scopes import is_valid_scope
from shared.domain.slug import MAX_NAME_CHARACTERS
from shared.domain.subscription import ALL_EVENTS, RESOURCES
from shared.errors import ValidationFailed


def checked_name(text: str, *, field: str) -> str:
    """The name without surrounding white space.

    Raises:
        ValidationFailed: nothing is left, it is too long, or it holds a NUL.
    """
    name = text.strip()
    if not name:
        raise ValidationFailed(fields={field: ["This field may not be blank."]})
    if len(name) > MAX_NAME_CHARACTERS:
        raise ValidationFailed(fields={field: [NAME_LENGTH_ERROR]})
    if "\x00" in name:
        raise ValidationFailed(fields={field: ["Null characters are not allowed."]})
    return name


def checked_scopes(scopes: Sequence[str], *, field: str) -> Sequence[str]:
    """The scopes as they are.

    Raises:
        ValidationFailed: one of them does not exist; one text for each.
    """
    unknown = [f"{shown(scope)} not a valid scope" for scope in scopes if not is_valid_scope(scope)]
    if unknown:
        raise ValidationFailed(fields={field: unknown})
    return scopes


def checked_events(events: struct_pb2.ListValue) -> list[str]:
    """The resources and events that the list names.

    Raises:
        ValidationFailed: an item is no text, or names neither.
    """
    if any(value.WhichOneof("kind") != "string_value" for value in events.values):
        raise ValidationFailed(fields={"events": ["Not a valid string."]})
    names = [value.string_value for value in events.values]
    unknown = [shown(name) for name in dict.fromkeys(names) if name not in ALL_EVENTS and name not in RESOURCES]
    if unknown:
        raise ValidationFailed(fields={"events": [f"Invalid event subscription: {', '.join(unknown)}"]})
    return names
