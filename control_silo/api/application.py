"""Control's HTTP application: every endpoint, its documentation, health and metrics. Constructs; decides nothing."""

from collections.abc import Callable, Sequence

from fastapi import FastAPI

from control_silo.api import (
    app_deliveries,
    app_parts,
    app_publication,
    app_requests,
    app_secret,
    app_stats,
    app_stream,
    app_tokens,
    apps,
    audit_logs,
    authorizations,
    installations,
    organizations,
    users,
)
from control_silo.api.forward import forward_region_paths
from control_silo.api.sign_in_limits import SignInLimits
from control_silo.bodies.webhook import HOOKS
from control_silo.services.control import Control
from control_silo.services.region import list_regions
from shared.category import Owner, owned_by
from shared.config.silo import DEFAULT_REQUESTS_PER_SECOND
from shared.domain.http_address import base_url
from shared.domain.peer import CONTROL
from shared.errors import SiloError
from shared.http.application import create_application
from shared.http.client_address import NO_PROXIES, ClientAddress, Proxies
from shared.http.comparisons import Comparisons
from shared.http.cors import answer_browsers
from shared.http.document import Documented, Server
from shared.http.endpoint import Endpoint
from shared.http.forwarded import Forwarded, PublicAddress
from shared.http.limits import RequestLimit, limit_requests
from shared.http.measure import Metrics, OutboxAge, add_operations
from shared.http.relay import Relay
from shared.outbox.status import list_destinations, measure_skew
from shared.rpc.keyring import Keys
from shared.rpc.tls import TlsConfig

TITLE = "Silo control"
DESCRIPTION = (
    "Apps, installations, users and tokens of the whole world. Wire-compatible with Sentry's Integration Platform."
)


def list_endpoints() -> list[Endpoint]:
    """Every endpoint of control, in the order of its documentation."""
    # Not found by walking a package: this order is that of the documentation, what a newcomer needs first.
    modules = (
        *(apps, app_parts, app_publication, app_secret, app_tokens, app_stats),
        *(app_requests, app_deliveries, app_stream),
        *(installations, authorizations, organizations, audit_logs, users),
    )
    return [endpoint for module in modules for endpoint in module.endpoints.table]


def create_api(
    control: Control,
    *,
    relay: Relay | None = None,
    keys: Keys | None = None,
    requests_per_second: int = DEFAULT_REQUESTS_PER_SECOND,
    public_url: str | None = None,
    proxies: Proxies = NO_PROXIES,
    tls: TlsConfig | None = None,
    list_missing: Callable[[], Sequence[str]] = tuple,
) -> FastAPI:
    """The application that serves control's REST.

    Args:
        control: database, clock, way to the regions.
        relay: carries requests for paths that regions own; None: they are not served.
        keys: proves that a forwarded request comes from a region; None: none is believed.
        requests_per_second: that one token or session may make here; a region counts what it forwards.
        public_url: where clients reach control; None: where they say that they do.
        proxies: that stand before control.
        tls: the certificate between silos, whose end is among the metrics; None: there is none.
        list_missing: names of migrations that the database lacks, which are counted among the metrics.
    """
    metrics = Metrics(
        list_ages=lambda: list_ages(control),
        clock=control.clock,
        tls=tls,
        list_missing=list_missing,
        measure_skew=lambda: measure_skew(control.database, clock=control.clock),
    )
    # Asked for when Prometheus comes, and not kept up to date in between.
    metrics.registry.register(Comparisons(control.database))
    app = create_application(
        list_endpoints(),
        title=TITLE,
        description=DESCRIPTION,
        metrics=metrics,
        documented=Documented(
            webhooks=HOOKS,
            has_regions=relay is not None,
            list_servers=lambda: _list_servers(control),
            name="Control, and through it every region",
        ),
    )
    app.state.control = control
    # One for the application: it bounds how many listen at a time.
    app.state.streams = app_stream.Streams()
    app.state.sign_in_limits = SignInLimits(control.clock)
    # From here on order matters: what is added later is around what was added before, and sees a request first.
    limit_requests(app, RequestLimit(control.clock, limit=requests_per_second))
    answer_browsers(app)
    if relay:
        forward_region_paths(app, control, relay)
    # Not below `/api/0`, where the original has them: they are linked in pages and mails.
    app_parts.serve_photos(app, control)
    # Around the limits, which judge by what the request says; within the address of the client, which is found first.
    if public_url:
        app.add_middleware(PublicAddress, url=public_url)
    app.add_middleware(ClientAddress, proxies=proxies)
    if keys:
        app.add_middleware(Forwarded, silo=CONTROL, keys=keys, clock=control.clock)
    add_operations(app, check=lambda: check_database(control), metrics=metrics)
    return app


def _list_servers(control: Control) -> list[Server]:
    """The regions; [] while nobody can say which there are."""
    try:
        regions = list_regions(control)
    except SiloError:
        return []
    return [Server(base_url(region.http_address), f"Region {region.name}") for region in regions]


def check_database(control: Control) -> None:
    """Raises:
    SiloError: control cannot serve: its database is away, or lacks its tables.
    """
    control.database.check()
    list_regions(control)


def list_ages(control: Control) -> list[OutboxAge]:
    """The oldest message's age for every region and category that control owns, zero where nothing waits.

    [] while the database is away: the other metrics matter most just then, and ``/readyz`` tells of the database.
    """
    try:
        own = owned_by(Owner.CONTROL)
        # A zero for every pair: a series that appears only with the first delay would have no value to compare with.
        ages = {(region.name, category.value): 0.0 for region in list_regions(control) for category in own}
        with control.database.session():
            statuses = list_destinations(control.database)
    except SiloError:
        return []
    for status in statuses:
        ages |= {(status.destination, name): seconds for name, seconds in status.oldest_age_seconds.items()}
    return [OutboxAge(destination, name, seconds) for (destination, name), seconds in sorted(ages.items())]
