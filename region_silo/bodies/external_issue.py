"""Links from issues to tickets in apps' own systems: asked for, made through an app, read."""

from typing import Annotated, Any, ClassVar, Self

from pydantic import MISSING, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from region_silo.models.issue import PlatformExternalIssue
from shared.asking.issue_link import LinkAction
from shared.bodies.body import Body, shown_by
from shared.bodies.fields import Text
from shared.bodies.ticket import Ticket, TicketName, TicketUrl
from shared.domain.app_error import client_error
from shared.domain.component_fields import SelectChoices

MISSING_TEXT = "Missing groupId, action, uri in request body"

_ID_SCHEMA = WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "integer"}]})


class ExternalIssueObject(Body):
    """A link from an issue to a ticket in an app's own system."""

    model_config: ClassVar[ConfigDict] = shown_by(
        {
            "id": "1",
            "issueId": "5121",
            "serviceType": "acme-kanban",
            "displayName": "WEB#7",
            "webUrl": "https://kanban.acme.example/card/7",
        }
    )

    id: str
    issue_id: str
    service_type: str = Field(description="Slug of the app.")
    display_name: str = Field(description="`<project>#<identifier>`.")
    web_url: str

    @classmethod
    def of(cls, link: PlatformExternalIssue) -> Self:
        return cls(
            id=str(link.id),
            issue_id=str(link.group_id),
            service_type=link.service_type,
            display_name=link.display_name,
            web_url=link.web_url,
        )


class ExternalIssueBody(Body):
    """The ticket to link to."""

    model_config: ClassVar[ConfigDict] = shown_by(
        {"issueId": "1026", "webUrl": "https://kanban.example/card/7", "project": "web", "identifier": "7"}
    )

    issue_id: Annotated[str, Text(128), _ID_SCHEMA] = Field(description="Id or short id.")
    web_url: TicketUrl
    project: TicketName
    identifier: TicketName

    @property
    def ticket(self) -> Ticket:
        return Ticket(web_url=self.web_url, project=self.project, identifier=self.identifier)


class ExternalIssueActionBody(Body):
    """What the app shall do. Every further key is one of the fields that the user entered."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="allow") | shown_by(
        {
            "groupId": "5121",
            "action": "create",
            "uri": "/issues/create",
            "title": "The basket may be empty",
            "board": "7",
        }
    )

    # The original refuses these three together, in one sentence, and takes whatever is there as text.
    group_id: Annotated[str, BeforeValidator(str), _ID_SCHEMA] = Field(description="Id or short id of the issue.")
    action: Annotated[str, BeforeValidator(str), Field(json_schema_extra={"enum": [*LinkAction]})]
    uri: Annotated[str, BeforeValidator(str)] = Field(description="Path at the app's host.", examples=["/create"])

    @model_validator(mode="before")
    @classmethod
    def _has_what_it_needs(cls, body: dict[str, Any]) -> dict[str, Any]:
        if not all(body.get(key) for key in ("groupId", "action", "uri")):
            # Before any field is read: their own sentences would be others than the original's.
            raise client_error(MISSING_TEXT)
        return body

    @property
    def fields(self) -> dict[str, Any]:
        """What the user entered, by name of field."""
        # Whatever is not one of the three is the form's, by the names that the app gave its fields (settled.md).
        return self.model_extra or {}


class ChoicesObject(Body):
    """What a select field offers."""

    model_config: ClassVar[ConfigDict] = shown_by(
        {"choices": [["7", "Web shop"], ["8", "Warehouse"]], "defaultValue": "7"}
    )

    choices: list[list[Any]] = Field(description="Pairs of value and label.")
    default_value: Any = Field(default=MISSING, description="The value chosen at first; absent without one.")

    @classmethod
    def of(cls, choices: SelectChoices) -> Self:
        return cls.model_validate(choices.to_json())
