"""How links to tickets look in JSON, for the documentation: what is sent and what is answered. Checks nothing."""

from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from region_silo.api.examples import CHOICES, EXTERNAL_ISSUE, EXTERNAL_ISSUE_ACTION, shown_by


class ExternalIssueObject(BaseModel):
    """A link from an issue to a ticket in an app's own system."""

    model_config: ClassVar[ConfigDict] = shown_by(EXTERNAL_ISSUE)

    id: str
    issueId: str  # noqa: N815
    serviceType: str = Field(description="Slug of the app.")  # noqa: N815
    displayName: str = Field(description="`<project>#<identifier>`.")  # noqa: N815
    webUrl: str  # noqa: N815


class ExternalIssueBody(BaseModel):
    """The ticket to link to."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "issueId": "1026",
                    "webUrl": "https://kanban.example/card/7",
                    "project": "web",
                    "identifier": "7",
                }
            ]
        }
    )

    issueId: str | int = Field(description="Id or short id.")  # noqa: N815
    webUrl: str = Field(max_length=2048)  # noqa: N815
    project: str = Field(max_length=255)
    identifier: str = Field(max_length=255)


class ExternalIssueActionBody(BaseModel):
    """What the app shall do. Every further key is one of the fields that the user entered."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="allow") | shown_by(EXTERNAL_ISSUE_ACTION)

    groupId: str | int = Field(description="Id or short id of the issue.")  # noqa: N815
    action: Literal["create", "link"]
    uri: str = Field(description="Path at the app's host.", examples=["/create"])


class ChoicesObject(BaseModel):
    """What a select field offers."""

    model_config: ClassVar[ConfigDict] = shown_by(CHOICES)

    choices: list[list[Any]] = Field(description="Pairs of value and label.")
    defaultValue: Any = Field(default=None, description="The value chosen at first.")  # noqa: N815
