"""Issues that paths name: ``issues/<issue>/`` and ``organizations/<org>/issues/<issue>/``, by id or short id.

Owns the order of refusals for them, and that everything of an issue is served under both.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from region_silo.api.access import organization_for, require_scopes
from region_silo.api.request import ApiRequest
from region_silo.models.issue import Issue
from region_silo.models.organization import Organization
from region_silo.models.project import Project
from region_silo.services.issues import find_issue
from region_silo.services.organization import find_organization
from region_silo.services.principal import Principal
from region_silo.services.projects import find_project
from shared.errors import NotFound
from shared.http.endpoint import Endpoints, Function, Parameter, Shape

READ_ISSUES = frozenset({"event:read", "event:write", "event:admin"})
"""Read issues, events and comments."""
WRITE_ISSUES = frozenset({"event:write", "event:admin"})
"""Change issues, comment on them."""
ADMINISTER_ISSUES = frozenset({"event:admin"})
"""Delete comments."""


_ORGANIZATION = "organization_id_or_slug"


@dataclass(frozen=True)
class OwnedIssue:
    """An issue, its project and its organization."""

    issue: Issue
    project: Project
    organization: Organization


_NAMED_APART = Parameter(
    name=_ORGANIZATION,
    description="The organization of the issue, by slug or id; a short id is looked for in it alone.",
)


def issue_for(
    request: ApiRequest,
    principal: Principal,
    issue_id: str,
    organization_id_or_slug: str | None,
    *,
    scopes: Collection[str],
) -> OwnedIssue:
    """The issue that a path names. Needs a session.

    Args:
        request: its query may name the organization where the path does not.
        principal: who asks.
        issue_id: as it stands in the path. A short id without any organization is looked for in all that the principal
            sees.
        organization_id_or_slug: as it stands in the path; None where the path has no place for it.
        scopes: one of these is needed in the issue's organization.

    Raises:
        OrganizationNotFound: there is no such organization, or none that the principal sees.
        PermissionDenied: the principal has none of the scopes in the issue's organization.
        NotFound: there is no such issue, or none that the principal sees.
    """
    named = organization_id_or_slug or request.http.query_params.get(_ORGANIZATION)
    if named:
        organization = organization_for(principal, named, scopes=scopes)
        return _owned(find_issue(issue_id, organization_ids=[organization.id]), organization)
    # What one does not see is not found: a 403 would say that the issue exists.
    visible = None if principal.is_superuser else principal.own_organization_ids
    issue = find_issue(issue_id, organization_ids=visible)
    if issue is None:
        raise NotFound
    # Only now is it known in which organization the scopes are needed.
    require_scopes(principal, scopes, organization_id=issue.organization_id)
    return _owned(issue, find_organization(issue.organization_id))


def on_issue(
    endpoints: Endpoints,
    method: str,
    rest: str = "",
    *,
    answers: Mapping[int, Shape],
    parameters: Iterable[Parameter] = (),
) -> Callable[[Function], Function]:
    """Decorates the function that serves ``method`` on an issue, under both of its paths.

    Its parameter for the organization is optional, because one of them has none.

    Args:
        endpoints: of the noun.
        method: of HTTP.
        rest: of the path, behind the issue.
        answers: as in ``Endpoints.add``; so is what follows.
        parameters: as there.
    """

    def decorate(function: Function) -> Function:
        below_organization, bare = f"/organizations/{{{_ORGANIZATION}}}/issues/{{issue_id}}/", "/issues/{issue_id}/"
        endpoints.add(method, below_organization + rest, answers=answers, parameters=parameters)(function)
        # A route of its own, though the function is the same: FastAPI cannot leave out a part of a path.
        endpoints.add(method, bare + rest, answers=answers, parameters=(*parameters, _NAMED_APART))(function)
        return function

    return decorate


def _owned(issue: Issue | None, organization: Organization | None) -> OwnedIssue:
    project = find_project(issue.organization_id, issue.project_id) if issue else None
    # What is left of a deleted project or organization is not shown, whichever of its rows went first.
    if issue is None or project is None or organization is None:
        raise NotFound
    return OwnedIssue(issue, project, organization)
