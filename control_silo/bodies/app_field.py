"""Kinds of fields that an app has, with the rules of spec §4.2 for each by itself."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, Field, ValidationInfo
from pydantic_core import CoreSchema, core_schema

from control_silo.models.app import SentryApp
from shared.bodies.fields import Text, Whole
from shared.domain.component_schema import check_ui_component_schema
from shared.domain.display_name import SPAM_NAME_ERROR, is_spam_name
from shared.domain.features import IntegrationFeature
from shared.domain.headers import parse_headers
from shared.domain.json_field import (
    FieldInvalid,
    check_no_control_characters,
    parse_integer,
    parse_list,
    parse_name,
    parse_text,
    shown,
)
from shared.domain.json_value import JsonObject, JsonValue
from shared.domain.scopes import close_scopes, exceeding_scopes, is_valid_scope
from shared.domain.slug import MAX_NAME_CHARACTERS
from shared.domain.subscription import invalid_subscriptions
from shared.domain.webhook import MAX_CALL_SECONDS
from shared.domain.webhook_url import MAX_REDIRECT_URL_CHARACTERS, MAX_WEBHOOK_URL_CHARACTERS, origin_of, parse_url
from shared.errors import ValidationFailed

NAME_LENGTH_ERROR = f"Cannot exceed {MAX_NAME_CHARACTERS} characters"
MAX_ORIGIN_CHARACTERS = 255
MAX_LIST_ITEMS = 100
"""Most scopes, events, features or origins in a body."""


@dataclass(frozen=True)
class Requester:
    """Who sends the body of an app: the context in which it is read."""

    scopes: Collection[str]
    """What they hold in the organization that owns the app."""
    is_elevated: bool = False
    """They may give any scope, and alone may set status and popularity, and disable the app."""
    app: SentryApp | None = field(default=None, repr=False)
    """The app that they change; None: they make one."""
    sees_secrets: bool = False
    """They are shown the values of the app's custom headers, and what stands before the host of its webhook URL."""

    def moves_secrets(self, webhook_url: object) -> bool:
        """Whether the app's custom headers would be sent to another origin, by someone who may not see them.

        Args:
            webhook_url: what the body says; anything but a text leaves the app's own.
        """
        # Nothing that they could not read anyway would move.
        if self.app is None or self.sees_secrets or not self.app.webhook_headers:
            return False
        # No URL, or none that is one: then nothing is sent anywhere.
        is_sent = isinstance(webhook_url, str) and webhook_url != ""
        return is_sent and origin_of(str(webhook_url)) != origin_of(self.app.webhook_url or "")


def requester_of(info: ValidationInfo) -> Requester:
    """The context of a body that is being read.

    Raises:
        TypeError: it has another one, or none.
    """
    if not isinstance(info.context, Requester):
        # A fault of ours, at once: read without one, every scope would seem to be allowed or none.
        raise TypeError("the body of an app is read in the context of its requester")
    return info.context


def _read_name(value: JsonValue) -> str:
    # One character more is enough to say that the name is too long.
    if isinstance(value, str) and len(value.strip()) > MAX_NAME_CHARACTERS:
        raise FieldInvalid(NAME_LENGTH_ERROR)
    name = parse_text(value, max_characters=MAX_NAME_CHARACTERS, is_blank_allowed=False)
    if is_spam_name(name):
        raise FieldInvalid(SPAM_NAME_ERROR)
    return name


def _read_scopes(value: JsonValue, info: ValidationInfo) -> list[str]:
    """The scopes, closed under the hierarchy; those that the app has may stay whoever asks (spec §2.3)."""
    requester = requester_of(info)
    scopes = parse_list(value, _parse_scope, max_items=MAX_LIST_ITEMS)
    # Superusers and staff give what they do not hold themselves (spec §2.3).
    if not requester.is_elevated:
        current = requester.app.scope_list if requester.app else ()
        if exceeding := exceeding_scopes(scopes, held=requester.scopes, current=current):
            raise FieldInvalid(*map(scope_exceeds_text, exceeding))
    # Closed before it is stored: whoever checks a token later looks up one scope and knows of no hierarchy.
    return close_scopes(scopes)


def scope_exceeds_text(scope: str) -> str:
    """The sentence for a scope that the requester may not give away."""
    return (
        f"Requested permission of {scope} exceeds requester's permission. "
        "Please contact an administrator to make the requested change."
    )


