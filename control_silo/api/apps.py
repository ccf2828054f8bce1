"""``sentry-apps/``: list, create, read, change and delete apps (spec §4.1 to §4.5)."""

from collections.abc import Callable
from typing import Any

from fastapi import Response

from control_silo.api.request import ApiRequest, Incoming
from control_silo.bodies.app import AppBody, AppChangesBody, AppObject
from control_silo.bodies.app_field import Requester
from control_silo.models.app import SentryApp
from control_silo.models.region import OrganizationReplica
from control_silo.services import app_access
from control_silo.services.control import Control
from control_silo.services.delete import delete_app as delete_app_and_all
from control_silo.services.feature import get_switches
from control_silo.services.find_app import (
    AppDetails,
    find_app,
    get_app_of_path,
    get_shown_app_of_path,
    list_app_details,
)
from control_silo.services.organization import find_organization
from control_silo.services.principal import Principal
from shared.domain.app_status import SentryAppStatus
from shared.domain.features import EVENT_HOOKS_FEATURE, is_enabled
from shared.domain.json_field import shown
from shared.domain.json_value import JsonObject
from shared.errors import AppDisabled, AppNotFound, NotFound, PermissionDenied, Unauthenticated
from shared.http.answer import empty_answer, json_answer
from shared.http.endpoint import PAGE_PARAMETERS, Endpoints, Parameter
from shared.http.errors import Refused
from shared.http.pagination import cut, list_answer, page_request, public_url

endpoints = Endpoints("Apps")

STATUS_PARAMETER = Parameter(
    name="status",
    description="Only apps with this status.",
    schema={"type": "string", "enum": ["published", "unpublished", "internal"]},
)
PARTNERSHIP_TEXT = (
    "This integration is managed by an active partnership and cannot be modified until the end of the partnership."
)


@endpoints.add("GET", "/sentry-apps/", answers={200: list[AppObject]}, parameters=(STATUS_PARAMETER, *PAGE_PARAMETERS))
def list_apps(request: Incoming) -> Response:
    """Lists published apps, or those of one's own organizations that are not; a superuser and staff see all."""
    with request.signed_in() as principal:
        page = page_request(request.http)
        wanted = request.http.query_params.get("status")
        # One more than a page is asked for: whether another follows is known without counting.
        found = list_app_details(**_filter(wanted, principal), offset=page.offset, limit=page.probe)
        details, has_more = cut(found, page)
        items = [rendered(request, principal, each) for each in details]
        return list_answer(request.http, page, items, has_more=has_more)


@endpoints.add("POST", "/sentry-apps/", answers={201: AppObject})
def post_app(request: Incoming[AppBody]) -> Response:
    """Creates an app in an organization; an internal one is installed there at once."""
    with request.signed_in(scopes=app_access.WRITE_SCOPES) as principal:
        # An app makes no apps, whatever scopes it has (settled.md).
        if principal.acting_app:
            raise PermissionDenied
        # Who may make an app there, and of which kind, comes before what it is to be: the body is read in that light.
        owner = _owner_to_be(request.json, principal)
        _check_event_gate(request.json, owner.id)
        requester = Requester(principal.scopes_in(owner.id), is_elevated=principal.is_superuser)
        creator = request.body(context=requester).creator(requester, owner=owner)
        app = creator.run(request.control, creator=principal.user)
        return json_answer(object_of(request, principal, app.id), status=201)


@endpoints.add("GET", "/sentry-apps/{app_id_or_slug}/", answers={200: AppObject})
def get_app(request: Incoming, app_id_or_slug: str) -> Response:
    """Reads an app."""
    with request.signed_in() as principal:
        details = get_visible_app(
            request, principal, app_id_or_slug, may=app_access.may_read_app, find=get_shown_app_of_path
        )
        # Last: that an app is disabled is told to those alone who may read it.
        check_enabled(request.control, details.app)
        return json_answer(rendered(request, principal, details))


@endpoints.add("PUT", "/sentry-apps/{app_id_or_slug}/", answers={200: AppObject})
def put_app(request: Incoming[AppChangesBody], app_id_or_slug: str) -> Response:
    """Changes what the body names and leaves the rest."""
    with request.signed_in() as principal:
        # Before the app is looked for: a token without the scope learns nothing of which apps there are.
        if not (principal.is_elevated or principal.passes(app_access.WRITE_SCOPES)):
            raise PermissionDenied
        app = get_visible_app(request, principal, app_id_or_slug, may=app_access.may_change_app).app
        check_partnership(app)
        # From the raw body: the gate is the organization's, and comes before what is wrong with fields.
        _check_event_gate(request.json, app.owner_id)
        requester = Requester(
            principal.scopes_in(app.owner_id),
            is_elevated=principal.is_elevated,
            app=app,
            sees_secrets=app_access.may_see_secrets(principal, app),
        )
        updater = request.body(context=requester).updater(requester)
        updater.run(request.control, app_id=app.id, is_elevated=principal.is_elevated)
        return json_answer(object_of(request, principal, app.id))


