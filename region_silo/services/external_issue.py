"""Links from issues to tickets in apps' own systems: kept, found, listed and deleted here, one per issue and app."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from region_silo.models.issue import Issue, PlatformExternalIssue
from region_silo.services.region import Region
from shared.bodies.ticket import Ticket
from shared.database.locking import locked
from shared.database.transaction import Transaction
from shared.domain.app_error import AppError, client_error
from shared.domain.path_key import MAX_ID
from shared.errors import DatabaseBusy

DIFFERENT_LINK = "The issue is linked to a different external issue."
_ATTEMPTS = 5


@dataclass(frozen=True)
class KeptLink:
    """A link, and whether it was made just now."""

    link: PlatformExternalIssue
    is_new: bool


def keep_link(
    region: Region, issue: Issue, *, app_slug: str, ticket: Ticket, expected_url: str | None = None
) -> KeptLink:
    """Links the ticket, in place of the app's one before: the row and its id stay.

    However many ask at once, there is one row, and it holds what one of them asked for.

    Args:
        region: where the issue lives.
        issue: to link.
        app_slug: of the app whose ticket it is.
        ticket: to link to.
        expected_url: leaves a link to any other ticket as it is; None: any link may be replaced.

    Raises:
        AppError: a link to another ticket than the expected one is there.
    """
    now = region.clock.now()
    # Insert and replace are two statements, and a deletion may come between them; five in a row do not.
    for _ in range(_ATTEMPTS):
        with region.database.transaction() as tx:
            # Inserted first: most issues have no link of the app yet, and the unique index decides between two.
            kept = _insert(tx, issue, app_slug, ticket, now=now) or _replace(tx, issue, app_slug, ticket, expected_url)
            if kept is not None:
                return kept  # else it was there, and was deleted a moment later
    raise DatabaseBusy


def find_link(issue: Issue, *, app_slug: str) -> PlatformExternalIssue | None:
    """The app's link of an issue; None when there is none. Needs a session."""
    return PlatformExternalIssue.get_or_none(
        (PlatformExternalIssue.group_id == issue.id) & (PlatformExternalIssue.service_type == app_slug)
    )


def find_link_by_id(
    link_id: int, *, organization_id: int, app_slug: str | None = None, issue_id: int | None = None
) -> PlatformExternalIssue | None:
    """A link in an organization; None when there is none. Needs a session.

    Args:
        link_id: of the link.
        organization_id: of its issue.
        app_slug: only a link of this app; None for any.
        issue_id: only a link of this issue; None for any.
    """
    # PostgreSQL refuses a number that no column can hold; there is no such link.
    if not 0 < link_id <= MAX_ID:
        return None
    wanted = (PlatformExternalIssue.id == link_id) & (PlatformExternalIssue.organization_id == organization_id)
    if app_slug is not None:
        wanted &= PlatformExternalIssue.service_type == app_slug
    if issue_id is not None:
        wanted &= PlatformExternalIssue.group_id == issue_id
    return PlatformExternalIssue.get_or_none(wanted)


def list_links(issue: Issue, *, offset: int, limit: int) -> Sequence[PlatformExternalIssue]:
    """The links of an issue, oldest first. Needs a session."""
    of_issue = PlatformExternalIssue.select().where(PlatformExternalIssue.group_id == issue.id)
    return list(of_issue.order_by(PlatformExternalIssue.id).offset(offset).limit(limit))


def links_by_issue(issue_ids: Collection[int]) -> dict[int, list[PlatformExternalIssue]]:
    """The links of several issues, oldest first; issues without any are missing. Needs a session."""
    found: dict[int, list[PlatformExternalIssue]] = {}
    if issue_ids:
        links = PlatformExternalIssue.select().where(PlatformExternalIssue.group_id.in_(set(issue_ids)))
        for link in links.order_by(PlatformExternalIssue.id):
            found.setdefault(link.group_id, []).append(link)
    return found


def delete_link(region: Region, link: PlatformExternalIssue) -> bool:
    """Deletes a link; False when someone else just did."""
    with region.database.transaction():
        return bool(PlatformExternalIssue.delete().where(PlatformExternalIssue.id == link.id).execute())


def different_link(link_url: str) -> AppError:
    """What the client is told that expected another ticket."""
    return client_error(DIFFERENT_LINK, status=409, context={"externalIssueUrl": link_url})


def _insert(tx: Transaction, issue: Issue, app_slug: str, ticket: Ticket, *, now: datetime) -> KeptLink | None:
    """None when a link is there."""
    made = (
        PlatformExternalIssue.insert(
            group_id=issue.id,
            project_id=issue.project_id,
            organization_id=issue.organization_id,
            service_type=app_slug,
            display_name=ticket.display_name,
            web_url=ticket.web_url,
            created_at=now,
        )
        .on_conflict_ignore()
        .returning(PlatformExternalIssue)
        .execute()
    )
    return next((KeptLink(link, is_new=True) for link in made), None)


def _replace(tx: Transaction, issue: Issue, app_slug: str, ticket: Ticket, expected_url: str | None) -> KeptLink | None:
    """None when there is no link any more."""
    of_app = (PlatformExternalIssue.group_id == issue.id) & (PlatformExternalIssue.service_type == app_slug)
    link: PlatformExternalIssue | None = locked(tx, PlatformExternalIssue.select().where(of_app)).first()
    if link is None:
        return None
    # Under the lock of the row, so that the link compared is the one that would be replaced.
    if expected_url is not None and link.web_url != expected_url:
        raise different_link(link.web_url)
    link.display_name, link.web_url = ticket.display_name, ticket.web_url
    link.save(only=[PlatformExternalIssue.display_name, PlatformExternalIssue.web_url])
    return KeptLink(link, is_new=False)
