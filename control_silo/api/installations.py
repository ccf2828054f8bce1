"""``sentry-app-installations/``: install, list, read, confirm and uninstall (spec §4.5, §4.6)."""

from collections.abc import Collection

from fastapi import Response

from control_silo.api.apps import check_enabled
from control_silo.api.recent_writes import await_delivered
from control_silo.api.request import ApiRequest, Incoming, get_organization_of_path
from control_silo.bodies.installation import ConfirmBody, InstallBody, installation_object
from control_silo.models.region import OrganizationReplica
from control_silo.services import app_access
from control_silo.services.delete import uninstall
from control_silo.services.feature import get_switches
from control_silo.services.find_app import AppDetails, find_app_of_path
from control_silo.services.find_installation import (
    InstallationDetails,
    find_installation_details,
    list_installation_details,
)
from control_silo.services.install import SentryAppInstallationCreator, SentryAppInstallationUpdater
from control_silo.services.interest import region_of_organization
from control_silo.services.principal import Principal
from shared.bodies.fields import sent_or_none
from shared.bodies.installation import InstallationObject
from shared.category import Category
from shared.domain.features import IntegrationFeature, missing_features
from shared.errors import AppNotFound, InstallationNotFound, NotFound, OrganizationNotFound, PermissionDenied
from shared.http.answer import empty_answer, json_answer
from shared.http.endpoint import PAGE_PARAMETERS, Endpoints
from shared.http.errors import Refused
from shared.http.pagination import cut, list_answer, page_request

endpoints = Endpoints("Installations")


@endpoints.add(
    "GET",
    "/organizations/{organization_id_or_slug}/sentry-app-installations/",
    answers={200: list[InstallationObject]},
    parameters=PAGE_PARAMETERS,
)
def list_installations(request: Incoming, organization_id_or_slug: str) -> Response:
    """Lists the installations in an organization, newest first."""
    with request.signed_in(scopes=app_access.READ_SCOPES) as principal:
        page = page_request(request.http)
        organization = _get_organization(principal, organization_id_or_slug, scopes=app_access.READ_SCOPES)
        found = list_installation_details(organization_id=organization.id, offset=page.offset, limit=page.probe)
        details, has_more = cut(found, page)
        items = [installation_object(each, principal=principal) for each in details]
        return list_answer(request.http, page, items, has_more=has_more)


@endpoints.add(
    "POST",
    "/organizations/{organization_id_or_slug}/sentry-app-installations/",
    answers={200: InstallationObject, 404: None},
)
def post_installation(request: Incoming[InstallBody], organization_id_or_slug: str) -> Response:
    """Installs an app in an organization, or answers with the installation that exists. An app installs none."""
    with request.signed_in(scopes=app_access.INSTALL_SCOPES) as principal:
        if principal.acting_app:  # the code of another app's installation is worth all that that app may do
            raise PermissionDenied
        organization = _get_organization(principal, organization_id_or_slug, scopes=app_access.INSTALL_SCOPES)
        slug = request.body().slug
        details = _get_installable_app(request, principal, slug, organization_id=organization.id)
        _check_features(details, organization_id=organization.id)
        creator = SentryAppInstallationCreator(organization_id=organization.id, slug=details.app.slug)
        try:
            installation = creator.run_once(request.control, actor=principal.user)
        except AppNotFound as exc:  # deleted since we looked
            # Without a body, as the original answers both here.
            raise Refused(404, None) from exc
        return _answer(request, principal, installation.uuid)


@endpoints.add("GET", "/sentry-app-installations/{uuid}/", answers={200: InstallationObject})
def get_installation(request: Incoming, uuid: str) -> Response:
    """Reads an installation; an app may always read its own."""
    with request.signed_in() as principal:
        details = get_visible_installation(request, principal, uuid, scopes=app_access.READ_SCOPES)
        check_enabled(request.control, details.app)
        return json_answer(installation_object(details, principal=principal))


@endpoints.add("PUT", "/sentry-app-installations/{uuid}/", answers={200: InstallationObject})
def put_installation(request: Incoming[ConfirmBody], uuid: str) -> Response:
    """Confirms an installation; for the app itself, with its own token.

    The answer comes once the region was told, or a moment later: the app goes on in the region at once (clients.md).
    """
    with request.signed_in() as principal:
        # No scope opens it to people: only the app's own token confirms (spec §4.6).
        details = get_visible_installation(request, principal, uuid, scopes=())
        status = request.body().status
        updater = SentryAppInstallationUpdater(uuid=details.installation.uuid, status=sent_or_none(status))
        updater.run(request.control)
        answer, region = _answer(request, principal, uuid), region_of_organization(details.installation.organization_id)
    if region:
        # After the session: whoever waits must not hold a connection.
        await_delivered(request.control, region, [(Category.INSTALLATION, details.installation.id)])
    return answer


@endpoints.add("DELETE", "/sentry-app-installations/{uuid}/", answers={204: None})
def delete_installation(request: Incoming, uuid: str) -> Response:
    """Uninstalls an app, with its tokens there; an app's token, where it acts."""
    with request.signed_in(scopes=app_access.INSTALL_SCOPES) as principal:
        details = get_visible_installation(request, principal, uuid, scopes=app_access.INSTALL_SCOPES)
        place = details.installation.organization_id
        if not principal.holds(app_access.INSTALL_SCOPES, organization_id=place):
            raise PermissionDenied
        uninstall(request.control, uuid=details.installation.uuid, actor=principal.user)
        return empty_answer(204)


def get_visible_installation(
    request: ApiRequest, principal: Principal, uuid: str, *, scopes: Collection[str]
) -> InstallationDetails:
    """The installation that a path names, for someone with one of the scopes, or for the app there. Needs a session.

    Raises:
        PermissionDenied: they lack the scopes, or are another app, or the same one by a token from elsewhere.
        InstallationNotFound: there is none.
        NotFound: it is in an organization that is not theirs.
    """
    if principal.acting_app is None and not principal.passes(scopes):
        raise PermissionDenied
    details = find_installation_details(uuid)
    if details is None:
        raise InstallationNotFound
    if app_access.acts_for(principal, details.installation):
        return details
    if principal.acting_app:
        raise PermissionDenied
    if not principal.sees(details.installation.organization_id):
        raise NotFound("Given organization is not valid")
    if not principal.holds(scopes, organization_id=details.installation.organization_id):
        raise PermissionDenied
    return details


def _get_organization(principal: Principal, id_or_slug: str, *, scopes: Collection[str]) -> OrganizationReplica:
    organization = get_organization_of_path(id_or_slug)
    if not principal.sees(organization.id):
        raise OrganizationNotFound
    if not principal.holds(scopes, organization_id=organization.id):
        raise PermissionDenied
    return organization


def _get_installable_app(request: ApiRequest, principal: Principal, slug: str, *, organization_id: int) -> AppDetails:
    details = find_app_of_path(slug)
    if details is None or not app_access.may_install(principal, details.app, organization_id=organization_id):
        raise Refused(404, None)
    return details


def _check_features(details: AppDetails, *, organization_id: int) -> None:
    features = [IntegrationFeature(number) for number in details.features]
    missing = missing_features(features, switches=get_switches(organization_id))
    if missing:
        text = "At least one feature from this list has to be enabled in order to install the app"
        raise Refused(403, {"detail": text, "missing_features": missing})


def _answer(request: ApiRequest, principal: Principal, uuid: str) -> Response:
    details = find_installation_details(uuid)
    if details is None:
        raise InstallationNotFound
    return json_answer(installation_object(details, principal=principal))
