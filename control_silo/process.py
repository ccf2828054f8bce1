"""Control's processes: what runs together, started in order and stopped in the reverse."""

import contextlib

from control_silo.bootstrap import (
    make_api,
    make_health_reporter,
    make_sender,
    make_worker,
    pass_over_seen_ids,
    refuse_newer,
    start_server,
)
from control_silo.config import ControlConfig
from control_silo.services.control import Control
from control_silo.services.owner_mail import OwnerMails
from shared.http.client_address import Proxies
from shared.http.connections import Connections
from shared.http.serve import HttpServer
from shared.process import Together


class ControlServe:
    """gRPC, HTTP, and a worker unless told otherwise."""

    def __init__(self, control: Control, config: ControlConfig, *, with_worker: bool) -> None:
        """Args:
        control: database, clock, way to the regions.
        config: of the process.
        with_worker: whether this process delivers what changed.
        """
        self._control = control
        self._config = config
        self._with_worker = with_worker
        self._started = contextlib.ExitStack()

    def start(self) -> None:
        control, started = self._control, self._started
        started.callback(control.database.close)
        refuse_newer(control.database)
        started.callback(control.regions.close)
        control.keys.start()
        started.callback(control.keys.stop)
        pass_over_seen_ids(control)
        serving = Together()
        started.callback(serving.stop)
        connections = Connections(proxies=Proxies(self._config.trusted_proxies))
        http = HttpServer(make_api(control, self._config), listen=self._config.http_listen, connections=connections)
        serving.add(http.stop)
        server = start_server(control, self._config)
        serving.add(server.stop)
        http.start()
        started.callback(control.outgoing.close)  # first of all, since requests wait for it
        if self._with_worker:
            tells = make_worker(control, compare_seconds=self._config.compare_seconds)
            for worker in (tells, make_sender(control), make_health_reporter(control), OwnerMails(control)):
                worker.start()
                serving.add(worker.stop)

    def stop(self) -> None:
        self._started.close()


class ControlWork:
    """A worker alone."""

    def __init__(self, control: Control, *, compare_seconds: int) -> None:
        """Args:
        control: database, clock, way to the regions.
        compare_seconds: between comparisons of what a region holds; 0: none.
        """
        self._control = control
        tells = make_worker(control, compare_seconds=compare_seconds)
        self._workers = (tells, make_sender(control), make_health_reporter(control), OwnerMails(control))

    def start(self) -> None:
        refuse_newer(self._control.database)
        self._control.keys.start()
        for worker in self._workers:
            worker.start()

    def stop(self) -> None:
        self._control.outgoing.close()
        working = Together()
        for worker in self._workers:
            working.add(worker.stop)
        working.stop()
        self._control.regions.close()
        self._control.keys.stop()
        self._control.database.close()
