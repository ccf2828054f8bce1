"""``comments/``: what people and apps say about an issue."""

from fastapi import Response

from region_silo.api.issue_path import (
    ADMINISTER_ISSUES,
    READ_ISSUES,
    WRITE_ISSUES,
    issue_for,
    on_issue,
)
from region_silo.api.request import Incoming
from region_silo.bodies.comment import CommentBody, CommentObject
from region_silo.services.actors import author_of
from region_silo.services.comments import add_comment, change_comment, delete_comment, list_comments
from shared.domain.path_key import get_id
from shared.http.answer import empty_answer, json_answer
from shared.http.endpoint import PAGE_PARAMETERS, Endpoints
from shared.http.pagination import cut, list_answer, page_request

endpoints = Endpoints("Comments")


@on_issue(endpoints, "GET", "comments/", answers={200: list[CommentObject]}, parameters=PAGE_PARAMETERS)
def list_issue_comments(request: Incoming, issue_id: str, organization_id_or_slug: str | None = None) -> Response:
    """Lists the comments on an issue, newest first."""
    with request.signed_in(scopes=READ_ISSUES) as principal:
        found = issue_for(request, principal, issue_id, organization_id_or_slug, scopes=READ_ISSUES)
        page = page_request(request.http)
        comments, has_more = cut(list_comments(found.issue.id, offset=page.offset, limit=page.probe), page)
        return list_answer(request.http, page, [CommentObject.of(each) for each in comments], has_more=has_more)


@on_issue(endpoints, "POST", "comments/", answers={201: CommentObject})
def post_comment(request: Incoming[CommentBody], issue_id: str, organization_id_or_slug: str | None = None) -> Response:
    """Comments on an issue."""
    with request.signed_in(scopes=WRITE_ISSUES) as principal:
        found = issue_for(request, principal, issue_id, organization_id_or_slug, scopes=WRITE_ISSUES)
        comment = add_comment(request.region, issue=found.issue, text=request.body().text, author=author_of(principal))
        return json_answer(CommentObject.of(comment), status=201)


@on_issue(endpoints, "PUT", "comments/{comment_id}/", answers={200: CommentObject})
def put_comment(
    request: Incoming[CommentBody], issue_id: str, comment_id: str, organization_id_or_slug: str | None = None
) -> Response:
    """Changes a comment of one's own."""
    with request.signed_in(scopes=WRITE_ISSUES) as principal:
        found = issue_for(request, principal, issue_id, organization_id_or_slug, scopes=WRITE_ISSUES)
        comment = change_comment(
            request.region,
            issue=found.issue,
            comment_id=get_id(comment_id),
            text=request.body().text,
            author=author_of(principal),
        )
        return json_answer(CommentObject.of(comment))


@on_issue(endpoints, "DELETE", "comments/{comment_id}/", answers={204: None})
def delete_issue_comment(
    request: Incoming, issue_id: str, comment_id: str, organization_id_or_slug: str | None = None
) -> Response:
    """Deletes a comment of one's own; a superuser deletes anyone's."""
    # More than for writing one, as in the original, although it is one's own.
    with request.signed_in(scopes=ADMINISTER_ISSUES) as principal:
        found = issue_for(request, principal, issue_id, organization_id_or_slug, scopes=ADMINISTER_ISSUES)
        delete_comment(
            request.region,
            issue=found.issue,
            comment_id=get_id(comment_id),
            author=author_of(principal),
            of_anyone=principal.is_superuser,
        )
        return empty_answer(204)
