"""One base URL serves a client: control answers, or forwards, whatever any region serves."""

import re

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from prometheus_client import CollectorRegistry
from starlette.routing import compile_path

from control_silo.api import application as control_app
from control_silo.api.forward import REGION_OWNED
from region_silo.api import application as region_app
from region_silo.api.ingest import accept_events
from region_silo.api.other_ways import accept_otherwise
from shared.http.application import PREFIX
from shared.http.endpoint import Endpoint
from shared.http.event_pages import BY_KEY

FORWARDED = [compile_path(path)[0] for path in REGION_OWNED]


def _example(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "x", PREFIX + path)


def _is_forwarded(path: str) -> bool:
    return any(pattern.match(_example(path)) for pattern in FORWARDED)


def event_paths() -> list[str]:
    """Those that a region adds to its endpoints; SDKs send there, and no documentation has them."""
    app = FastAPI(openapi_url=None)
    accept_events(app, CollectorRegistry())
    accept_otherwise(app)
    # Control knows no project by its key alone: that way in is at a region's own address.
    return [route.path for route in app.routes if isinstance(route, APIRoute) and route.path != BY_KEY]


@pytest.mark.parametrize("endpoint", region_app.list_endpoints(), ids=lambda each: f"{each.method} {each.path}")
def test_what_a_region_serves_control_serves_too(endpoint: Endpoint) -> None:
    own = {(each.method, each.path) for each in control_app.list_endpoints()}
    assert (endpoint.method, endpoint.path) in own or _is_forwarded(endpoint.path)


@pytest.mark.parametrize("path", event_paths())
def test_where_a_region_takes_events_control_takes_them_too(path: str) -> None:
    assert path in REGION_OWNED


@pytest.mark.parametrize("endpoint", control_app.list_endpoints(), ids=lambda each: f"{each.method} {each.path}")
def test_what_control_serves_itself_is_not_forwarded(endpoint: Endpoint) -> None:
    assert not _is_forwarded(endpoint.path)
