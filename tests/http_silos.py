"""The silos of ``tests.silos`` behind HTTP servers of their own, as processes run them, and callers with credentials.

Usage:

    with serving_http(silos) as web:
        web.get("control", "/api/0/organizations/", token=token)
        web.stop("us")
"""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import httpx
from fastapi import FastAPI

import control_silo.bootstrap
import region_silo.bootstrap
from control_silo.models.app import SentryApp
from control_silo.models.application import ApiToken
from control_silo.models.installation import SentryAppInstallation
from control_silo.services.internal_token import NewToken, create_internal_token
from control_silo.services.secret import LAST_CHARACTERS, hash_token, new_token
from control_silo.services.user import NewUser, UserCreator
from shared.domain.peer import CONTROL
from shared.domain.scopes import Role
from shared.http.serve import HttpServer
from tests.silos import Silos


class HttpSilos:
    """Control and the regions, each on a port of its own."""

    def __init__(self, silos: Silos) -> None:
        self.silos = silos
        self._servers: dict[str, HttpServer] = {}
        self._client = httpx.Client(timeout=20, trust_env=False)
        for name in (*silos.regions, CONTROL):
            self.start(name)

    def start(self, silo: str, **settings: Any) -> None:
        """Serves HTTP, on another port than before; a region tells control where.

        Args:
            silo: its name.
            settings: fields of its configuration that differ from the usual ones.
        """
        server = HttpServer(self._application(silo, settings), listen="127.0.0.1:0")
        server.start()
        self._servers[silo] = server
        if silo != CONTROL:
            self.silos.register(silo, http_address=server.address)

    def stop(self, silo: str) -> None:
        """Takes a silo's HTTP away."""
        self._servers.pop(silo).stop()

    def close(self) -> None:
        self._client.close()
        for silo in list(self._servers):
            self.stop(silo)

    def url(self, silo: str) -> str:
        return f"http://{self._servers[silo].address}"

    def get(self, silo: str, path: str, **kwargs: Any) -> httpx.Response:
        return self.call("GET", silo, path, **kwargs)

    def call(
        self, method: str, silo: str, path: str, *, token: str = "", session: str = "", **kwargs: Any
    ) -> httpx.Response:
        """One request, with a bearer token, a session or neither."""
        headers = dict(kwargs.pop("headers", {}))
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if session:
            headers["Cookie"] = f"sentrysid={session}"
        return self._client.request(method, self.url(silo) + path, headers=headers, **kwargs)

    def create_user(self, email: str, *, organization: str | None = None, **fields: Any) -> NewUser:
        """A person with a token and a session; an owner unless ``fields`` say otherwise."""
        fields = {"role": Role.OWNER, "password": "correct horse"} | fields
        return UserCreator(email=email, organization=organization, **fields).run(self.silos.control)

    def create_token(self, user_id: int, scopes: Sequence[str]) -> str:
        """Another token of a person, which allows only these scopes."""
        token = new_token()
        with self.silos.control.database.transaction():
            ApiToken.create(
                user=user_id,
                token_hash=hash_token(token),
                token_last_characters=token[-LAST_CHARACTERS:],
                scope_list=list(scopes),
                created_at=self.silos.clock.now(),
            )
        return token

    def create_app_token(self, app: SentryApp) -> NewToken:
        """A token of an internal app, not yet replicated."""
        with self.silos.control.database.transaction() as tx:
            installation = SentryAppInstallation.get(SentryAppInstallation.sentry_app == app)
            return create_internal_token(tx, app, installation, now=self.silos.clock.now())

    def _application(self, silo: str, settings: dict[str, Any]) -> FastAPI:
        if silo == CONTROL:
            config = self.silos.control_config.model_copy(update=settings)
            return control_silo.bootstrap.make_api(self.silos.control, config)
        running = self.silos.regions[silo]
        config_of_region = running.config.model_copy(update=settings)
        return region_silo.bootstrap.make_api(running.region, config_of_region, control=running.control)


@contextlib.contextmanager
def serving_http(silos: Silos) -> Iterator[HttpSilos]:
    """HTTP servers of all silos, until the block ends."""
    web = HttpSilos(silos)
    try:
        yield web
    finally:
        web.close()
