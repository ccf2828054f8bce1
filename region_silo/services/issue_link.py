"""Linking an issue to a ticket through an app: the app is asked, and the link that it answers with is kept.

Owns what ``expectedExternalIssueUrl`` means (clients.md): the same request may be sent again without a second ticket.
Makes calls, so never inside a session or transaction.
"""

from dataclasses import dataclass, field

from region_silo.models.issue import Issue
from region_silo.services.external_issue import KeptLink, different_link, find_link, keep_link
from region_silo.services.region import Region
from shared.asking.ask import Asking
from shared.asking.issue_link import Asker, LinkAction, LinkedIssue, request_ticket
from shared.domain.app_error import client_error
from shared.domain.json_value import JsonObject
from shared.pb.hybridcloud.apps.v1 import installation_pb2

DIFFERENT_ANSWER = "The app answered with a different external issue."


@dataclass(frozen=True, kw_only=True)
class LinkRequest:
    """What someone wants an app to do."""

    installation: installation_pb2.RpcSentryAppInstallation
    """With its app."""
    issue: Issue
    shown: LinkedIssue
    """The issue, as the app is told of it."""
    asker: Asker
    action: LinkAction
    uri: str
    fields: JsonObject = field(default_factory=dict)
    expected_url: str | None = None
    """Address that the ticket must have; None: any."""


def create_issue_link(region: Region, asking: Asking, request: LinkRequest) -> KeptLink:
    """Asks the app and keeps the link. With an equal link there already, the app is not asked.

    Raises:
        ValidationFailed: the uri is no path.
        AppError: the app did not do it, or the ticket is not the expected one.
    """
    app, expected_url = request.installation.sentry_app, request.expected_url
    if expected_url is not None:
        # Over before the app is called: it may take seconds, and a connection would be held for as long.
        with region.database.session():
            link = find_link(request.issue, app_slug=app.slug)
        if link is not None:
            if link.web_url != expected_url:
                raise different_link(link.web_url)
            return KeptLink(link, is_new=False)
    ticket = request_ticket(
        asking,
        installation=request.installation,
        issue=request.shown,
        asker=request.asker,
        action=request.action,
        uri=request.uri,
        fields=request.fields,
    )
    if expected_url is not None and ticket.web_url != expected_url:
        # The app may have made it all the same. It is not kept: the client named the one ticket that it takes
        # (settled.md).
        raise client_error(DIFFERENT_ANSWER, status=409, context={"externalIssueUrl": ticket.web_url})
    return keep_link(region, request.issue, app_slug=app.slug, ticket=ticket, expected_url=expected_url)
