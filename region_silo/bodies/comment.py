"""Comments: what is said about an issue, and what is read of it."""

from datetime import datetime
from typing import Annotated, ClassVar, Literal, Self

from pydantic import ConfigDict, Field

from region_silo.models.issue import Comment
from region_silo.services.comments import MAX_COMMENT_CHARACTERS
from shared.bodies.body import Body, shown_by
from shared.bodies.fields import Choice, Text


class CommentBody(Body):
    """What to say."""

    model_config: ClassVar[ConfigDict] = shown_by({"text": "Fixed in 1.2."})

    text: Annotated[str, Text(MAX_COMMENT_CHARACTERS)]


class AuthorObject(Body):
    """Who wrote a comment."""

    type: Annotated[str, Choice("user", "application")]
    id: str
    name: str
    email: str | None


class CommentDataObject(Body):
    """What was said."""

    text: str


class CommentObject(Body):
    """A comment."""

    model_config: ClassVar[ConfigDict] = shown_by(
        {
            "id": "1",
            "type": "note",
            "issue": "5121",
            "user": {"type": "user", "id": "2", "name": "Jane Doe", "email": "jane@acme.example"},
            "data": {"text": "Fixed in 1.2."},
            "dateCreated": "2030-01-01T12:00:00Z",
            "dateUpdated": "2030-01-01T12:00:00Z",
        }
    )

    id: str
    type: Literal["note"]
    issue: str = Field(description="Id of the issue.")
    user: AuthorObject
    data: CommentDataObject
    date_created: datetime
    date_updated: datetime

    @classmethod
    def of(cls, comment: Comment) -> Self:
        """A comment as it is stored."""
        return cls(
            id=str(comment.id),
            type="note",
            issue=str(comment.issue_id),
            user=AuthorObject(
                type=comment.author_type,
                id=str(comment.author_id),
                name=comment.author_name,
                email=comment.author_email,
            ),
            data=CommentDataObject(text=comment.text),
            date_created=comment.created_at,
            date_updated=comment.updated_at,
        )
