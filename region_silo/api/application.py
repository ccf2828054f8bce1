"""A region's HTTP application. Owns the list of its endpoints; each noun has a module of its own beside this one."""

from collections.abc import Callable, Sequence

from fastapi import FastAPI

from region_silo.api import (
    comments,
    components,
    event_search,
    events,
    external_issues,
    interaction,
    issue_parts,
    issues,
    metric_rules,
    organizations,
    projects,
    rules,
    service_hook_projects,
    tags,
    users,
)
from region_silo.api.forward import forward_control_paths
from region_silo.api.ingest import accept_events
from region_silo.api.other_ways import accept_otherwise
from region_silo.api.request import ApiTools
from region_silo.bodies.webhook import HOOKS
from region_silo.config import RegionConfig
from region_silo.services.region import Region
from shared.category import Owner, owned_by
from shared.domain.http_address import base_url
from shared.domain.peer import CONTROL
from shared.errors import SiloError
from shared.http.application import create_application
from shared.http.client_address import ClientAddress, Proxies
from shared.http.comparisons import Comparisons
from shared.http.cors import answer_browsers
from shared.http.document import Documented
from shared.http.endpoint import Endpoint
from shared.http.forwarded import Forwarded, PublicAddress
from shared.http.limits import RequestLimit, limit_requests
from shared.http.measure import Metrics, OutboxAge, add_operations
from shared.http.relay import Relay
from shared.outbox.status import list_destinations, measure_skew

TITLE = "Silo region"
DESCRIPTION = (
    "What the organizations of one region own. Control serves the same paths and forwards them here. "
    "Wire-compatible with Sentry's Integration Platform."
)


def list_endpoints() -> list[Endpoint]:
    """Every endpoint of a region, in the order of its documentation."""
    # In the order of the documentation, what a newcomer needs first.
    modules = (
        organizations,
        projects,
        issues,
        issue_parts,
        events,
        event_search,
        tags,
        comments,
        external_issues,
        rules,
        metric_rules,
        components,
        service_hook_projects,
        interaction,
        users,
    )
    return [endpoint for module in modules for endpoint in module.endpoints.table]


def create_api(
    tools: ApiTools, config: RegionConfig, *, relay: Relay, list_missing: Callable[[], Sequence[str]] = tuple
) -> FastAPI:
    """The application, an ASGI one.

    Args:
        tools: what its endpoints work with.
        config: what proves that a forwarded request comes from control, how many requests one token or session may
            make here, where clients reach this region, and this region control.
        relay: carries requests to control for what control owns; closed when the application ends.
        list_missing: names of migrations that the database lacks, which are counted among the metrics.
    """
    region = tools.region
    metrics = Metrics(
        list_ages=lambda: list_ages(region),
        clock=region.clock,
        tls=config.tls,
        list_missing=list_missing,
        measure_skew=lambda: measure_skew(region.database, clock=region.clock),
    )
    metrics.registry.register(Comparisons(region.database))
    app = create_application(
        list_endpoints(),
        title=TITLE,
        description=DESCRIPTION,
        metrics=metrics,
        documented=Documented(webhooks=HOOKS, name=f"Region {region.name}"),
    )
    app.state.tools = tools
    # Routes of their own and no endpoints: SDKs speak another dialect, and are not in the documentation.
    accept_events(app, metrics.registry)
    accept_otherwise(app)
    limit_requests(app, RequestLimit(region.clock, limit=config.requests_per_second))
    answer_browsers(app)
    # After the region's own paths, so that one that both have is served here.
    if config.control_http:
        forward_control_paths(app, relay, control_url=base_url(config.control_http), freshness=region.freshness)
    if config.public_url:
        app.add_middleware(PublicAddress, url=config.public_url)
    app.add_middleware(ClientAddress, proxies=Proxies(config.trusted_proxies))
    app.add_middleware(Forwarded, silo=region.name, keys=region.keys, clock=region.clock)
    add_operations(app, check=lambda: _check(region), metrics=metrics)
    return app


def list_ages(region: Region) -> list[OutboxAge]:
    """The age of the oldest message for control, zero where nothing waits; [] while the database is away.

    The other metrics matter most just then, and ``/readyz`` tells of the database.
    """
    ages = {(CONTROL, category.value): 0.0 for category in owned_by(Owner.REGION)}
    try:
        with region.database.session():
            statuses = list_destinations(region.database)
    except SiloError:
        return []
    for status in statuses:
        ages |= {(status.destination, name): seconds for name, seconds in status.oldest_age_seconds.items()}
    return [OutboxAge(destination, name, seconds) for (destination, name), seconds in sorted(ages.items())]


def _check(region: Region) -> None:
    region.database.check()
    with region.database.session():
        # Reached is not enough: a database that was never migrated answers, too.
        region.database.rows("SELECT 1 FROM organization LIMIT 1")
