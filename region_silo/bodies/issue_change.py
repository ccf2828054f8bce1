"""What shall become of issues: a status with what it comes with, and whom they are assigned to."""

from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, Self

from pydantic import MISSING, ConfigDict, Field, PlainValidator, WithJsonSchema, model_validator

from region_silo.models.issue import SUBSTATUSES, IssueStatus
from region_silo.services.status_details import StatusDetails
from shared.bodies.body import Body, shown_by
from shared.bodies.fields import Flag, Text, Whole
from shared.domain.json_field import FieldInvalid, parse_text, shown
from shared.domain.json_value import JsonValue
from shared.errors import ValidationFailed

IN_NEXT_RELEASE = "resolvedInNextRelease"
"""A status by itself, and short for the status ``resolved`` with a detail."""
_STATUSES = {status.value: status for status in IssueStatus} | {
    # By the names that newer and older clients of the original send.
    "archived": IssueStatus.IGNORED,
    "muted": IssueStatus.IGNORED,
    IN_NEXT_RELEASE: IssueStatus.RESOLVED,
}
# For the documentation; which of them may go with a status is asked below.
_SUBSTATUSES = [substatus for substatuses in SUBSTATUSES.values() for substatus in substatuses]
_MOST = 1_000_000_000
_MOST_MINUTES = 10 * 366 * 24 * 60
Count = Annotated[int, Whole(1, _MOST)]
Minutes = Annotated[int, Whole(1, _MOST_MINUTES)]


class CommitBody(Body):
    """A commit that resolves an issue."""

    commit: Annotated[str, Text(64, is_one_line=True)]
    repository: Annotated[str, Text(200, is_one_line=True)] | MISSING = MISSING

    @model_validator(mode="before")
    @classmethod
    def _is_sent_back(cls, value: Any) -> Any:
        # An issue shows the commit alone, and clients send back what they read.
        return {"commit": value} if isinstance(value, str) else value


class StatusDetailsBody(Body):
    """Until when an issue is ignored, or in which release it is resolved; releases are kept and shown, and no more."""

    model_config: ClassVar[ConfigDict] = shown_by({"ignoreCount": 100}, {"ignoreDuration": 30}, {"inRelease": "1.1"})

    in_next_release: Flag | None = None
    in_release: Annotated[str, Text(250, is_one_line=True)] | None = None
    in_commit: CommitBody | None = None
    ignore_duration: Minutes | None = Field(default=None, description="Minutes.")
    ignore_count: Count | None = Field(default=None, description="So many further events bring it back.")
    ignore_window: Minutes | None = Field(default=None, description="Minutes within which so many events must come.")
    ignore_user_count: Count | None = Field(default=None, description="So many further users bring it back.")
    ignore_user_window: Minutes | None = Field(
        default=None, description="Minutes. Kept and shown; users within a time are not counted."
    )

    def details(self, *, now: datetime) -> StatusDetails:
        """What they mean from now on."""
        commit = self.in_commit
        return StatusDetails(
            in_next_release=bool(self.in_next_release),
            in_release=self.in_release,
            in_commit=None if commit is None else commit.to_json(),
            ignore_until=now + timedelta(minutes=self.ignore_duration) if self.ignore_duration else None,
            ignore_count=self.ignore_count,
            ignore_window=self.ignore_window,
            ignore_user_count=self.ignore_user_count,
            ignore_user_window=self.ignore_user_window,
        )


def _status_named(value: JsonValue) -> IssueStatus:
    text = parse_text(value, max_characters=64, is_blank_allowed=False)
    if text not in _STATUSES:
        raise FieldInvalid(f'"{shown(text)}" is not a valid choice.')
    return _STATUSES[text]


def _with_details(value: dict[str, Any]) -> dict[str, Any]:
    if value.get("status") == IN_NEXT_RELEASE:
        return {**value, "statusDetails": {"inNextRelease": True}}
    if value.get("statusDetails"):
        return value
    # Some clients put them beside the status; passed over there, an issue would be ignored for ever.
    beside = {name: value[name] for name in DETAIL_NAMES if value.get(name) is not None}
    return {**value, "statusDetails": beside} if beside else value


NOT_DONE = ("merge", "discard", "hasSeen", "isBookmarked", "isSubscribed", "priority", "isPublic")
"""What the original does to issues and this platform does not."""
NOT_DONE_TEXT = "This platform cannot do that to an issue: {name}."


DETAIL_NAMES = tuple(field.alias or name for name, field in StatusDetailsBody.model_fields.items())
"""What goes with a status, by the names of JSON."""


class IssueBody(Body):
    """What shall become of an issue; what is left out stays as it is."""

    model_config: ClassVar[ConfigDict] = shown_by({"status": "resolved"}, {"assignedTo": "user:1"})

    status: (
        Annotated[
            IssueStatus,
            # In place of pydantic's enum, whose sentence would name no other spelling.
            PlainValidator(_status_named),
            WithJsonSchema({"type": "string", "enum": list(_STATUSES)}),
        ]
        | MISSING
    ) = MISSING
    substatus: Annotated[str, Text(64), Field(json_schema_extra={"enum": _SUBSTATUSES})] | None = Field(
        default=None, description="One of the status's own."
    )
    status_details: StatusDetailsBody | None = Field(default=None, description="What goes with the status.")
    assigned_to: Annotated[str, Text(320, is_blank_allowed=True)] | MISSING | None = Field(
        default=MISSING, description="`user:<id>`, an e-mail address, or an empty text or null to remove the assignee."
    )

    def details(self, *, now: datetime) -> StatusDetails:
        """What the status comes with.

        Raises:
            ValidationFailed: it comes with what belongs to another status.
        """
        details = (self.status_details or StatusDetailsBody()).details(now=now)
        if details.status is not None and details.status is not self.status:
            text = f'This goes with the status "{details.status.value}", which was not asked for.'
            raise ValidationFailed(fields={"statusDetails": [text]})
        return details

    @model_validator(mode="before")
    @classmethod
    def _asks_for_what_can_be_done(cls, value: Any) -> Any:
        # Refused, not passed over: who is answered 200 takes it for done.
        for name in NOT_DONE:
            if isinstance(value, dict) and value.get(name) not in (None, False, "", {}, []):
                raise ValidationFailed(fields={name: [NOT_DONE_TEXT.format(name=name)]})
        return _with_details(value) if isinstance(value, dict) else value

    @model_validator(mode="after")
    def _has_a_substatus_of_its_status(self) -> Self:
        if self.substatus is None:
            return self
        # Alone it would be kept beside a status that it does not belong to.
        if self.status is MISSING:
            raise ValidationFailed(fields={"substatus": ["A substatus needs the status that it belongs to."]})
        if self.substatus not in SUBSTATUSES[self.status]:
            text = f'"{shown(self.substatus)}" is not a valid substatus of "{self.status.value}".'
            raise ValidationFailed(fields={"substatus": [text]})
        return self
