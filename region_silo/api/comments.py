"""``comments/``: what people and apps say about an issue."""

from typing import Any

from fastapi import Response

from region_silo.api.call import Call, CallOf
from region_silo.api.comment_shape import CommentBody, CommentObject
from region_silo.api.issue_path import (
    ADMINISTER_ISSUES,
    READ_ISSUES,
    WRITE_ISSUES,
    issue_for,
    on_issue,
)
from region_silo.models.comment import Comment
from region_silo.services.actors import author_of
from region_silo.services.comments import (
    MAX_COMMENT_CHARACTERS,
    add_comment,
    change_comment,
    delete_comment,
    list_comments,
)
from shared.domain.json_field import FieldReader, Unset, parse_text
from shared.domain.json_value import JsonValue
from shared.domain.path_key import path_key
from shared.errors import NotFound, ValidationFailed
from shared.http.answer import empty_answer, instant_json, json_answer
from shared.http.endpoint import PAGE_PARAMETERS, Endpoints
from shared.http.pagination import cut, list_answer, page_request

endpoints = Endpoints("Comments")


@on_issue(endpoints, "GET", "comments/", answers={200: list[CommentObject]}, parameters=PAGE_PARAMETERS)
def list_issue_comments(call: CallOf, issue_id: str, organization_id_or_slug: str | None = None) -> Response:
    """Lists the comments on an issue, newest first."""
    with call.signed_in(scopes=READ_ISSUES) as principal:
        found = issue_for(call, principal, issue_id, organization_id_or_slug, scopes=READ_ISSUES)
        page = page_request(call.request)
        comments, has_more = cut(list_comments(found.issue.id, offset=page.offset, limit=page.probe), page)
        return list_answer(call.request, page, [comment_object(each) for each in comments], has_more=has_more)


@on_issue(endpoints, "POST", "comments/", answers={201: CommentObject}, body=CommentBody)
def post_comment(call: CallOf, issue_id: str, organization_id_or_slug: str | None = None) -> Response:
    """Comments on an issue."""
    with call.signed_in(scopes=WRITE_ISSUES) as principal:
        found = issue_for(call, principal, issue_id, organization_id_or_slug, scopes=WRITE_ISSUES)
        comment = add_comment(call.region, issue=found.issue, text=_text(call), author=author_of(principal))
        return json_answer(comment_object(comment), status=201)


@on_issue(endpoints, "PUT", "comments/{comment_id}/", answers={200: CommentObject}, body=CommentBody)
def put_comment(call: CallOf, issue_id: str, comment_id: str, organization_id_or_slug: str | None = None) -> Response:
    """Changes a comment of one's own."""
    with call.signed_in(scopes=WRITE_ISSUES) as principal:
        found = issue_for(call, principal, issue_id, organization_id_or_slug, scopes=WRITE_ISSUES)
        comment = change_comment(
            call.region,
            issue=found.issue,
            comment_id=_id(comment_id),
            text=_text(call),
            author=author_of(principal),
        )
        return json_answer(comment_object(comment))


@on_issue(endpoints, "DELETE", "comments/{comment_id}/", answers={204: None})
def delete_issue_comment(
    call: CallOf, issue_id: str, comment_id: str, organization_id_or_slug: str | None = None
) -> Response:
    """Deletes a comment of one's own; a superuser deletes anyone's."""
    with call.signed_in(scopes=ADMINISTER_ISSUES) as principal:
        found = issue_for(call, principal, issue_id, organization_id_or_slug, scopes=ADMINISTER_ISSUES)
        delete_comment(
            call.region,
            issue=found.issue,
            comment_id=_id(comment_id),
            author=author_of(principal),
            of_anyone=principal.is_superuser,
        )
        return empty_answer(204)


def comment_object(comment: Comment) -> dict[str, Any]:
    """A comment."""
    author = {"type": comment.author_type, "id": str(comment.author_id), "name": comment.author_name}
    return {
        "id": str(comment.id),
        "type": "note",
        "issue": str(comment.issue_id),
        "user": author | {"email": comment.author_email},
        "data": {"text": comment.text},
        "dateCreated": instant_json(comment.created_at),
        "dateUpdated": instant_json(comment.updated_at),
    }


def _text(call: Call) -> str:
    fields = FieldReader(call.body)
    text = fields.read("text", _parse_text, is_required=True)
    fields.raise_problems()
    if isinstance(text, Unset):
        raise ValidationFailed
    return text


def _parse_text(value: JsonValue) -> str:
    return parse_text(value, max_characters=MAX_COMMENT_CHARACTERS, is_blank_allowed=False)


def _id(text: str) -> int:
    key = path_key(text)
    if not isinstance(key, int):
        raise NotFound
    return key
