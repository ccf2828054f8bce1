"""The story itself: an app reaches the regions, a region dies while the writing goes on, returns, and is equal again.

Owns the order of events and what is measured. It runs on a platform of its own, since it kills a part of it.
"""

import statistics
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import Any

from shared.cli.access import Access
from shared.cli.compare import Comparer, Comparison
from shared.cli.local.readiness import wait_until_ready
from shared.cli.local.running_platform import RunningPlatform
from shared.cli.manifest import acme_kanban
from shared.cli.rest import RestClient
from shared.cli.status_report import read_status
from shared.cli.story.arrival import Observer
from shared.cli.story.view import Chapter, RegionScene, StoryView
from shared.domain.peer import CONTROL
from shared.errors import DeadlineExceeded
from shared.pb.hybridcloud.apps.v1 import app_service_pb2, app_service_pb2_grpc

OTHER_ORGANIZATION = "globex"
"""Lives in the region that is lost."""
# Enough for a median that one slow disk write does not move, and over in a second.
RENAMES = 20
_MANIFEST = acme_kanban("https://kanban.acme.example")
"""An app that nobody can call: the story is one of replicas."""
CATCH_UP_SECONDS = 60.0
_LOOK_SECONDS = 0.02
# Asking all silos for their status takes longer than making an app.
_SHOW_EVERY = 20


@dataclass(frozen=True)
class Ending:
    """How the story ended."""

    lag_seconds: Mapping[str, Sequence[float]]
    """From control's answer until a region showed it, of each rename, by region; negative: shown before the answer."""
    lost_region: str
    written: int
    """Apps made while it was away."""
    catch_up_seconds: float
    """From its return, healthy, until it had everything."""
    comparisons: Sequence[Comparison]

    @property
    def is_happy(self) -> bool:
        return all(comparison.is_equal for comparison in self.comparisons)

    def as_json(self) -> dict[str, Any]:
        return {
            "equal": self.is_happy,
            "lag_seconds": {
                region: {"p50": statistics.median(lags), "max": max(lags)} for region, lags in self.lag_seconds.items()
            },
            "lost_region": self.lost_region,
            "written": self.written,
            "catch_up_seconds": self.catch_up_seconds,
            "comparisons": [comparison.as_json() for comparison in self.comparisons],
        }


def tell_story(platform: RunningPlatform, view: StoryView, *, apps: int) -> Ending:
    """Tells it.

    Args:
        platform: runs, and holds nothing yet but its first organization.
        view: where it is shown.
        apps: how many to make while a region is away.

    Raises:
        SiloError: something did not go as told.
    """
    topology = platform.topology
    access = Access(
        control_http=topology.control.http,
        control_grpc=topology.control.grpc,
        rpc_keys=topology.rpc_keys,
        regions={name: silo.grpc for name, silo in topology.regions.items()},
    )
    view.regions.update({name: RegionScene(is_up=True) for name in topology.regions})
    with RestClient(topology.control.http, token=topology.users["superuser"].token) as api:
        return _Story(platform, view, access, api).tell(apps)


