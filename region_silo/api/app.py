"""A region's HTTP application. Owns the list of its endpoints; each noun has a module of its own beside this one."""

from collections.abc import Iterable

import grpc
from fastapi import FastAPI

from region_silo.services.region import Region
from shared.http.application import create_application
from shared.http.endpoint import Endpoint
from shared.http.measure import Metrics, OutboxAge
from shared.http.operations import add_operations
from shared.outbox.status import list_destinations
from shared.rpc.keyring import Keyring

ENDPOINTS: list[Endpoint] = []
"""Every endpoint under ``/api/0`` of a region."""


def create_api(region: Region, *, control: grpc.Channel, keyring: Keyring) -> FastAPI:
    """The application, an ASGI one.

    Args:
        region: name, database, clock.
        control: the channel to control, asked for what no replica here can tell.
        keyring: proves that a forwarded request comes from control.
    """
    metrics = Metrics(list_ages=lambda: _ages(region))
    app = create_application(
        ENDPOINTS, title=f"Region {region.name}", description="What this region's organizations own.", metrics=metrics
    )
    app.state.region = region
    add_operations(app, check=lambda: _check(region), metrics=metrics)
    return app


def _ages(region: Region) -> Iterable[OutboxAge]:
    with region.database.session():
        statuses = list_destinations(region.database, now=region.clock.now())
    for status in statuses:
        for category, seconds in status.oldest_age_seconds.items():
            yield OutboxAge(destination=status.destination, category=category, seconds=seconds)


def _check(region: Region) -> None:
    with region.database.session():
        region.database.rows("SELECT 1 FROM organization LIMIT 1")
