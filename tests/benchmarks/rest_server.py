"""A child process: control over HTTP with many apps, and beside its endpoints one that does nothing.

Usage: python -m tests.benchmarks.rest_server DATABASE_URL APPS; prints the address and a token, runs until its input
ends.
"""

import logging
import sys
from datetime import timedelta
from typing import Any

from starlette.responses import Response

from control_silo.api.application import create_api
from control_silo.api.request import Incoming
from control_silo.bootstrap import migrate, open_alone
from control_silo.models.app import IntegrationFeature, SentryApp
from control_silo.models.application import ApiApplication
from control_silo.services.control import Control
from control_silo.services.find_app import TABLES_SHOWN
from control_silo.services.user import ensure_superuser
from shared.clock import SystemClock
from shared.database.connect import connect
from shared.database.statement import Dialect
from shared.domain.app_status import SentryAppStatus
from shared.http.answer import json_answer
from shared.http.application import PREFIX
from shared.http.endpoint import EndpointRoute, Endpoints
from shared.http.serve import HttpServer
from shared.process import configure_logging, prefer_latency

EMPTY = f"{PREFIX}/empty/"
ENDPOINTS = Endpoints("benchmark")
_CHUNK = 500
_SCHEMA = {"elements": [{"type": "stacktrace-link", "uri": "/code"}]}


@ENDPOINTS.add("GET", "/empty/", answers={})
def empty(request: Incoming) -> Response:
    """What everything else is held against."""
    return json_answer({})


def fill(control: Control, *, apps: int) -> None:
    """Published apps of ordinary size, each a second older than the next."""
    now = control.clock.now()
    for start in range(1, apps + 1, _CHUNK):
        numbers = range(start, min(start + _CHUNK, apps + 1))
        with control.database.transaction():
            ApiApplication.insert_many([_application(n, now) for n in numbers]).execute()
            SentryApp.insert_many([_app(n, now + timedelta(seconds=n - apps)) for n in numbers]).execute()
            IntegrationFeature.insert_many([{"sentry_app": n, "feature": 0} for n in numbers]).execute()
    if control.database.dialect is Dialect.POSTGRESQL:
        # Else the server does it by itself, beside what is measured: on two cores, instead of it.
        with control.database.session():
            control.database.rows("VACUUM ANALYZE")


def _application(number: int, now: Any) -> dict[str, Any]:
    return {
        "id": number,
        "client_id": f"{number:064d}",
        "client_secret": "s" * 64,
        "allowed_origins": ["https://app.example"],
        "created_at": now,
    }


def _app(number: int, added_at: Any) -> dict[str, Any]:
    return {
        "id": number,
        "application": number,
        "owner_id": 1,
        "scope_list": ["event:read", "event:write", "project:read"],
        "name": f"App {number}",
        "slug": f"app-{number}",
        "author": "Acme",
        "status": int(SentryAppStatus.PUBLISHED),
        "webhook_url": "https://app.example/hook",
        "events": ["comment.created", "issue.created", "issue.resolved"],
        "overview": "Turns issues into cards.",
        "schema": _SCHEMA,
        "date_added": added_at,
        "date_updated": added_at,
        "date_published": added_at,
    }


def main() -> None:
    """Fills the database, serves, waits."""
    configure_logging(level=logging.ERROR)
    prefer_latency()
    url, apps = sys.argv[1], int(sys.argv[2])
    database = connect(url, create=True)
    migrate(database)
    control = open_alone(database, clock=SystemClock())
    database.keep_reads(TABLES_SHOWN)  # as a control that serves does
    fill(control, apps=apps)
    token = ensure_superuser(control)["token"]
    app = create_api(control, requests_per_second=10**9)
    app.router.add_api_route(EMPTY, empty, methods=["GET"], response_model=None, route_class_override=EndpointRoute)
    server = HttpServer(app, listen="127.0.0.1:0")
    server.start()
    print(server.address, token, flush=True)
    sys.stdin.read()
    server.stop()
    database.close()


if __name__ == "__main__":
    main()
