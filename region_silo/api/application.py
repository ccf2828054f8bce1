"""A region's HTTP application. Owns the list of its endpoints; each noun has a module of its own beside this one."""

import grpc
from fastapi import FastAPI

from region_silo.api import (
    comments,
    components,
    events,
    external_issue_actions,
    external_issues,
    external_requests,
    interaction,
    issues,
    organizations,
    projects,
    rules,
    service_hook_projects,
    users,
)
from region_silo.api.forward import forward_control_paths
from region_silo.api.ingest import accept_events
from region_silo.api.request import Desk
from region_silo.services.app_reader import AppReader
from region_silo.services.freshness import Freshness
from region_silo.services.identities import Identities
from region_silo.services.members import Members
from region_silo.services.region import Region
from shared.asking.ask import Asking
from shared.category import Owner, owned_by
from shared.config import DEFAULT_REQUESTS_PER_SECOND
from shared.domain.http_address import base_url
from shared.domain.peer import CONTROL
from shared.errors import SiloError
from shared.http.application import create_application
from shared.http.cors import answer_browsers
from shared.http.endpoint import Endpoint
from shared.http.forwarded import Forwarded
from shared.http.limits import RequestLimit, limit_requests
from shared.http.measure import Metrics, OutboxAge
from shared.http.operations import add_operations
from shared.http.public_address import PublicAddress
from shared.http.relay import Relay
from shared.outbox.status import list_destinations
from shared.outgoing.places import AppPlaces
from shared.request_log import SiloRequestLog
from shared.rpc.keyring import Keyring

TITLE = "Silo region"
DESCRIPTION = (
    "What the organizations of one region own. Control serves the same paths and forwards them here. "
    "Wire-compatible with Sentry's Integration Platform."
)

MAX_CALLERS_PER_QUICK_APP = 32
"""Of the threads that answer requests, of which a process has as many as anyio gives it: 40."""


def list_endpoints() -> list[Endpoint]:
    """Every endpoint of a region, in the order of its documentation."""
    modules = (
        organizations,
        projects,
        issues,
        events,
        comments,
        external_issues,
        external_issue_actions,
        rules,
        components,
        external_requests,
        service_hook_projects,
        interaction,
        users,
    )
    return [endpoint for module in modules for endpoint in module.endpoints.table]


def create_api(
    region: Region,
    *,
    control: grpc.Channel,
    keyring: Keyring,
    requests_per_second: int = DEFAULT_REQUESTS_PER_SECOND,
    public_url: str | None = None,
    control_http: str | None = None,
) -> FastAPI:
    """The application, an ASGI one.

    Args:
        region: name, database, clock.
        control: the channel to control, asked for what no replica here can tell.
        keyring: proves that a forwarded request comes from control, and to control that one comes from here.
        requests_per_second: that one token or session may make here; control counts what it forwards.
        public_url: where clients reach this region; None: where they say that they do.
        control_http: how control's HTTP is reached; None: what control owns is not served.
    """
    metrics = Metrics(list_ages=lambda: list_ages(region))
    app = create_application(list_endpoints(), title=TITLE, description=DESCRIPTION, metrics=metrics)
    places = AppPlaces(per_quick_app=MAX_CALLERS_PER_QUICK_APP)
    asking = Asking(region.outgoing, SiloRequestLog(region.database, region.clock), region.clock, places=places)
    freshness = Freshness(region.database)
    identities, apps = Identities(region, control, freshness), AppReader(region, control, freshness)
    app.state.desk = Desk(region, identities, apps, asking)
    app.state.members = Members(control)
    accept_events(app)
    limit_requests(app, RequestLimit(region.clock, limit=requests_per_second))
    answer_browsers(app)
    if control_http:
        relay = Relay(keyring, clock=region.clock)
        forward_control_paths(app, relay, control_url=base_url(control_http), freshness=freshness)
    if public_url:
        app.add_middleware(PublicAddress, url=public_url)
    app.add_middleware(Forwarded, silo=region.name, keyring=keyring, clock=region.clock)
    add_operations(app, check=lambda: _check(region), metrics=metrics)
    return app


def list_ages(region: Region) -> list[OutboxAge]:
    """The age of the oldest message for control, zero where nothing waits; [] while the database is away.

    The other metrics matter most just then, and ``/healthz`` tells of the database.
    """
    ages = {(CONTROL, category.value): 0.0 for category in owned_by(Owner.REGION)}
    try:
        with region.database.session():
            statuses = list_destinations(region.database, now=region.clock.now())
    except SiloError:
        return []
    for status in statuses:
        ages |= {(status.destination, name): seconds for name, seconds in status.oldest_age_seconds.items()}
    return [OutboxAge(destination, name, seconds) for (destination, name), seconds in sorted(ages.items())]


def _check(region: Region) -> None:
    region.database.check()
    with region.database.session():
        region.database.rows("SELECT 1 FROM organization LIMIT 1")
