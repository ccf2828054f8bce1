"""JSON as people type and read it, to and from protobuf messages.

The names are those of the contract (``organization_id``). Numbers and lists are always there, also when 0 or empty;
what may be absent is absent. 64-bit integers are JSON numbers; one that a JSON number cannot hold exactly is a string,
as protobuf's own JSON prints them all. Read are numbers and strings alike. A whole number never ends in ``.0``.
"""

import json
from typing import Any, TypeVar

from google.protobuf import json_format
from google.protobuf.message import Message

from shared.errors import ConfigInvalid

_BIGGEST_EXACT = 2**53
"""Up to here a JSON number holds every whole number exactly."""

_Request = TypeVar("_Request", bound=Message)


def parse_message(text: str, message_class: type[_Request]) -> _Request:
    """The message that a JSON object describes.

    Raises:
        ConfigInvalid: it is no JSON object, or does not fit the message.
    """
    try:
        found = json.loads(text)
    except ValueError as exc:
        raise ConfigInvalid(f"The request is not JSON: {exc}.") from exc
    if not isinstance(found, dict):
        raise ConfigInvalid('The request must be a JSON object, such as \'{"slug": "acme-kanban"}\'.')
    try:
        return json_format.ParseDict(found, message_class())
    except (json_format.ParseError, TypeError, ValueError) as exc:
        fields = ", ".join(message_class.DESCRIPTOR.fields_by_name) or "none"
        problem = str(exc).partition("Available Fields")[0].strip().rstrip(".")
        raise ConfigInvalid(
            f"The request does not fit {message_class.DESCRIPTOR.name}: {problem}. Its fields: {fields}."
        ) from exc


def render_message(message: Message) -> dict[str, Any]:
    """A message as JSON."""
    rendered: dict[str, Any] = _with_whole_numbers(
        json_format.MessageToDict(
            message,
            preserving_proto_field_name=True,
            always_print_fields_with_no_presence=True,
            unquote_int64_if_possible=True,
        )
    )
    return rendered


def _with_whole_numbers(value: Any) -> Any:
    """The value with ``3`` for ``3.0``: a Struct keeps every number as a fraction, also an id."""
    if isinstance(value, dict):
        return {name: _with_whole_numbers(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_with_whole_numbers(each) for each in value]
    if isinstance(value, float) and value.is_integer() and abs(value) <= _BIGGEST_EXACT:
        return int(value)
    return value
