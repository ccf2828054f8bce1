"""What a client may say about an app: the body of its creation and of its change, checked and typed.

Owns the rules of spec §4.2 that concern the body alone or the body beside the app as it is. Refuses to know
organizations, users and names that are taken, and what a change does (the services of control). Unknown keys are
ignored, since clients send an app back as they read it.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeAlias

from shared.domain.component_schema import check_ui_component_schema
from shared.domain.display_name import SPAM_NAME_ERROR, is_spam_name
from shared.domain.features import IntegrationFeature
from shared.domain.headers import parse_headers
from shared.domain.json_field import (
    UNSET,
    FieldInvalid,
    FieldReader,
    Unset,
    check_no_control_characters,
    parse_boolean,
    parse_integer,
    parse_list,
    parse_name,
    parse_text,
    shown,
)
from shared.domain.json_value import JsonObject, JsonValue
from shared.domain.scopes import close_scopes, exceeding_scopes, is_valid_scope
from shared.domain.slug import MAX_NAME_CHARACTERS
from shared.domain.subscription import invalid_resources, unmet_scope_texts
from shared.domain.webhook_url import MAX_REDIRECT_URL_CHARACTERS, MAX_WEBHOOK_URL_CHARACTERS, parse_url
from shared.errors import ValidationFailed

NAME_LENGTH_ERROR = f"Cannot exceed {MAX_NAME_CHARACTERS} characters"

MAX_AUTHOR_CHARACTERS = 255
MAX_OVERVIEW_CHARACTERS = 16_384
MAX_STATUS_CHARACTERS = 64
MAX_ORIGIN_CHARACTERS = 255
MAX_LIST_ITEMS = 100
"""Most scopes, events, features or origins in a body."""
MAX_POPULARITY = 32_767

Clearable: TypeAlias = str | Unset | None
"""A text that may be absent, null or empty; the three are different answers."""


@dataclass(frozen=True, kw_only=True)
class AppFields:
    """A valid body. `UNSET`: the body did not say; None: it said null; for a text, ``""`` also occurs."""

    is_internal: bool
    """On creation as the body says, False when it does not; on a change as the app is."""
    name: str | Unset = UNSET
    author: Clearable = UNSET
    scopes: tuple[str, ...] | Unset = UNSET
    """Sorted and closed under the hierarchy. Null is ``()`` on creation and `UNSET` on a change (spec §2.2, §2.3)."""
    status: Clearable = UNSET
    """Only ever set for an elevated requester; anyone else's is checked and ignored."""
    events: tuple[str, ...] | Unset | None = UNSET
    """Resources, not expanded, each once, in the order given."""
    features: tuple[IntegrationFeature, ...] | Unset | None = UNSET
    schema: JsonObject | Unset = UNSET
    """A valid schema, or ``{}`` for no components. Null is `UNSET`."""
    webhook_url: Clearable = UNSET
    webhook_headers: tuple[str, ...] | Unset | None = UNSET
    """Lines ``Name: value``; masked values are already replaced by the current ones. Secret: never logged."""
    redirect_url: Clearable = UNSET
    is_alertable: bool | Unset = UNSET
    overview: Clearable = UNSET
    verify_install: bool | Unset = UNSET
    """False on the creation of an internal app, whatever the body says."""
    allowed_origins: tuple[str, ...] | Unset = UNSET
    popularity: int | Unset | None = UNSET
    """Only ever set for an elevated requester; anyone else's is checked and ignored."""
    is_disabled: bool | Unset | None = UNSET
    """As ``popularity``."""

    def __repr__(self) -> str:
        given = [name for name in self.__dataclass_fields__ if getattr(self, name) is not UNSET]
        return f"AppFields({', '.join(given)})"


@dataclass(frozen=True, kw_only=True)
class CurrentApp:
    """The parts of an app that its change is checked against."""

    is_internal: bool
    scopes: Collection[str]
    events: Collection[str]
    """Resources or expanded names; what counts is whether there are any."""
    webhook_url: str | None
    author: str | None
    is_alertable: bool
    webhook_headers: tuple[str, ...] = field(default=(), repr=False)


