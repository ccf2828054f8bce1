"""What telling costs: an event that comes in for an issue that is known, with nobody to tell and with eight apps, and
with ten alert rules that it does not meet.
"""

import itertools
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

from control_silo.models.region import OrganizationReplica
from region_silo.events.incoming import Arrival, IncomingEvent, read_event
from region_silo.models.hook import ServiceHook
from region_silo.models.project import Project, Rule
from region_silo.services.ingestion import store_event
from region_silo.services.projects import create_project
from tests.benchmarks.measure import Measurement
from tests.benchmarks.topology import postgres_server
from tests.integration.region.issues.world import exception
from tests.silos import Silos, running_silos

_APPS = 8
_RULES = 10
_EVENTS = 50
_ROUNDS = 10
_REGRESSION = [{"id": "sentry.rules.conditions.regression_event.RegressionEventCondition"}]


def measure(folder: Path) -> Iterable[Measurement]:
    for engine in ("SQLite", "PostgreSQL"):
        (folder / engine).mkdir()
        with ExitStack() as stack, running_silos(_new_urls(stack, folder / engine, engine), regions=("us",)) as silos:
            yield from _costs(silos, engine)


def _costs(silos: Silos, engine: str) -> Iterable[Measurement]:
    quiet, watched, ruled = (silos.create_organization(slug, region="us") for slug in ("quiet", "watched", "ruled"))
    _subscribe(silos, watched)
    projects = [_project(silos, organization) for organization in (quiet, watched, ruled)]
    _add_rules(silos, projects[-1])
    rounds = [[_seconds(silos, project) for project in projects] for _ in range(_ROUNDS)]
    alone, told, asked = (sorted(times)[_ROUNDS // 2] for times in zip(*rounds, strict=True))
    for what, seconds in (
        (f"event of which {_APPS} apps are told", told),
        (f"event that meets no rule of {_RULES}", asked),
    ):
        yield Measurement(f"{what}, {engine}", seconds * 1000, "ms", "nobody to tell", alone * 1000)


def _new_urls(stack: ExitStack, folder: Path, engine: str) -> Callable[[], str]:
    numbers = itertools.count(1)
    if engine == "SQLite":
        return lambda: f"sqlite:///{folder}/{next(numbers)}.db"
    return lambda: stack.enter_context(postgres_server(folder / str(next(numbers)))).get_uri()


def _project(silos: Silos, organization: OrganizationReplica) -> Project:
    return create_project(silos.regions["us"].region, organization_id=organization.id, slug="web")


def _subscribe(silos: Silos, organization: OrganizationReplica) -> None:
    creator, internal = silos.create_user("bench@acme.example"), {"is_internal": True, "scopes": ["event:read"]}
    for number in range(_APPS):
        silos.create_app(f"App {number}", owner=organization, creator=creator, events=["error"], **internal)
    silos.replicate()
    with silos.database("us").session():
        assert ServiceHook.select().count() == _APPS


def _add_rules(silos: Silos, project: Project) -> None:
    definition = {"environment": None, "filters": [], "actionMatch": "all", "actions": [], "conditions": _REGRESSION}
    with silos.database("us").transaction():
        for number in range(_RULES):
            name, now = f"Rule {number}", silos.clock.now()
            Rule.create(project_id=project.id, name=name, definition=definition, created_at=now)


def _seconds(silos: Silos, project: Project) -> float:
    """Per event."""
    region = silos.regions["us"].region
    events = [_event(silos) for _ in range(_EVENTS)]
    started = time.perf_counter()
    for event in events:
        store_event(region, project=project, event=event)
    return (time.perf_counter() - started) / _EVENTS


def _event(silos: Silos) -> IncomingEvent:
    payload = exception()
    return read_event(payload, size=1000, arrival=Arrival(at=silos.clock.now(), event_id=uuid4().hex))
