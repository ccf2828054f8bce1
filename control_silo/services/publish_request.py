"""Asking for an app to be published (spec §2.10): whether one may, the status meanwhile, and the mails that ask.

The status goes first and is taken back when the mails do not leave, so that two who ask at once are told apart and one
who asked in vain can ask again. Refuses to know how mails travel.
"""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from control_silo.models.app import SentryApp
from control_silo.models.user import User
from control_silo.services.control import Control
from control_silo.services.find_app import AppDetails, find_app, get_held_app
from shared.category import Category
from shared.database.transaction import Transaction
from shared.domain.app_status import SentryAppStatus
from shared.errors import AppNotFound, RequestRefused
from shared.mail import Mail
from shared.outbox.change import change

NEEDS_ICON = frozenset({"issue-link", "stacktrace-link"})
"""Types of components that show the app's icon."""


@dataclass(frozen=True)
class Answered:
    """A question of the publisher's, and what the developer says."""

    question: str
    answer: str


def check_publishable(details: AppDetails) -> None:
    """Raises:
    RequestRefused: publication cannot be asked for; the first reason in the order of the specification.
    """
    app = details.app
    if app.is_published:
        raise RequestRefused("Cannot publish already published integration.")
    if app.is_internal:
        raise RequestRefused("Cannot publish internal integration.")
    if app.state is SentryAppStatus.PUBLISH_REQUEST_INPROGRESS:
        raise RequestRefused("Publish request in progress.")
    uploaded = {bool(avatar.color) for avatar in details.avatars if avatar.avatar_type}
    if True not in uploaded:
        raise RequestRefused("Must upload a logo for the integration.")
    if False not in uploaded and _shows_icon(app):
        raise RequestRefused("Must upload an icon for issue and stack trace linking integrations.")
    if details.owner_slug is None:
        raise RequestRefused("Cannot publish a custom integration without an organization")


def begin_publication(control: Control, *, app_id: int) -> None:
    """Marks the app as waiting for its publication.

    Raises:
        AppNotFound: there is no such app.
        RequestRefused: as ``check_publishable``, by what holds now.
    """
    now = control.clock.now()
    with control.database.transaction() as tx:
        app = get_held_app(tx, app_id)
        details = find_app(app_id)
        if details is None:
            raise AppNotFound
        # Once more, under the lock: somebody may have asked since the endpoint looked.
        check_publishable(details)
        _set_status(tx, app, SentryAppStatus.PUBLISH_REQUEST_INPROGRESS, now=now)


def withdraw_publication(control: Control, *, app_id: int) -> None:
    """Takes ``begin_publication`` back; an app that someone decided about meanwhile stays as it is, or gone."""
    now = control.clock.now()
    with contextlib.suppress(AppNotFound), control.database.transaction() as tx:
        app = get_held_app(tx, app_id)
        # Whoever decided meanwhile counts more than mails that did not leave.
        if app.state is SentryAppStatus.PUBLISH_REQUEST_INPROGRESS:
            _set_status(tx, app, SentryAppStatus.UNPUBLISHED, now=now)


def publication_mails(
    control: Control, details: AppDetails, *, requester: User, questionnaire: Sequence[Answered]
) -> list[Mail]:
    """The same mail to whoever publishes apps and to the requester; an answer to one reaches the other."""
    app = details.app
    lines = [
        f"{requester.label} asks for the publication of {app.name} ({app.slug}), an app of {details.owner_slug}.",
        "",
        f"Author: {app.author or '-'}",
        f"Scopes: {', '.join(app.scope_list) or '-'}",
        f"Events: {', '.join(app.expanded_events) or '-'}",
        f"Webhooks: {app.webhook_url or '-'}",
    ]
    for each in questionnaire:
        lines += ["", each.question, each.answer]
    subject, text = f"We've received your integration submission for {app.slug}", "\n".join(lines) + "\n"
    publisher, now = control.publish_requests_to, control.clock.now()
    return [
        Mail(recipient=recipient, reply_to=reply_to, subject=subject, text=text, sent_at=now)
        for recipient, reply_to in ((publisher, requester.email), (requester.email, publisher))
    ]


def _set_status(tx: Transaction, app: SentryApp, status: SentryAppStatus, *, now: datetime) -> None:
    app.status, app.date_updated = int(status), now
    app.save(only=["status", "date_updated"])
    change(tx, Category.APP, [app.id])


def _shows_icon(app: SentryApp) -> bool:
    return any(element.get("type") in NEEDS_ICON for element in app.schema.get("elements", ()))