def parse_app_fields(
    body: JsonValue,
    *,
    requester_scopes: Collection[str],
    current: CurrentApp | None = None,
    is_elevated: bool = False,
) -> AppFields:
    """Checks a body that creates an app, or, with ``current``, one that changes it.

    Args:
        body: any parsed JSON.
        requester_scopes: what the requester holds in the organization that owns the app.
        current: the app as it is; None on creation.
        is_elevated: whether an active superuser or active staff member asks. They may give any scope, and alone may
            set status and popularity, and disable the app.

    Raises:
        ValidationFailed: ``fields`` holds either every field that is wrong by itself, in the order of the table, or,
            when all are right, the first rule between fields that is broken.
    """
    reader = FieldReader(body)
    fields = _read_fields(reader, held=None if is_elevated else requester_scopes, current=current)
    reader.raise_problems()
    _check_between_fields(fields, current=current)
    return _without_ignored(fields, is_creation=current is None, is_elevated=is_elevated)


def _read_fields(reader: FieldReader, *, held: Collection[str] | None, current: CurrentApp | None) -> AppFields:
    """Reads in the order in which problems are shown."""
    return AppFields(
        name=reader.read("name", _parse_name, is_required=current is None),
        author=reader.read_nullable("author", _text(MAX_AUTHOR_CHARACTERS)),
        scopes=_read_scopes(reader, held=held, current=current),
        status=reader.read_nullable("status", _text(MAX_STATUS_CHARACTERS)),
        events=reader.read_nullable("events", _parse_events),
        features=reader.read_nullable("features", _parse_features),
        schema=_unset_if_null(reader.read_nullable("schema", _parse_schema)),
        webhook_url=reader.read_nullable("webhookUrl", _url(MAX_WEBHOOK_URL_CHARACTERS)),
        webhook_headers=reader.read_nullable("webhookHeaders", _headers(current.webhook_headers if current else ())),
        redirect_url=reader.read_nullable("redirectUrl", _url(MAX_REDIRECT_URL_CHARACTERS)),
        is_internal=current.is_internal if current else reader.read("isInternal", parse_boolean) is True,
        is_alertable=reader.read("isAlertable", parse_boolean),
        overview=reader.read_nullable("overview", _text(MAX_OVERVIEW_CHARACTERS)),
        verify_install=reader.read("verifyInstall", parse_boolean),
        allowed_origins=reader.read("allowedOrigins", _parse_origins),
        popularity=reader.read_nullable("popularity", _parse_popularity),
        is_disabled=reader.read_nullable("isDisabled", parse_boolean),
    )


def _read_scopes(
    reader: FieldReader, *, held: Collection[str] | None, current: CurrentApp | None
) -> tuple[str, ...] | Unset:
    app_scopes = current.scopes if current else ()
    scopes = reader.read_nullable("scopes", lambda value: _parse_scopes(value, held=held, current=app_scopes))
    if scopes is None:
        return () if current is None else UNSET
    return scopes


def _check_between_fields(fields: AppFields, *, current: CurrentApp | None) -> None:
    """Raises on the first broken rule, as the original does: the later ones often follow from it."""
    if isinstance(fields.scopes, tuple) and fields.scopes and isinstance(fields.events, tuple):
        unmet = unmet_scope_texts(fields.events, scopes=fields.scopes)
        if unmet:
            raise ValidationFailed(fields={"events": unmet[:1]})
    problem = None if _given(fields.webhook_url, current and current.webhook_url) else _url_needed_by(fields, current)
    if problem:
        raise ValidationFailed(fields={"webhookUrl": [problem]})
    if not fields.is_internal and not _given(fields.author, current and current.author):
        raise ValidationFailed(fields={"author": ["author required for public integrations"]})


