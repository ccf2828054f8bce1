"""The Draft-7 definitions of every part of a UI component schema (spec §8).

Owns the shapes alone; `component_schema` checks against them and owns the errors. A field is matched by its type, so
an error names what is wrong with that field and not that it matched none of several shapes; of media the original says
the latter. Unknown properties are allowed everywhere.
"""

from typing import Any

ELEMENT_TYPES = ("issue-link", "alert-rule-action", "issue-media", "stacktrace-link")
"""What an app may add; at most one of each."""

FORM_FIELD_TYPES = ("select", "text", "textarea")
MEDIA_TYPES = ("header", "markdown", "image", "video")
TEXT_TYPES = ("text", "textarea")
TEXT_DEFAULTS = ("issue.title", "issue.description")
"""What a text field may start with: a property of the issue that it is shown for."""

MAX_DESCRIPTION_CHARACTERS = 140

Definition = dict[str, Any]

_STRING: Definition = {"type": "string"}
# As loose as the original's: what a URL leads to is judged where it is called, not where it is declared.
_URL: Definition = {"type": "string", "pattern": "^(https?|/)"}


def _object(*, required: tuple[str, ...], **properties: Definition) -> Definition:
    return {"type": "object", "required": list(required), "properties": properties}


def _ref(name: str) -> Definition:
    return {"$ref": f"#/definitions/{name}"}


def _literal(value: str) -> Definition:
    return {"type": "string", "enum": [value]}


def _one_of_types(types: tuple[str, ...]) -> Definition:
    """An object whose ``type`` says which definition it must meet."""
    # `if` and `then` and not `oneOf`, which would only say that the object fits none of its shapes.
    by_type = [
        {"if": {"required": ["type"], "properties": {"type": {"const": name}}}, "then": _ref(name)} for name in types
    ]
    return {**_object(required=("type",), type={"enum": list(types)}), "allOf": by_type}


def _list_of(item: Definition) -> Definition:
    return {"type": "array", "minItems": 1, "items": item}


def _text(kind: str) -> Definition:
    default = {"type": "string", "enum": list(TEXT_DEFAULTS)}
    return _object(
        required=("type", "label", "name"), type=_literal(kind), label=_STRING, name=_STRING, default=default
    )


def _titled(kind: str) -> Definition:
    return _object(required=("type", "text"), type=_literal(kind), text=_STRING)


DEFINITIONS: dict[str, Definition] = {
    "uri": {"type": "string", "pattern": "^/"},
    "options": _list_of(
        # Draft 7: an array of schemas is one for each place.
        {"type": "array", "minItems": 2, "maxItems": 2, "items": [_STRING, {"type": ["string", "number"]}]}
    ),
    "fieldset": _list_of(_one_of_types(FORM_FIELD_TYPES)),
    "select": {
        **_object(
            required=("type", "name", "label"),
            type=_literal("select"),
            label=_STRING,
            name=_STRING,
            uri=_ref("uri"),
            options=_ref("options"),
            depends_on=_list_of(_STRING),
            skip_load_on_open={"type": "boolean"},
        ),
        # Choices come from the app or are listed; of both at once it would be unclear which count.
        "oneOf": [{"required": ["uri"]}, {"required": ["options"]}],
    },
    "text": _text("text"),
    "textarea": _text("textarea"),
    "header": _titled("header"),
    "markdown": _titled("markdown"),
    "image": _object(required=("type", "url"), type=_literal("image"), url=_URL, alt=_STRING),
    "video": _object(required=("type", "url"), type=_literal("video"), url=_URL),
    "link": _object(
        required=("uri", "required_fields"),
        uri=_ref("uri"),
        required_fields=_ref("fieldset"),
        optional_fields=_ref("fieldset"),
    ),
    "issue-link": _object(
        required=("type", "link", "create"), type=_literal("issue-link"), link=_ref("link"), create=_ref("link")
    ),
    "alert-rule-settings": _object(
        required=("type", "uri", "required_fields"),
        type=_literal("alert-rule-settings"),
        uri=_ref("uri"),
        required_fields=_ref("fieldset"),
        optional_fields=_ref("fieldset"),
        description={"type": "string", "minLength": 1, "maxLength": MAX_DESCRIPTION_CHARACTERS},
    ),
    "alert-rule-action": _object(
        required=("type", "title", "settings"),
        type=_literal("alert-rule-action"),
        title=_STRING,
        settings=_ref("alert-rule-settings"),
    ),
    "issue-media": _object(
        required=("type", "title", "elements"),
        type=_literal("issue-media"),
        title=_STRING,
        # `anyOf` here, since the original answers with its text for it, which clients show.
        elements=_list_of({"anyOf": [_ref(name) for name in MEDIA_TYPES]}),
    ),
    "stacktrace-link": _object(required=("type", "uri"), type=_literal("stacktrace-link"), uri=_ref("uri")),
    "schema": _object(required=("elements",), elements=_list_of(_one_of_types(ELEMENT_TYPES))),
}
DEFINITIONS["select"]["properties"]["async"] = {"type": "boolean"}
