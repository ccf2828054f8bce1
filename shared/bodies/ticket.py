"""The ticket of an issue in an app's own system, as apps answer with it and as clients name it."""

from typing import Annotated, TypeAlias

from pydantic import BeforeValidator, Field

from shared.bodies.body import Body
from shared.bodies.fields import Text
from shared.domain.json_field import FieldInvalid, parse_text
from shared.domain.json_value import JsonValue
from shared.domain.webhook_url import URL_ERROR, parse_url

MAX_TICKET_URL_CHARACTERS = 2048


def parse_web_url(value: JsonValue) -> str:
    """The address of a ticket.

    Raises:
        FieldInvalid: it is no http or https URL.
    """
    # Blank is told apart from wrong, as for every other field.
    text = parse_text(value, max_characters=MAX_TICKET_URL_CHARACTERS, is_blank_allowed=False)
    try:
        return parse_url(text, max_characters=MAX_TICKET_URL_CHARACTERS)
    except FieldInvalid as exc:
        raise FieldInvalid(URL_ERROR) from exc


TicketUrl: TypeAlias = Annotated[str, BeforeValidator(parse_web_url), Field(max_length=MAX_TICKET_URL_CHARACTERS)]
TicketName: TypeAlias = Annotated[str, Text(255)]
"""A ticket's project, and its identifier there."""


class Ticket(Body):
    """What an app has: the other end of a link."""

    web_url: TicketUrl
    project: TicketName
    identifier: TicketName

    @property
    def display_name(self) -> str:
        """``<project>#<identifier>``."""
        return f"{self.project}#{self.identifier}"
