"""A region's processes: what runs together, started in order and stopped in the reverse."""

import contextlib
from collections.abc import Callable

from region_silo.bootstrap import (
    make_api,
    make_health_reporter,
    make_registration,
    make_sender,
    make_worker,
    refuse_newer,
    start_server,
)
from region_silo.config import RegionConfig
from region_silo.services.control import ControlClient
from region_silo.services.metric_firing import MetricWatch
from region_silo.services.region import Region
from region_silo.services.registration import Addresses
from shared.domain.http_address import registered_address
from shared.errors import SiloError
from shared.http.client_address import Proxies
from shared.http.connections import Connections
from shared.http.serve import HttpServer
from shared.process import Together


class RegionServe:
    """gRPC, HTTP, registration with control, and a worker unless told otherwise."""

    def __init__(
        self,
        region: Region,
        config: RegionConfig,
        *,
        control: ControlClient,
        with_worker: bool,
        refused: Callable[[SiloError], None],
    ) -> None:
        """Args:
        region: name, database, clock.
        config: of the process.
        control: the way to control.
        with_worker: whether this process delivers what changed here.
        refused: called when control will never accept this region.
        """
        self._region = region
        self._config = config
        self._control = control
        self._with_worker = with_worker
        self._refused = refused
        self._started = contextlib.ExitStack()

    def start(self) -> None:
        region, config, started = self._region, self._config, self._started
        # First to be called back last: whatever is stopped before still needs the database.
        started.callback(region.close)
        # Before anything is served: an older release does not know what a newer one keeps there.
        refuse_newer(region.database)
        started.callback(self._control.close)
        # Keys that are added or revoked in another process are seen by this one from here on.
        region.keys.start()
        started.callback(region.keys.stop)
        serving = Together()
        started.callback(serving.stop)
        connections = Connections(proxies=Proxies(config.trusted_proxies))
        http = HttpServer(
            make_api(region, config, control=self._control), listen=config.http_listen, connections=connections
        )
        serving.add(http.stop)
        server = start_server(region, config, control=self._control)
        serving.add(server.stop)
        # Listening before control knows of it: what it then sends finds somebody.
        http.start()
        started.callback(region.outgoing.close)  # first of all, since requests wait for it
        # After both servers, whose ports it tells: with port 0 they are known only now.
        registration = make_registration(region, control=self._control, refused=self._refused)
        registration.start(
            Addresses(
                grpc_address=_reachable(config.advertised_grpc, server.address),
                http_address=registered_address(_reachable(config.advertised_http, http.address)),
            )
        )
        serving.add(registration.stop)
        # Last: it calls apps and control, which may call back at once.
        if self._with_worker:
            tells = make_worker(region, control=self._control, compare_seconds=config.compare_seconds)
            reporter = make_health_reporter(region, control=self._control)
            for worker in (tells, make_sender(region), reporter, MetricWatch(region)):
                worker.start()
                serving.add(worker.stop)

    def stop(self) -> None:
        self._started.close()


class RegionWork:
    """A worker alone."""

    def __init__(self, region: Region, *, control: ControlClient, compare_seconds: int) -> None:
        """Args:
        region: name, database, clock.
        control: the way to control.
        compare_seconds: between comparisons of what control holds; 0: none.
        """
        self._region = region
        self._control = control
        tells = make_worker(region, control=control, compare_seconds=compare_seconds)
        reporter = make_health_reporter(region, control=control)
        self._workers = (tells, make_sender(region), reporter, MetricWatch(region))

    def start(self) -> None:
        refuse_newer(self._region.database)
        self._region.keys.start()
        for worker in self._workers:
            worker.start()

    def stop(self) -> None:
        # First: calls to apps under way end, for which the sender would else wait.
        self._region.outgoing.close()
        working = Together()
        for worker in self._workers:
            working.add(worker.stop)
        working.stop()
        self._control.close()
        self._region.keys.stop()
        self._region.close()


def _reachable(advertised: str, bound: str) -> str:
    """The advertised address, or what was bound when it leaves the port open."""
    # With port 0 the system chooses one, in tests and in `silo up`.
    return bound if advertised.endswith(":0") else advertised
