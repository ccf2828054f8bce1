"""Filling a UI component before it is shown: which fields need choices, and from where.

Owns the rules of spec §8.4 that need no call: which choices are known, which must be asked of the app and with what
URL, and how its answer reads. Refuses to call anyone. Tolerates stored components of any shape.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import urlencode, urlsplit

from shared.domain.json_value import JsonObject, JsonValue
from shared.errors import RequestRefused, ValidationFailed

URI_ERROR = "Invalid URI: must be a relative path starting with '/'."
SELECT_SHAPE_ERROR = "Invalid response format for Select FormField in {app_slug} from uri: {uri}"
SELECT_OPTION_ERROR = "Missing `value` or `label` in option data for Select FormField"

Path: TypeAlias = tuple[str | int, ...]
"""Where a field is inside a component: keys and indexes from the component down."""

# Two slashes at the start, or an @, would name another host; a backslash is a slash to browsers.
_URI = re.compile(r"/(?!/)[^@\\\x00-\x1f\x7f]*")
_FIELDSETS = ("required_fields", "optional_fields")
# Of the four elements only these ask a person anything; the others lead somewhere or show something.
_FIELD_HOLDERS: Mapping[str, tuple[str, ...]] = {"issue-link": ("link", "create"), "alert-rule-action": ("settings",)}


@dataclass(frozen=True)
class SelectChoices:
    """What a select offers."""

    choices: tuple[tuple[JsonValue, JsonValue], ...]
    """Pairs of value and label."""
    default_value: JsonValue = None
    """The value chosen at first; None when the app names none."""

    def to_json(self) -> dict[str, JsonValue]:
        """``{"choices": [[value, label], …], "defaultValue"?}``, as fields and external requests show it."""
        choices: list[JsonValue] = [list(choice) for choice in self.choices]
        return {"choices": choices} | ({} if self.default_value is None else {"defaultValue": self.default_value})


@dataclass(frozen=True)
class KnownChoices:
    """A field whose choices need no call."""

    path: Path
    choices: SelectChoices


@dataclass(frozen=True)
class NeededChoices:
    """A field whose choices the app must be asked for."""

    path: Path
    uri: str
    dependent_data: str | None
    """JSON object of the values that the choices depend on; None when they depend on nothing."""


def plan_fields(component: JsonObject, *, values: Mapping[str, JsonValue]) -> list[KnownChoices | NeededChoices]:
    """What each field of a component needs, in order; fields that need nothing are absent.

    Args:
        component: one element of an app's schema, ``type`` included.
        values: what the user chose before, by name of field.
    """
    plans = (_plan(path, field, values) for path, field in _iterate_fields(component))
    return [plan for plan in plans if plan is not None]


def fill_fields(component: JsonObject, *, choices: Mapping[Path, SelectChoices]) -> dict[str, JsonValue]:
    """A copy of the component in which the fields at these paths carry their choices."""
    # A copy to the bottom: components are kept, and shown to others with other choices.
    filled: dict[str, JsonValue] = json.loads(json.dumps(component))
    for path, field in _iterate_fields(filled):
        if path in choices:
            field.update(choices[path].to_json())
    return filled


def check_uri(uri: str) -> str:
    """The uri itself, when it names a path on the app's own host (spec §4.9).

    Raises:
        ValidationFailed: it could lead to another host, or holds a control character.
    """
    if _URI.fullmatch(uri) is None:
        raise ValidationFailed(fields={"uri": [URI_ERROR]})
    return uri


def app_url(uri: str, *, webhook_url: str, query: Iterable[tuple[str, str | None]] = ()) -> str:
    """The address of a path on the host of an app's webhook URL; parameters that are None are left out.

    The result is on that host for every uri: its own query is kept, and what looks like a host in it stays a path.

    Raises:
        RequestRefused: the app has no webhook URL, so its components lead nowhere.
    """
    parts = urlsplit(webhook_url)
    if not parts.netloc:
        raise RequestRefused("The app has no webhook URL.")
    # Apart, or what is added to the query would become part of the fragment, which is never sent.
    path, mark, fragment = uri.partition("#")
    added = urlencode([(name, value) for name, value in query if value is not None], errors="replace")
    # A uri may bring a query of its own, which the app has put there.
    joint = "" if not added else "&" if "?" in path else "?"
    return f"{parts.scheme}://{parts.netloc}/{path.removeprefix('/')}{joint}{added}{mark}{fragment}"


def stacktrace_link_url(uri: str, *, webhook_url: str, installation_uuid: str, project_slug: str | None = None) -> str:
    """Where the browser goes from a line of a stack trace. Credentials in the webhook URL stay out of it.

    Raises:
        RequestRefused: the app has no webhook URL.
    """
    parts = urlsplit(webhook_url)
    # A browser goes there: whoever looks at the page must not see the credentials in the address.
    shown_url = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    query = [("installationId", installation_uuid), ("projectSlug", project_slug)]
    return app_url(uri, webhook_url=shown_url, query=query)


def select_request_url(
    uri: str,
    *,
    webhook_url: str,
    installation_uuid: str,
    project_slug: str | None = None,
    search: str | None = None,
    dependent_data: str | None = None,
) -> str:
    """The address that answers with the choices of a select.

    Raises:
        RequestRefused: the app has no webhook URL.
    """
    query = [
        ("installationId", installation_uuid),
        ("projectSlug", project_slug),
        ("query", search),
        ("dependentData", dependent_data),
    ]
    return app_url(uri, webhook_url=webhook_url, query=query)


def parse_select_answer(answer: JsonValue, *, app_slug: str, uri: str) -> SelectChoices:
    """Reads ``[{"label", "value", "default"?}, …]``, which an app answers to a select request.

    Raises:
        ValidationFailed: the answer has another shape; the message is for the user (spec §8.4).
    """
    if not isinstance(answer, list) or not all(isinstance(option, dict) for option in answer):
        raise ValidationFailed(SELECT_SHAPE_ERROR.format(app_slug=app_slug, uri=uri))
    options = [option for option in answer if isinstance(option, dict)]
    if not all("value" in option and "label" in option for option in options):
        # One bad option refuses all of them: a choice that is missing would be looked for in vain.
        raise ValidationFailed(SELECT_OPTION_ERROR)
    # The last of several, since that is what the original's loop leaves.
    chosen = [option["value"] for option in options if option.get("default")]
    return SelectChoices(
        choices=tuple((option["value"], option["label"]) for option in options),
        default_value=chosen[-1] if chosen else None,
    )


def _iterate_fields(component: JsonObject) -> Iterator[tuple[Path, dict[str, JsonValue]]]:
    for holder_name in _FIELD_HOLDERS.get(str(component.get("type")), ()):
        holder = component.get(holder_name)
        for fieldset_name in _FIELDSETS if isinstance(holder, dict) else ():
            fieldset = holder.get(fieldset_name) if isinstance(holder, dict) else None
            for index, field in enumerate(fieldset if isinstance(fieldset, list) else ()):
                # Stored schemas are older than some rules; what has no shape is passed over and not refused when it is
                # shown.
                if isinstance(field, dict):
                    yield (holder_name, fieldset_name, index), field


def _plan(path: Path, field: JsonObject, values: Mapping[str, JsonValue]) -> KnownChoices | NeededChoices | None:
    names = field.get("depends_on")
    needed = [str(name) for name in names] if isinstance(names, list) else []
    if any(values.get(name) is None for name in needed):
        return KnownChoices(path, SelectChoices(()))
    options, uri = field.get("options"), field.get("uri")
    if isinstance(options, list):
        pairs = (option for option in options if isinstance(option, list) and len(option) == 2)
        return KnownChoices(path, SelectChoices(tuple((value, label) for value, label in pairs)))
    if not isinstance(uri, str) or field.get("skip_load_on_open"):
        return None
    chosen = {name: values[name] for name in needed}
    return NeededChoices(path, uri, json.dumps(chosen, separators=(",", ":")) if needed else None)
