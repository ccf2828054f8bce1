"""``tags/``: what the events of an issue have in common."""

from fastapi import Response

from region_silo.api.issue_list import ENVIRONMENT_PARAMETER, environments_of
from region_silo.api.issue_path import READ_ISSUES, issue_for, on_issue
from region_silo.api.request import ApiRequest, Incoming
from region_silo.bodies.tag import TagCountsObject, TagValueObject
from region_silo.services.tags import TagCounts, count_tags
from shared.errors import NotFound
from shared.http.answer import json_answer
from shared.http.endpoint import PAGE_PARAMETERS, Endpoints
from shared.http.pagination import list_answer, page_request

endpoints = Endpoints("Tags")


@on_issue(
    endpoints,
    "GET",
    "tags/",
    answers={200: list[TagCountsObject]},
    parameters=(ENVIRONMENT_PARAMETER, *PAGE_PARAMETERS),
)
def list_issue_tags(request: Incoming, issue_id: str, organization_id_or_slug: str | None = None) -> Response:
    """Lists the tags of an issue's newest events by key, each with its most frequent values."""
    counts = _counts(request, issue_id, organization_id_or_slug)
    page = page_request(request.http)
    here = counts[page.offset : page.offset + page.limit]
    more = len(counts) > page.offset + page.limit
    return list_answer(request.http, page, [TagCountsObject.of(each) for each in here], has_more=more)


@on_issue(endpoints, "GET", "tags/{tag_key}/", answers={200: TagCountsObject}, parameters=(ENVIRONMENT_PARAMETER,))
def get_issue_tag(
    request: Incoming, issue_id: str, tag_key: str, organization_id_or_slug: str | None = None
) -> Response:
    """Reads a tag of an issue's newest events, with its most frequent values."""
    return json_answer(TagCountsObject.of(_named(tag_key, _counts(request, issue_id, organization_id_or_slug))))


@on_issue(
    endpoints,
    "GET",
    "tags/{tag_key}/values/",
    answers={200: list[TagValueObject]},
    parameters=(ENVIRONMENT_PARAMETER, *PAGE_PARAMETERS),
)
def list_issue_tag_values(
    request: Incoming, issue_id: str, tag_key: str, organization_id_or_slug: str | None = None
) -> Response:
    """Lists the values that a tag has in an issue's newest events, the most frequent first."""
    tag = _named(tag_key, _counts(request, issue_id, organization_id_or_slug))
    page = page_request(request.http)
    here = tag.values[page.offset : page.offset + page.limit]
    more = len(tag.values) > page.offset + page.limit
    items = [TagValueObject.of(value, key=tag.key) for value in here]
    return list_answer(request.http, page, items, has_more=more)


def _counts(request: ApiRequest, issue_id: str, organization_id_or_slug: str | None) -> list[TagCounts]:
    with request.signed_in(scopes=READ_ISSUES) as principal:
        found = issue_for(request, principal, issue_id, organization_id_or_slug, scopes=READ_ISSUES)
        return count_tags(found.issue.id, environments=environments_of(request.http.query_params))


def _named(key: str, counts: list[TagCounts]) -> TagCounts:
    """The tag of this key; ``sentry:`` before it is the original's own spelling of what it made itself.

    Raises:
        NotFound: no event has it.
    """
    for each in counts:
        if each.key == key.removeprefix("sentry:"):
            return each
    raise NotFound
