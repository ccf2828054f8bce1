"""An issue and a project as apps are told of them, and the refusals that name them (spec §3.4)."""

from region_silo.models.issue import Issue
from region_silo.models.project import Project
from region_silo.services.projects import find_project
from region_silo.services.region import Region
from region_silo.services.site import Site
from shared.asking.issue_link import LinkedIssue
from shared.domain.app_error import client_error
from shared.domain.path_key import MAX_ID

NO_PROJECT = "Could not find the given project for this organization."


def linked_issue(issue: Issue, *, project: Project, site: Site) -> LinkedIssue:
    """What an app is told of the issue that it shall link."""
    return LinkedIssue(
        id=issue.id,
        web_url=site.issue_link(issue.id),
        project_id=project.id,
        project_slug=project.slug,
    )


def get_project(region: Region, organization_id: int, project_id: int) -> Project:
    """A project of the organization. Opens a session of its own.

    Raises:
        AppError: the organization has no such project.
    """
    with region.database.session():
        # A number out of range is nobody's id; the driver would raise at it instead of finding nothing.
        project = find_project(organization_id, project_id) if 0 < project_id <= MAX_ID else None
    if project is None:
        raise client_error(NO_PROJECT, status=404)
    return project
