"""A child process: a region's server over many replicas, and beside it one that answers a constant message.

Usage: python -m tests.benchmarks.region_server DATABASE_URL APPS; prints the two addresses, runs until its input ends.
"""

import logging
import sys
from typing import Any

from pydantic import SecretStr

import region_silo.bootstrap
from region_silo.config import RegionConfig
from region_silo.replication.kinds import kinds_of
from shared.category import Category, number_of
from shared.clock import SystemClock
from shared.database.connect import connect
from shared.domain.peer import CONTROL
from shared.outbox.apply import apply_changes
from shared.pb.hybridcloud.apps.v1 import app_service_pb2, app_service_pb2_grpc
from shared.pb.hybridcloud.replication.v1 import replica_pb2
from shared.process import configure_logging, prefer_latency
from shared.rpc.keyring import Keyring
from shared.rpc.server import serve

KEYS = Keyring.parse("service:bench/bench:0123456789abcdef0123456789abcdef,control/control:0")
CALLER_KEYS = Keyring.parse("us/bench:0123456789abcdef0123456789abcdef")


class Constant:
    """Answers every read with one message; serves nothing else."""

    def __init__(self, answer: app_service_pb2.GetSentryAppBySlugResponse) -> None:
        self._answer = answer

    def __getattr__(self, method: str) -> Any:
        return self.GetSentryAppBySlug

    def GetSentryAppBySlug(self, request: Any, context: Any) -> app_service_pb2.GetSentryAppBySlugResponse:
        return self._answer


def app_change(object_id: int) -> replica_pb2.Change:
    """An app of ordinary size."""
    change = replica_pb2.Change(category=number_of(Category.APP), object_id=object_id, version=1)
    app = change.app.sentry_app
    app.id, app.slug, app.name, app.uuid = object_id, f"app-{object_id}", f"App {object_id}", f"{object_id:036d}"
    app.scope_list.extend(["event:read", "event:write", "project:read"])
    app.events.extend(["issue.created", "issue.resolved", "comment.created"])
    app.status, app.is_published, app.webhook_url = "published", True, "https://app.example/hook"
    app.application_id, app.owner_id, app.proxy_user_id = object_id, 1, object_id
    app.application.id, app.application.client_id, app.application.client_secret = object_id, "c" * 64, "s" * 64
    return change


def main() -> None:
    """Fills the database, serves, waits."""
    configure_logging(level=logging.ERROR)
    prefer_latency()
    url, apps, clock = sys.argv[1], int(sys.argv[2]), SystemClock()
    database = connect(url, create=True)
    region_silo.bootstrap.migrate(database)
    for start in range(1, apps + 1, 1000):
        changes = [app_change(object_id) for object_id in range(start, min(start + 1000, apps + 1))]
        apply_changes(database, changes, tables=kinds_of("us").tables_for(CONTROL))
    database.close()
    config = RegionConfig(
        name="us", database_url=SecretStr(url), grpc_listen="127.0.0.1:0", control_target="127.0.0.1:1", keys=KEYS
    )
    region = region_silo.bootstrap.open_region(config, clock=clock)
    control = region_silo.bootstrap.connect_control(region, config)
    ours = region_silo.bootstrap.start_server(region, config, control=control)
    answer = app_service_pb2.GetSentryAppBySlugResponse(sentry_app=app_change(77).app.sentry_app)
    add = app_service_pb2_grpc.add_AppServiceServicer_to_server
    constant = serve("127.0.0.1:0", name="us", keys=KEYS, clock=clock, servicers=[(add, Constant(answer))])
    print(ours.address, constant.address, flush=True)
    sys.stdin.read()
    constant.stop()
    ours.stop()
    control.close()
    region.database.close()


if __name__ == "__main__":
    main()
