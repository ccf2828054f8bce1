"""How issues look in JSON, for the documentation: what is sent and what is answered. Checks nothing."""

from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from region_silo.api.examples import ACTIVITY, CHANGED_ISSUES, ISSUE, SHORT_ID, shown_by


class IssueBody(BaseModel):
    """What shall become of an issue; what is left out stays as it is."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={"examples": [{"status": "resolved"}, {"assignedTo": "user:1"}]}
    )

    status: Literal["resolved", "unresolved", "ignored", "archived", "muted"] | None = None
    substatus: (
        Literal[
            "ongoing",
            "new",
            "regressed",
            "escalating",
            "archived_until_escalating",
            "archived_until_condition_met",
            "archived_forever",
        ]
        | None
    ) = Field(default=None, description="One of the status's own.")
    assignedTo: str | None = Field(  # noqa: N815
        default=None, description="`user:<id>`, an e-mail address, or an empty text to remove the assignee."
    )


class IssueProjectObject(BaseModel):
    """The project of an issue."""

    id: str
    name: str
    slug: str
    platform: str


class AssigneeObject(BaseModel):
    """Whom an issue is assigned to."""

    type: Literal["user"]
    id: str
    name: str
    email: str | None


class IssueObject(BaseModel):
    """An issue."""

    model_config: ClassVar[ConfigDict] = shown_by(ISSUE)

    id: str
    shareId: None  # noqa: N815
    shortId: str = Field(examples=["WEB-1"])  # noqa: N815
    title: str
    culprit: str
    permalink: str
    logger: None
    level: Literal["fatal", "error", "warning", "info", "debug", "sample"]
    status: Literal["resolved", "unresolved", "ignored"]
    statusDetails: dict[str, Any]  # noqa: N815
    substatus: str | None
    isPublic: bool  # noqa: N815
    platform: str
    project: IssueProjectObject
    type: Literal["error", "default"]
    issueType: Literal["error"]  # noqa: N815
    issueCategory: Literal["error"]  # noqa: N815
    metadata: dict[str, Any]
    numComments: int  # noqa: N815
    assignedTo: AssigneeObject | None  # noqa: N815
    isBookmarked: bool  # noqa: N815
    isSubscribed: bool  # noqa: N815
    subscriptionDetails: None  # noqa: N815
    hasSeen: bool  # noqa: N815
    annotations: list[Any]
    count: str
    userCount: int  # noqa: N815
    firstSeen: str  # noqa: N815
    lastSeen: str  # noqa: N815


class ActorObject(BaseModel):
    """Who did something."""

    type: Literal["user", "application"]
    id: str
    name: str


class ActivityObject(BaseModel):
    """Something that was done to an issue."""

    id: str
    type: str
    user: ActorObject | None = Field(description="Null for what the platform did by itself.")
    data: dict[str, Any]
    dateCreated: str  # noqa: N815


class IssueDetailObject(IssueObject):
    """An issue, with what was done to it."""

    model_config: ClassVar[ConfigDict] = shown_by(ISSUE | {"activity": [ACTIVITY]})

    activity: list[ActivityObject] = Field(description="The newest hundred, newest first.")


class ChangedIssuesObject(BaseModel):
    """What became of all issues that were named; what was not asked for is left out."""

    model_config: ClassVar[ConfigDict] = shown_by(CHANGED_ISSUES)

    status: str | None = None
    statusDetails: dict[str, Any] | None = None  # noqa: N815
    substatus: str | None = None
    assignedTo: AssigneeObject | None = None  # noqa: N815


class ShortIdObject(BaseModel):
    """What a short id stands for."""

    model_config: ClassVar[ConfigDict] = shown_by(SHORT_ID)

    organizationSlug: str  # noqa: N815
    projectSlug: str  # noqa: N815
    groupId: str  # noqa: N815
    shortId: str  # noqa: N815
    group: IssueObject