@endpoints.add("DELETE", "/sentry-apps/{app_id_or_slug}/", answers={204: None})
def delete_app(request: Incoming, app_id_or_slug: str) -> Response:
    """Deletes an app that is not published, with its installations and tokens."""
    with request.signed_in(scopes=app_access.ADMIN_SCOPES) as principal:
        app = get_visible_app(request, principal, app_id_or_slug, may=app_access.may_administer_app).app
        check_partnership(app)
        try:
            delete_app_and_all(request.control, app_id=app.id, actor=principal.user)
        except PermissionDenied as denied:
            # A list, as the original answers this one.
            raise Refused(403, {"detail": [denied.message]}) from denied
        return empty_answer(204)


def get_visible_app(
    request: ApiRequest,
    principal: Principal,
    app_id_or_slug: str,
    *,
    may: Callable[[Principal, SentryApp], bool],
    find: Callable[[str], AppDetails] = get_app_of_path,
) -> AppDetails:
    """The app that a path names, for someone who may do something to it. Needs a session.

    Raises:
        AppNotFound: there is none.
        Refused: it is another organization's and not published.
        PermissionDenied: they may not.
    """
    details = find(app_id_or_slug)
    if not app_access.sees_app(principal, details.app):
        text = "User must be in the app owner's organization for unpublished apps"
        # One's own: what the answer tells is known to whoever reads it.
        organizations = [membership.slug for membership in principal.memberships]
        raise Refused(403, {"detail": text, "context": {"user_organizations": organizations}})
    if not may(principal, details.app):
        raise PermissionDenied
    return details


def check_partnership(app: SentryApp) -> None:
    """Raises:
    PermissionDenied: a partnership freezes the app.
    """
    if app_access.is_partnership_restricted(app):
        raise PermissionDenied(PARTNERSHIP_TEXT)


def check_enabled(control: Control, app: SentryApp) -> None:
    """Raises:
    AppDisabled: it is, and that is enforced.
    """
    if control.enforces_disabled and app.is_disabled:
        raise AppDisabled


def _filter(wanted: str | None, principal: Principal) -> dict[str, Any]:
    """What of all apps a listing shows (spec §4.1)."""
    if wanted in {"unpublished", "internal"}:
        owner_ids = None if principal.is_elevated else app_access.readable_owners(principal)
        # An app without a scope in its organization lists nothing, and is not refused: the list is of what it may read.
        return {"status": SentryAppStatus.from_name(wanted), "owner_ids": owner_ids}
    # Any other word lists as none does (spec 4.1).
    if wanted != "published" and principal.is_elevated:
        return {"status": None}
    return {"status": SentryAppStatus.PUBLISHED}


def _owner_to_be(body: JsonObject, principal: Principal) -> OrganizationReplica:
    slug = body.get("organization")
    if not isinstance(slug, str) or not slug:
        # 404 for a field of the body, as the original has it here (spec §4.2).
        raise NotFound("Please provide a valid value for the 'organization' field.")
    # What cannot be printed cannot be a slug, and PostgreSQL would refuse to look for some of it.
    organization = find_organization(slug) if slug.isprintable() else None
    if organization is None and principal.is_elevated:
        raise NotFound(f"Organization '{shown(slug)}' does not exist.")
    # In one sentence for both, so that nobody learns which organizations there are.
    if organization is None or not (principal.is_elevated or principal.is_member(organization.id)):
        raise PermissionDenied(f"User does not belong to the '{shown(slug)}' organization.")
    is_part = principal.is_superuser or principal.is_member(organization.id)
    if organization.status != "active" or not is_part:
        raise Unauthenticated("User must be a part of the Org they're trying to create the app in")
    if not principal.holds(app_access.WRITE_SCOPES, organization_id=organization.id):
        raise PermissionDenied
    return organization


def _check_event_gate(body: JsonObject, organization_id: int) -> None:
    events = body.get("events")
    # Whatever else it is, the body's own check tells.
    if not isinstance(events, list) or "error" not in events:
        return
    if not is_enabled(EVENT_HOOKS_FEATURE, switches=get_switches(organization_id)):
        text = "Your organization does not have access to the 'error' resource subscription."
        raise Refused(403, {"non_field_errors": [text]})


def object_of(request: ApiRequest, principal: Principal, app_id: int) -> AppObject:
    """An app that was just written, as this principal sees it. Needs a session.

    Raises:
        AppNotFound: it is gone already.
    """
    # Read anew: what is shown is what was committed, not what was asked for.
    details = find_app(app_id)
    if details is None:
        raise AppNotFound
    return rendered(request, principal, details)


def rendered(request: ApiRequest, principal: Principal, details: AppDetails) -> AppObject:
    """An app as this principal sees it."""
    now, base_url = request.control.clock.now(), public_url(request.http)
    return AppObject.of(details, principal=principal, now=now, base_url=base_url)