class _Story:
    def __init__(self, platform: RunningPlatform, view: StoryView, access: Access, api: RestClient) -> None:
        self._platform = platform
        self._view = view
        self._access = access
        self._api = api
        self._regions = list(platform.topology.regions)
        self._lost = self._regions[-1]

    def tell(self, apps: int) -> Ending:
        with ExitStack() as stack:
            # Closed before a region is killed, to which it would have channels.
            observer = stack.enter_context(closing(Observer(self._access, self._regions)))
            slug = self._publish(observer)
            self._install(slug)
            lags = self._rename(observer, slug)
        # The last region: the first one has the organization that everything else is about.
        self._lose_region()
        self._keep_writing(slug, apps)
        self._read_meanwhile(slug)
        with closing(Comparer(self._access, self._regions)) as comparer:
            seconds = self._bring_back(comparer)
            comparisons = self._compare(comparer)
        return Ending(lags, self._lost, apps, seconds, comparisons)

    def _publish(self, observer: Observer) -> str:
        """Makes Acme Kanban, for everyone to install; answers its slug."""
        with self._view.chapter("Create and publish Acme Kanban") as chapter:
            owner = self._platform.topology.organization.slug
            made = self._api.post("/sentry-apps/", {**_MANIFEST, "organization": owner})
            # Published, so that every region holds it and not only its owner's.
            self._api.put(f"/sentry-apps/{made['slug']}/", {"status": "published"})
            answered = time.monotonic()
            arrived = observer.seconds_until_held(self._app_id(made["slug"]), since=answered)
            chapter.detail = "a replica is in " + _listed(arrived, lambda seconds: f"within {_ms(seconds)}")
        return str(made["slug"])

    def _app_id(self, slug: str) -> int:
        with self._access.channel(CONTROL) as channel:
            # The REST object of an app has no id, as the original's has none.
            stub = app_service_pb2_grpc.AppServiceStub(channel)
            return stub.GetSentryAppBySlug(app_service_pb2.GetSentryAppBySlugRequest(slug=slug)).sentry_app.id

    def _install(self, slug: str) -> None:
        with self._view.chapter("Install it in an organization of each region") as chapter:
            body = {"slug": OTHER_ORGANIZATION, "name": OTHER_ORGANIZATION.title(), "region": self._lost}
            self._api.post("/organizations/", body)
            organizations = (self._platform.topology.organization.slug, OTHER_ORGANIZATION)
            for organization in organizations:
                self._api.post(f"/organizations/{organization}/sentry-app-installations/", {"slug": slug})
            chapter.detail = f"in {' and '.join(organizations)}"

    def _rename(self, observer: Observer, slug: str) -> dict[str, list[float]]:
        lags: dict[str, list[float]] = {region: [] for region in self._regions}
        with self._view.chapter(f"Rename it {RENAMES} times, and watch each name arrive") as chapter:
            for number in range(1, RENAMES + 1):
                name = f"Acme Kanban {number}"
                arrived = observer.seconds_until_renamed(lambda name=name: self._name(slug, name), slug=slug, name=name)  # type: ignore[misc]
                for region, seconds in arrived.items():
                    lags[region].append(seconds)
                    self._view.regions[region].lag_seconds = max(0.0, seconds)
            chapter.detail = "shown " + _listed(lags, lambda each: after_answer(statistics.median(each)))
        return lags

    def _name(self, slug: str, name: str) -> None:
        self._api.put(f"/sentry-apps/{slug}/", {"name": name})

    def _lose_region(self) -> None:
        with self._view.chapter(f"kill -9 {self._lost}") as chapter:
            pid = self._platform.processes[self._lost].pid
            # SIGKILL: a region that ends in peace would prove nothing.
            self._platform.kill(self._lost)
            self._view.regions[self._lost].is_up = False
            chapter.detail = f"process {pid} is gone"

    def _keep_writing(self, slug: str, apps: int) -> None:
        with self._view.chapter(f"Keep writing: {apps} apps of an organization in {self._lost}") as chapter:
            started = time.monotonic()
            for number in range(1, apps + 1):
                name = f"Board {number}"
                self._api.post("/sentry-apps/", {**_MANIFEST, "name": name, "organization": OTHER_ORGANIZATION})
                if number % _SHOW_EVERY == 0:
                    # The same app again and again: its message stays one, however often it is written.
                    self._name(slug, f"Acme Kanban, while {self._lost} is away {number}")
                    chapter.detail = f"{number} of {apps}"
                    self._look_at_backlog()
            each = (time.monotonic() - started) / max(1, apps)
            chapter.detail = f"{_ms(each)} each; {self._view.regions[self._lost].backlog} objects wait for {self._lost}"

    def _read_meanwhile(self, slug: str) -> None:
        """The others serve what was written while one was away."""
        # With a new observer, whose channels are the reader's own.
        for region in self._regions[:-1]:
            with (
                self._view.chapter(f"Read in {region} meanwhile") as chapter,
                closing(Observer(self._access, [region])) as observer,
            ):
                chapter.detail = f"it calls the app {observer.name_of(region, slug)!r}"

    def _bring_back(self, comparer: Comparer) -> float:
        with self._view.chapter(f"Bring {self._lost} back") as chapter:
            self._platform.restart(self._lost)
            process = self._platform.processes[self._lost]
            # Counted from when it serves: how fast a Python process starts is not what is shown.
            wait_until_ready({self._lost: process}, self._access, report=lambda _: None)
            self._view.regions[self._lost].is_up = True
            healthy = time.monotonic()
            self._wait_until_equal(comparer)
            seconds = time.monotonic() - healthy
            chapter.detail = f"caught up {seconds:.1f} s after it was healthy"
        return seconds

    def _wait_until_equal(self, comparer: Comparer) -> None:
        deadline = time.monotonic() + CATCH_UP_SECONDS
        pause = threading.Event()
        # By digests and not by the backlog: a message that is gone does not prove that its replica is there.
        while not comparer.digests_are_equal():
            if time.monotonic() > deadline:
                raise DeadlineExceeded(f"{self._lost} had not caught up after {CATCH_UP_SECONDS:.0f} s.")
            self._look_at_backlog()
            pause.wait(_LOOK_SECONDS)
        self._look_at_backlog()

    def _look_at_backlog(self) -> None:
        for name, region in read_status(self._access).regions.items():
            self._view.regions[name].backlog = None if region.backlog is None else sum(region.backlog.values())

    def _compare(self, comparer: Comparer) -> list[Comparison]:
        with self._view.chapter("Compare every replica with its owner: versions and checksums") as chapter:
            comparisons = comparer.compare()
            _summarize(chapter, comparisons)
        return comparisons


def _summarize(chapter: Chapter, comparisons: Sequence[Comparison]) -> None:
    differing = sum(not comparison.is_equal for comparison in comparisons)
    objects = sum(comparison.held for comparison in comparisons)
    chapter.detail = f"{differing} of {len(comparisons)} DIFFER" if differing else f"all {objects} equal"


def _listed(values: Mapping[str, Any], shown: Callable[[Any], str]) -> str:
    return ", ".join(f"{name} {shown(value)}" for name, value in values.items())


def after_answer(seconds: float) -> str:
    """A lag, counted from control's answer, for people; a region that was first has none."""
    return f"{_ms(seconds)} after the answer" if seconds > 0 else "0 ms (already there when control answered)"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"
