"""What surrounds every request of each silo, outermost first: taking one away, or another order, opens something."""

from collections.abc import Sequence
from typing import cast

import pytest
from fastapi import FastAPI

import control_silo.bootstrap
import region_silo.bootstrap
from tests.silos import Silos

ALIKE = ("Spelling", "Measure", "Failures", "Consistency")
"""Of both: one spelling for all below; every answer counted, also one of a failure; tokens around the endpoint."""
OF_CONTROL = ("Forwarded", "ClientAddress", "PublicAddress", *ALIKE, "_Limited", "_Cors", "_Remembering", "_Pages")
OF_A_REGION = ("Forwarded", "ClientAddress", "PublicAddress", *ALIKE, "_Pages", "_Limited", "_Cors")
PUBLIC = "https://silo.example"


def surrounding(app: FastAPI) -> Sequence[str]:
    return [cast(type, middleware.cls).__name__ for middleware in app.user_middleware]


def test_what_surrounds_a_request_of_control(silos: Silos) -> None:
    config = silos.control_config.model_copy(update={"public_url": PUBLIC})
    assert surrounding(control_silo.bootstrap.make_api(silos.control, config)) == list(OF_CONTROL)


def test_what_surrounds_a_request_of_a_region(silos: Silos) -> None:
    running = silos.regions["us"]
    config = running.config.model_copy(update={"advertised_http": PUBLIC})
    app = region_silo.bootstrap.make_api(running.region, config, control=running.control)
    assert surrounding(app) == list(OF_A_REGION)


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/docs", "/openapi.json"])
def test_each_silo_serves_what_its_operator_looks_at(silos: Silos, path: str) -> None:
    running = silos.regions["us"]
    apps = [
        control_silo.bootstrap.make_api(silos.control, silos.control_config),
        region_silo.bootstrap.make_api(running.region, running.config, control=running.control),
    ]
    assert all(path in {getattr(route, "path", None) for route in app.routes} for app in apps)
