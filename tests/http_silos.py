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

from control_silo.models.app import SentryApp
from control_silo.models.application import ApiToken
from control_silo.models.installation import SentryAppInstallation
from control_silo.services.internal_token import NewToken, create_internal_token
from control_silo.services.secret import LAST_CHARACTERS, hash_token, new_token
from control_silo.services.user import NewUser, UserCreator
from shared.domain.scopes import Role
from shared.testing.http import HttpServers
from tests.silos import Silos


class HttpSilos(HttpServers):
    """Control and the regions, each on a port of its own, and a client of them."""

    def __init__(self, silos: Silos) -> None:
        self.silos = silos
        self._client = httpx.Client(timeout=20, trust_env=False)
        super().__init__(silos)

    def close(self) -> None:
        self._client.close()
        super().close()

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


@contextlib.contextmanager
def serving_http(silos: Silos) -> Iterator[HttpSilos]:
    """HTTP servers of all silos, until the block ends."""
    web = HttpSilos(silos)
    try:
        yield web
    finally:
        web.close()
