"""Control's HTTP application: every endpoint, its documentation, health and metrics. Constructs; decides nothing."""

from collections.abc import Iterator

from fastapi import FastAPI

from control_silo.api import (
    app_avatar,
    app_components,
    app_features,
    app_publication,
    app_secret,
    app_stats,
    app_tokens,
    apps,
    audit_logs,
    authorizations,
    installations,
    organizations,
    users,
)
from control_silo.api.forward import forward_region_paths
from control_silo.api.relay import Relay
from control_silo.services.control import Control
from control_silo.services.region import list_regions
from shared.config import DEFAULT_REQUESTS_PER_SECOND
from shared.domain.category import Category
from shared.http.application import create_application
from shared.http.cors import answer_browsers
from shared.http.endpoint import Endpoint
from shared.http.limits import RequestLimit, limit_requests
from shared.http.measure import Metrics, OutboxAge
from shared.http.operations import add_operations
from shared.outbox.status import list_destinations

TITLE = "Silo control"
DESCRIPTION = (
    "Apps, installations, users and tokens of the whole world. Wire-compatible with Sentry's Integration Platform."
)


def list_endpoints() -> list[Endpoint]:
    """Every endpoint of control, in the order of its documentation."""
    modules = (
        *(apps, app_features, app_components, app_avatar, app_publication, app_secret, app_tokens, app_stats),
        *(installations, authorizations, organizations, audit_logs, users),
    )
    return [endpoint for module in modules for endpoint in module.endpoints.table]


def create_api(
    control: Control, *, relay: Relay | None = None, requests_per_second: int = DEFAULT_REQUESTS_PER_SECOND
) -> FastAPI:
    """The application that serves control's REST.

    Args:
        control: database, clock, way to the regions.
        relay: carries requests for paths that regions own; None: they are not served.
        requests_per_second: that one token or session may make.
    """
    metrics = Metrics(list_ages=lambda: list_ages(control))
    app = create_application(list_endpoints(), title=TITLE, description=DESCRIPTION, metrics=metrics)
    app.state.control = control
    limit_requests(app, RequestLimit(control.clock, limit=requests_per_second))
    answer_browsers(app)
    if relay:
        forward_region_paths(app, control, relay)
    app_avatar.serve_photos(app, control)
    add_operations(app, check=lambda: check_database(control), metrics=metrics)
    return app


def check_database(control: Control) -> None:
    """Raises:
    SiloError: control cannot serve: its database is away, or lacks its tables.
    """
    control.database.check()
    list_regions(control)


def list_ages(control: Control) -> Iterator[OutboxAge]:
    """The oldest message's age for every registered region and category; zero where nothing waits."""
    ages = {(region.name, category.value): 0.0 for region in list_regions(control) for category in Category}
    with control.database.session():
        for status in list_destinations(control.database, now=control.clock.now()):
            for category_name, seconds in status.oldest_age_seconds.items():
                ages[(status.destination, category_name)] = seconds
    for (destination, category_name), seconds in sorted(ages.items()):
        yield OutboxAge(destination, category_name, seconds)
