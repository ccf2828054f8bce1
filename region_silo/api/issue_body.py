"""What is sent to change issues. Owns the fields, their texts, and which issues a query string names."""

from dataclasses import dataclass

from starlette.requests import Request

from region_silo.models.issue import IssueStatus
from region_silo.services.issue_changes import SUBSTATUSES
from region_silo.services.issues import find_issue
from shared.domain.json_field import FieldInvalid, FieldReader, Unset, parse_text, shown
from shared.domain.json_value import JsonObject, JsonValue
from shared.domain.path_key import find_id
from shared.errors import ValidationFailed

MAX_ISSUES_AT_ONCE = 1_000
NAME_THEM = "Name the issues to change: ?id=1&id=2."
UNKNOWN_ASSIGNEE = "Unknown actor input"
"""The original's text for an assignee who is nobody here."""

_OTHER_NAMES = {"archived": IssueStatus.IGNORED, "muted": IssueStatus.IGNORED}
"""Statuses by the names that older and newer clients of the original send."""
_MAX_ASSIGNEE_CHARACTERS = 320
_MAX_STATUS_CHARACTERS = 64


@dataclass(frozen=True, kw_only=True)
class IssueFields:
    """The fields of a body; what it did not mention is unset."""

    status: IssueStatus | None
    substatus: str | None
    assignee: str | Unset
    """``user:<id>``, an e-mail address, or empty for nobody."""


def parse_issue_fields(body: JsonObject) -> IssueFields:
    """Reads a body; fields that mean nothing here are passed over.

    Raises:
        ValidationFailed: a field is wrong.
    """
    fields = FieldReader(body)
    status = fields.read("status", _parse_status)
    substatus = fields.read_nullable("substatus", _parse_substatus)
    assignee = fields.read_nullable("assignedTo", _parse_assignee)
    fields.raise_problems()
    read = IssueFields(
        status=None if isinstance(status, Unset) else status,
        substatus=None if isinstance(substatus, Unset) else substatus,
        assignee="" if assignee is None else assignee,
    )
    _check_substatus(read)
    return read


def unknown_assignee() -> ValidationFailed:
    """The answer to an assignee who is nobody here."""
    return ValidationFailed(fields={"assignedTo": [UNKNOWN_ASSIGNEE]})


def issue_ids_of(request: Request, organization_id: int) -> list[int] | None:
    """The issues that ``id`` names, by id or short id; unknown ones are left out. None: it is absent. Needs a session.

    Raises:
        ValidationFailed: it names none, or too many.
    """
    if "id" not in request.query_params:
        return None
    names = dict.fromkeys(name.strip() for value in request.query_params.getlist("id") for name in value.split(","))
    names.pop("", None)
    if not names:
        raise ValidationFailed(NAME_THEM)
    if len(names) > MAX_ISSUES_AT_ONCE:
        raise ValidationFailed(f"At most {MAX_ISSUES_AT_ONCE} issues can be changed at once.")
    found = (_issue_id(name, organization_id) for name in names)
    return [issue_id for issue_id in found if issue_id]


def _issue_id(name: str, organization_id: int) -> int | None:
    """Ids are looked for when they are changed, all at once; short ids here."""
    issue_id = find_id(name)
    if issue_id is not None:
        return issue_id
    issue = find_issue(name, organization_ids=[organization_id])
    return issue.id if issue else None


def _parse_status(value: JsonValue) -> IssueStatus:
    text = parse_text(value, max_characters=_MAX_STATUS_CHARACTERS, is_blank_allowed=False)
    text = _OTHER_NAMES.get(text, text)
    if text not in set(IssueStatus):
        raise FieldInvalid(f'"{shown(text)}" is not a valid choice.')
    return IssueStatus(text)


def _parse_substatus(value: JsonValue) -> str:
    return parse_text(value, max_characters=_MAX_STATUS_CHARACTERS, is_blank_allowed=False)


def _parse_assignee(value: JsonValue) -> str:
    return parse_text(value, max_characters=_MAX_ASSIGNEE_CHARACTERS)


def _check_substatus(fields: IssueFields) -> None:
    if fields.substatus is None:
        return
    if fields.status is None:
        raise ValidationFailed(fields={"substatus": ["A substatus needs the status that it belongs to."]})
    if fields.substatus not in SUBSTATUSES[fields.status]:
        text = f'"{shown(fields.substatus)}" is not a valid substatus of "{fields.status.value}".'
        raise ValidationFailed(fields={"substatus": [text]})
