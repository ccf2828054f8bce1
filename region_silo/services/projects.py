"""Projects of this region's organizations: create, find and list them."""

import secrets
from collections.abc import Collection, Mapping
from dataclasses import asdict, replace
from typing import Any

import peewee

from region_silo.events.scrubbing import Scrubbing
from region_silo.models.issue import Issue, IssueEnvironment
from region_silo.models.organization import Organization
from region_silo.models.project import Project
from region_silo.services.ids import IdKind, next_id
from region_silo.services.region import Region
from shared.database.locking import hold_name, locked
from shared.database.transaction import Transaction
from shared.errors import LimitReached, OrganizationNotFound, PermissionDenied, ProjectNotFound, SlugTaken

# 32 hex characters, as the SDKs' DSNs have it.
_KEY_BYTES = 16
_ISSUES_LOOKED_AT = 1_000
"""How many issues are asked where they were seen: of a list that is read in a moment, however many there are."""


def create_project(
    region: Region, *, organization_id: int, slug: str, name: str | None = None, platform: str | None = None
) -> Project:
    """Creates a project with the public key of its DSN.

    Args:
        region: where the organization lives.
        organization_id: of the organization.
        slug: valid, and never given to two projects of the organization.
        name: shown to people; the slug when None.
        platform: the word that SDKs use for the language or framework; None when nobody said.

    Raises:
        OrganizationNotFound: it does not live here.
        SlugTaken: another project of the organization has the slug.
        LimitReached: the organization has as many projects as it may.
        SiloUnreachable: control has never heard of this region.
    """
    try:
        with region.database.transaction() as tx:
            # In the transaction, though organizations never move: one that is not here must not get projects.
            if not Organization.select().where(Organization.id == organization_id).exists():
                raise OrganizationNotFound
            _require_room(tx, organization_id, limit=region.limits.projects)
            return Project.create(
                # After the checks: the counter's row stays locked until the commit.
                id=next_id(tx, IdKind.PROJECT),
                organization_id=organization_id,
                slug=slug,
                name=name or slug,
                platform=platform,
                # Public as DSNs are: it says for which project an event is, and guards nothing but that.
                public_key=secrets.token_hex(_KEY_BYTES),
                created_at=region.clock.now(),
            )
    except peewee.IntegrityError as exc:
        raise SlugTaken(metadata={"slug": slug}) from exc


def _require_room(tx: Transaction, organization_id: int, *, limit: int) -> None:
    # Held, so that the bound also holds for requests that come at once.
    hold_name(tx, f"projects-of:{organization_id}")
    if Project.select().where(Project.organization_id == organization_id).limit(limit).count() >= limit:
        raise LimitReached(f"An organization may have at most {limit} projects.")


def find_project(organization_id: int, id_or_slug: int | str) -> Project | None:
    """A project of an organization; None when it has none of that id or slug. Needs a session."""
    key = Project.id if isinstance(id_or_slug, int) else Project.slug
    return Project.get_or_none((Project.organization_id == organization_id) & (key == id_or_slug))


def get_project_for_key(project_id: int, *, public_key: str) -> Project:
    """The project that an event says it is for, if the key is its own. Needs a session.

    Raises:
        PermissionDenied: there is no such project, or it has another key; the two cannot be told apart from outside.
    """
    project = Project.get_or_none(Project.id == project_id)
    # One refusal for both, and in constant time: project ids can be guessed, and keys must not be.
    if project is None or not secrets.compare_digest(project.public_key, public_key):
        raise PermissionDenied("event submission rejected with_reason: ProjectId")
    return project


def get_project_by_key(public_key: str) -> Project:
    """The project of a key. Needs a session.

    Raises:
        PermissionDenied: there is none.
    """
    project = Project.get_or_none(Project.public_key == public_key)
    if project is None:
        raise PermissionDenied("event submission rejected with_reason: ProjectId")
    return project


def scrubbing_of(project: Project) -> Scrubbing:
    """Which secrets are filtered out of the project's events."""
    return Scrubbing(**project.scrubbing or {})


def change_scrubbing(region: Region, project: Project, change: Mapping[str, Any]) -> Project:
    """Gives some fields of the project's ``Scrubbing`` other values; events that are there already stay as they are.

    Raises:
        ProjectNotFound: it is gone.
    """
    with region.database.transaction() as tx:
        # Locked before it is read: two who change different fields at once keep both changes.
        found: Project | None = locked(tx, Project.select().where(Project.id == project.id)).first()
        if found is None:
            raise ProjectNotFound
        found.scrubbing = asdict(replace(scrubbing_of(found), **change))
        found.save(only=[Project.scrubbing])
        return found


def list_projects(organization_id: int, *, offset: int, limit: int) -> list[Project]:
    """Projects of an organization, by slug. Needs a session."""
    own = Project.select().where(Project.organization_id == organization_id)
    return list(own.order_by(Project.slug).offset(offset).limit(limit))


def list_projects_of(organization_ids: Collection[int] | None, *, offset: int, limit: int) -> list[Project]:
    """Projects of several organizations, by slug and then id; None: of all. Needs a session."""
    query = Project.select()
    if organization_ids is not None:
        query = query.where(Project.organization_id.in_(list(organization_ids)))
    return list(query.order_by(Project.slug, Project.id).offset(offset).limit(limit))


def environments_of_projects(project_ids: Collection[int]) -> dict[int, set[str]]:
    """Where the issues of each project were seen that were seen last. Needs a session."""
    if not project_ids:
        return {}
    newest = Issue.select(Issue.id, Issue.project_id).where(Issue.project_id.in_(list(project_ids)))
    projects = {
        each.id: each.project_id for each in newest.order_by(Issue.last_seen_at.desc()).limit(_ISSUES_LOOKED_AT)
    }
    found: dict[int, set[str]] = {}
    # An empty one stands for events that named none.
    seen = IssueEnvironment.issue_id.in_(list(projects)) & (IssueEnvironment.environment != "")
    for each in IssueEnvironment.select().where(seen) if projects else ():
        found.setdefault(projects[each.issue_id], set()).add(each.environment)
    return found


def projects_by_id(ids: Collection[int]) -> dict[int, Project]:
    """The projects of these ids; those that do not exist are missing. Needs a session."""
    return {project.id: project for project in Project.select().where(Project.id.in_(set(ids)))} if ids else {}
