"""Comments on issues: write, change, delete and list them."""

from dataclasses import dataclass
from datetime import datetime

from region_silo.models.issue import Comment, Issue
from region_silo.services.activity import record_activity
from region_silo.services.issue_changes import key_of
from region_silo.services.region import Region
from shared.database.locking import locked
from shared.database.transaction import Transaction
from shared.domain.event import AppEvent
from shared.domain.happening import Commented
from shared.domain.webhook import Actor
from shared.errors import NotFound

MAX_COMMENT_CHARACTERS = 64_000


@dataclass(frozen=True, kw_only=True)
class Author:
    """Who writes: the actor that others are told of, and the user behind it."""

    actor: Actor
    user_id: int
    email: str | None


def add_comment(region: Region, *, issue: Issue, text: str, author: Author) -> Comment:
    """Writes a comment.

    Raises:
        NotFound: the issue is gone.
    """
    now = region.clock.now()
    with region.database.transaction() as tx:
        # The issue's row first: it is locked by then, so that nobody deletes it under the comment.
        if not Issue.update(comment_count=Issue.comment_count + 1).where(Issue.id == issue.id).execute():
            raise NotFound
        comment = Comment.create(
            issue_id=issue.id,
            text=text,
            author_id=author.user_id,
            author_type=author.actor.type,
            author_name=author.actor.name,
            author_email=author.email,
            created_at=now,
            updated_at=now,
        )
        _record(region, tx, AppEvent.COMMENT_CREATED, issue, comment, actor=author.actor, at=now)
        return comment


def change_comment(region: Region, *, issue: Issue, comment_id: int, text: str, author: Author) -> Comment:
    """Gives a comment of one's own another text.

    Raises:
        NotFound: the author has no such comment under the issue.
    """
    now = region.clock.now()
    with region.database.transaction() as tx:
        comment = _get_own(tx, issue, comment_id, author.user_id)
        # The same text again is no change: nobody is told of it, and its time stays.
        if comment.text != text:
            comment.text, comment.updated_at = text, now
            comment.save(only=[Comment.text, Comment.updated_at])
            _record(region, tx, AppEvent.COMMENT_UPDATED, issue, comment, actor=author.actor, at=now)
        return comment


def delete_comment(region: Region, *, issue: Issue, comment_id: int, author: Author, of_anyone: bool = False) -> None:
    """Deletes a comment of one's own.

    Args:
        region: where the issue lives.
        issue: under which the comment stands.
        comment_id: which comment.
        author: who deletes.
        of_anyone: whether it may be someone else's.

    Raises:
        NotFound: there is no such comment under the issue, or it is someone else's.
    """
    now = region.clock.now()
    with region.database.transaction() as tx:
        comment = _get_own(tx, issue, comment_id, None if of_anyone else author.user_id)
        # Before it is told of: what is told is the text that it had, which is in the memory.
        comment.delete_instance()
        Issue.update(comment_count=Issue.comment_count - 1).where(Issue.id == issue.id).execute()
        _record(region, tx, AppEvent.COMMENT_DELETED, issue, comment, actor=author.actor, at=now)


def list_comments(issue_id: int, *, offset: int, limit: int) -> list[Comment]:
    """Comments under an issue, newest first. Needs a session."""
    under = Comment.select().where(Comment.issue_id == issue_id)
    return list(under.order_by(Comment.id.desc()).offset(offset).limit(limit))


def _get_own(tx: Transaction, issue: Issue, comment_id: int, author_id: int | None) -> Comment:
    condition = (Comment.id == comment_id) & (Comment.issue_id == issue.id)
    if author_id is not None:
        condition &= Comment.author_id == author_id
    # Locked: of two who delete it at once only one counts it off.
    comment: Comment | None = locked(tx, Comment.select().where(condition)).first()
    if comment is None:
        raise NotFound
    return comment


def _record(
    region: Region, tx: Transaction, event: AppEvent, issue: Issue, comment: Comment, *, actor: Actor, at: datetime
) -> None:
    detail = Commented(comment_id=comment.id, comment=comment.text)
    record_activity(tx, event, region=region, issue=key_of(issue), actor=actor, detail=detail, at=at)
