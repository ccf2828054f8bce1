"""HTTP servers of silos that run in this process, each on a port of its own on loopback."""

from typing import Any

from fastapi import FastAPI

import control_silo.bootstrap
import region_silo.bootstrap
from shared.domain.peer import CONTROL
from shared.http.serve import HttpServer
from shared.testing.silos import RunningSilos


class HttpServers:
    """What control and the regions serve to clients."""

    def __init__(self, silos: RunningSilos) -> None:
        self._silos = silos
        self._servers: dict[str, HttpServer] = {}
        for name in (*silos.regions, CONTROL):
            self.start(name)

    def start(self, silo: str, *, listen: str = "127.0.0.1:0", **settings: Any) -> None:
        """Serves HTTP; a region tells control where.

        Args:
            silo: its name.
            listen: ``host:port``; port 0 is another one than before.
            settings: fields of its configuration that differ from the usual ones.
        """
        server = HttpServer(self._application(silo, settings), listen=listen)
        server.start()
        self._servers[silo] = server
        if silo != CONTROL:
            self._silos.register(silo, http_address=server.address)

    def stop(self, silo: str) -> None:
        """Takes a silo's HTTP away."""
        self._servers.pop(silo).stop()

    def close(self) -> None:
        for silo in list(self._servers):
            self.stop(silo)

    def url(self, silo: str) -> str:
        return f"http://{self._servers[silo].address}"

    def _application(self, silo: str, settings: dict[str, Any]) -> FastAPI:
        if silo == CONTROL:
            config = self._silos.control_config.model_copy(update=settings)
            return control_silo.bootstrap.make_api(self._silos.control, config)
        running = self._silos.regions[silo]
        config_of_region = running.config.model_copy(update=settings)
        return region_silo.bootstrap.make_api(running.region, config_of_region, control=running.control)
