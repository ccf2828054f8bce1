"""``stats/`` and ``sentry-apps-stats/``: how often apps are installed (spec §6)."""

from fastapi import Response

from control_silo.api.request import Incoming
from control_silo.bodies.stats import AppInstallsObject, AppStatsObject
from control_silo.services import app_access
from control_silo.services.find_app import get_app_of_path
from control_silo.services.install_stats import count_installs, list_most_installed
from shared.errors import PermissionDenied
from shared.http.answer import json_answer
from shared.http.endpoint import PAGE_PARAMETERS, Endpoints
from shared.http.pagination import cut, list_answer, page_request, public_url
from shared.http.period import PERIOD_PARAMETERS, read_period

endpoints = Endpoints("Statistics")


@endpoints.add(
    "GET",
    "/sentry-apps/{app_id_or_slug}/stats/",
    answers={200: AppStatsObject},
    parameters=PERIOD_PARAMETERS,
)
def get_app_stats(request: Incoming, app_id_or_slug: str) -> Response:
    """Counts an app's installations. For the organization that owns it, also of a published app."""
    with request.signed_in(scopes=app_access.READ_SCOPES) as principal:
        details = get_app_of_path(app_id_or_slug)
        if not principal.holds(app_access.READ_SCOPES, organization_id=details.app.owner_id):
            raise PermissionDenied
        period = read_period(request.http, now=request.control.clock.now())
        stats = count_installs(request.control, details.app, period)
    return json_answer(AppStatsObject.of(stats))


@endpoints.add("GET", "/sentry-apps-stats/", answers={200: list[AppInstallsObject]}, parameters=PAGE_PARAMETERS)
def list_apps_stats(request: Incoming) -> Response:
    """Lists all apps, the most installed first. For superusers and staff."""
    with request.signed_in() as principal:
        if not principal.is_elevated:
            raise PermissionDenied
        page = page_request(request.http)
        apps, has_more = cut(list_most_installed(request.control, offset=page.offset, limit=page.probe), page)
        base_url = public_url(request.http)
        items = [AppInstallsObject.of(app, base_url=base_url) for app in apps]
        return list_answer(request.http, page, items, has_more=has_more)
