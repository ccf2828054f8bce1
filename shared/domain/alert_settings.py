"""What a user entered in an app's form of an alert rule, checked against the form (settled.md).

Owns the rules and their texts, which are the original's. Refuses to know where forms and rules are kept.
"""

from collections.abc import Iterator, Sequence

from shared.domain.json_field import FieldInvalid, shown
from shared.domain.json_value import JsonObject, JsonValue

NO_FORM = "Alert Rule Actions are not enabled for the {app} integration."
NO_SETTINGS = "{app} requires settings to configure alert rules."
MISSING = "{app} is missing required settings field: '{name}'"
UNEXPECTED = "Unexpected setting(s) '{names}' configured for {app}"
NO_CHOICE = "{app} received {value} for {label} setting. Allowed values are {allowed}'"


def check_settings(settings: Sequence[JsonObject], form: JsonObject, *, app: str) -> None:
    """Checks ``[{"name", "value"}, …]``.

    Args:
        settings: what was entered.
        form: the ``settings`` of the app's ``alert-rule-action``.
        app: its name, for people.

    Raises:
        FieldInvalid: a required field is missing, a value is none of a select's own, or no field has the name.
    """
    if not settings:
        raise FieldInvalid(NO_SETTINGS.format(app=app))
    entered = {str(each.get("name")): each.get("value") for each in settings}
    for field in _fields(form, "required_fields"):
        name = str(field.get("name"))
        if not entered.get(name):
            raise FieldInvalid(MISSING.format(app=app, name=shown(name)))
        _check_choice(entered[name], field, app)
    for field in _fields(form, "optional_fields"):
        _check_choice(entered.get(str(field.get("name"))), field, app)
    known = {str(field.get("name")) for part in _FIELDSETS for field in _fields(form, part)}
    if unexpected := [shown(name) for name in entered if name not in known]:
        raise FieldInvalid(UNEXPECTED.format(app=app, names=", ".join(unexpected)))


_FIELDSETS = ("required_fields", "optional_fields")


def _fields(form: JsonObject, part: str) -> Iterator[JsonObject]:
    fields = form.get(part)
    yield from (field for field in (fields if isinstance(fields, list) else ()) if isinstance(field, dict))


def _check_choice(value: JsonValue, field: JsonObject, app: str) -> None:
    """Choices that a select brings; those of one that asks the app are the app's to judge."""
    if field.get("type") != "select" or field.get("uri") or not value:
        return
    options = field.get("options")
    pairs = options if isinstance(options, list) else []
    allowed = [option[0] for option in pairs if isinstance(option, list) and option]
    if value not in allowed:
        label, choices = field.get("label"), ", ".join(str(each) for each in allowed)
        raise FieldInvalid(NO_CHOICE.format(app=app, value=shown(value), label=label, allowed=choices))
