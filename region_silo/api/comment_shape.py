"""How comments look in JSON, for the documentation: what is sent and what is answered. Checks nothing."""

from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from region_silo.api.examples import COMMENT, shown_by


class CommentBody(BaseModel):
    """What to say."""

    model_config: ClassVar[ConfigDict] = ConfigDict(json_schema_extra={"examples": [{"text": "Fixed in 1.2."}]})

    text: str = Field(min_length=1, max_length=64_000)


class AuthorObject(BaseModel):
    """Who wrote a comment."""

    type: Literal["user", "application"]
    id: str
    name: str
    email: str | None


class CommentDataObject(BaseModel):
    """What was said."""

    text: str


class CommentObject(BaseModel):
    """A comment."""

    model_config: ClassVar[ConfigDict] = shown_by(COMMENT)

    id: str
    type: Literal["note"]
    issue: str = Field(description="Id of the issue.")
    user: AuthorObject
    data: CommentDataObject
    dateCreated: str  # noqa: N815
    dateUpdated: str  # noqa: N815