def _parse_scope(value: JsonValue) -> str:
    scope = parse_name(value)
    if not is_valid_scope(scope):
        raise FieldInvalid(f"{shown(scope)} not a valid scope")
    return scope


def _read_events(value: JsonValue) -> list[str]:
    names = parse_list(value, parse_name, max_items=MAX_LIST_ITEMS)
    invalid = invalid_subscriptions(names)
    if invalid:
        raise FieldInvalid(f"Invalid event subscription: {', '.join(map(shown, invalid))}")
    # In the order in which they were sent, each once: texts about them name them so.
    return list(dict.fromkeys(names))


def _read_features(value: JsonValue) -> list[IntegrationFeature]:
    # A set to the original: neither order nor repetition means anything.
    return sorted(set(parse_list(value, _parse_feature, max_items=MAX_LIST_ITEMS)))


def _parse_feature(value: JsonValue) -> IntegrationFeature:
    try:
        return IntegrationFeature(parse_integer(value, minimum=0, maximum=max(IntegrationFeature)))
    except ValueError as exc:  # FieldInvalid is one too
        raise FieldInvalid(f'"{shown(value)}" is not a valid choice.') from exc


def _read_schema(value: JsonValue) -> JsonObject:
    # Both are how clients of the original take a schema away.
    if value in ("", {}):
        return {}
    try:
        return check_ui_component_schema(value)
    except ValidationFailed as failed:
        raise FieldInvalid(*failed.fields["schema"]) from failed


def _read_headers(value: JsonValue, info: ValidationInfo) -> list[str]:
    """The lines; a value that is masked stands for the one that the app has, so that what was read can be sent back."""
    requester = requester_of(info)
    is_known = requester.app is not None and not requester.moves_secrets(info.data.get("webhook_url"))
    return list(parse_headers(value, current=requester.app.webhook_headers if requester.app and is_known else ()))


def _read_origins(value: JsonValue) -> list[str]:
    origins = parse_list(value, _parse_origin, max_items=MAX_LIST_ITEMS)
    # Over all of them, and after each was read by itself: the original's sentence names no single one.
    if any("*" in origin for origin in origins):
        raise FieldInvalid("'*' not allowed in origin")
    return list(origins)


def _parse_origin(value: JsonValue) -> str:
    origin = parse_text(value, max_characters=MAX_ORIGIN_CHARACTERS, is_blank_allowed=False)
    check_no_control_characters(origin)  # origins are stored one per line
    return origin


@dataclass(frozen=True)
class Url:
    """An absolute http or https URL, or an empty text, which stands for none."""

    max_characters: int

    def read(self, value: JsonValue) -> str:
        return parse_url(value, max_characters=self.max_characters)

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> CoreSchema:
        text = core_schema.str_schema(max_length=self.max_characters)
        return core_schema.no_info_before_validator_function(self.read, text)


AppName: TypeAlias = Annotated[str, Field(max_length=MAX_NAME_CHARACTERS), BeforeValidator(_read_name)]
Scopes: TypeAlias = Annotated[list[str], BeforeValidator(_read_scopes)]
Events: TypeAlias = Annotated[list[str], BeforeValidator(_read_events)]
Features: TypeAlias = Annotated[list[int], BeforeValidator(_read_features)]
Schema: TypeAlias = Annotated[dict[str, Any], BeforeValidator(_read_schema)]
Headers: TypeAlias = Annotated[list[str], BeforeValidator(_read_headers)]
Origins: TypeAlias = Annotated[list[str], BeforeValidator(_read_origins)]
Author: TypeAlias = Annotated[str, Text(255, is_blank_allowed=True)]
Overview: TypeAlias = Annotated[str, Text(16_384, is_blank_allowed=True)]
Status: TypeAlias = Annotated[str, Text(64, is_blank_allowed=True)]
Popularity: TypeAlias = Annotated[int, Whole(0, 32_767)]
Timeout: TypeAlias = Annotated[int, Whole(1, MAX_CALL_SECONDS)]
WebhookUrl: TypeAlias = Annotated[str, Url(MAX_WEBHOOK_URL_CHARACTERS)]
RedirectUrl: TypeAlias = Annotated[str, Url(MAX_REDIRECT_URL_CHARACTERS)]