def _url_needed_by(fields: AppFields, current: CurrentApp | None) -> str | None:
    if not fields.is_internal:
        return "webhookUrl required for public integrations"
    if _given(fields.events, current and current.events):
        return "webhookUrl required if webhook events are enabled"
    if _given(fields.is_alertable, current and current.is_alertable):
        return "webhookUrl required if alert rule action is enabled"
    return None


def _given(value: object, otherwise: object) -> bool:
    """Whether there is something after the change: in the body or, where that says nothing, in the app as it is."""
    return bool(otherwise if value is UNSET else value)


def _without_ignored(fields: AppFields, *, is_creation: bool, is_elevated: bool) -> AppFields:
    if not is_elevated:
        fields = replace(fields, status=UNSET, popularity=UNSET, is_disabled=UNSET)
    if is_creation and fields.is_internal:
        fields = replace(fields, verify_install=False)
    return fields


def _parse_name(value: JsonValue) -> str:
    # One character more is enough to say that the name is too long.
    if isinstance(value, str) and len(value.strip()) > MAX_NAME_CHARACTERS:
        raise FieldInvalid(NAME_LENGTH_ERROR)
    name = parse_text(value, max_characters=MAX_NAME_CHARACTERS, is_blank_allowed=False)
    if is_spam_name(name):
        raise FieldInvalid(SPAM_NAME_ERROR)
    return name


def _parse_scopes(value: JsonValue, *, held: Collection[str] | None, current: Collection[str]) -> tuple[str, ...]:
    scopes = parse_list(value, _parse_scope, max_items=MAX_LIST_ITEMS)
    exceeding = [] if held is None else exceeding_scopes(scopes, held=held, current=current)
    if exceeding:
        raise FieldInvalid(*map(scope_exceeds_text, exceeding))
    return tuple(close_scopes(scopes))


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


def _parse_events(value: JsonValue) -> tuple[str, ...]:
    names = parse_list(value, parse_name, max_items=MAX_LIST_ITEMS)
    invalid = invalid_resources(names)
    if invalid:
        raise FieldInvalid(f"Invalid event subscription: {', '.join(map(shown, invalid))}")
    return tuple(dict.fromkeys(names))


def _parse_features(value: JsonValue) -> tuple[IntegrationFeature, ...]:
    return tuple(sorted(set(parse_list(value, _parse_feature, max_items=MAX_LIST_ITEMS))))


def _parse_feature(value: JsonValue) -> IntegrationFeature:
    try:
        return IntegrationFeature(parse_integer(value, minimum=0, maximum=max(IntegrationFeature)))
    except ValueError as exc:  # FieldInvalid is one too
        raise FieldInvalid(f'"{shown(value)}" is not a valid choice.') from exc


def _parse_schema(value: JsonValue) -> JsonObject:
    if value in ("", {}):
        return {}
    try:
        return check_ui_component_schema(value)
    except ValidationFailed as failed:
        raise FieldInvalid(*failed.fields["schema"]) from failed


def _parse_origins(value: JsonValue) -> tuple[str, ...]:
    origins = parse_list(value, _parse_origin, max_items=MAX_LIST_ITEMS)
    if any("*" in origin for origin in origins):
        raise FieldInvalid("'*' not allowed in origin")
    return origins


def _parse_origin(value: JsonValue) -> str:
    origin = parse_text(value, max_characters=MAX_ORIGIN_CHARACTERS, is_blank_allowed=False)
    check_no_control_characters(origin)  # origins are stored one per line
    return origin


def _parse_popularity(value: JsonValue) -> int:
    return parse_integer(value, minimum=0, maximum=MAX_POPULARITY)


def _text(max_characters: int) -> Callable[[JsonValue], str]:
    return partial(parse_text, max_characters=max_characters)


def _url(max_characters: int) -> Callable[[JsonValue], str]:
    return partial(parse_url, max_characters=max_characters)


def _headers(current: tuple[str, ...]) -> Callable[[JsonValue], tuple[str, ...]]:
    return partial(parse_headers, current=current)


def _unset_if_null(value: JsonObject | Unset | None) -> JsonObject | Unset:
    return UNSET if value is None else value
