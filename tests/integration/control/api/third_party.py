"""An app as its developer sees it: what it was given when it was made and installed, and what it sends for a token."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import jwt

from tests.integration.control.api.world import KANBAN, Caller, World

JWT_GRANT = "urn:sentry:params:oauth:grant-type:jwt-bearer"


@dataclass(frozen=True)
class ThirdParty:
    """The app, installed once."""

    world: World
    client_id: str
    client_secret: str
    uuid: str
    code: str

    @property
    def path(self) -> str:
        return f"/sentry-app-installations/{self.uuid}/authorizations/"

    def send(self, **fields: Any) -> httpx.Response:
        """With the client's own id and secret, unless ``fields`` say otherwise."""
        return self.world.nobody.post(
            self.path, {"client_id": self.client_id, "client_secret": self.client_secret} | fields
        )

    def exchange(self, **fields: Any) -> httpx.Response:
        return self.send(**{"grant_type": "authorization_code", "code": self.code} | fields)

    def refresh(self, refresh_token: Any, **fields: Any) -> httpx.Response:
        return self.send(**{"grant_type": "refresh_token", "refresh_token": refresh_token} | fields)

    def send_jwt(self, token: str) -> httpx.Response:
        headers = {"authorization": f"Bearer {token}"}
        return self.world.client.post(f"/api/0{self.path}", json={"grant_type": JWT_GRANT}, headers=headers)

    def sign(self, *, secret: str | None = None, algorithm: str = "HS256", **claims: Any) -> str:
        """A JWT as the documentation tells apps to make it; None leaves a claim out."""
        now = self.world.clock.now().timestamp()
        said = {"iss": self.client_id, "sub": self.client_id, "iat": now, "exp": now + 60, "jti": uuid4().hex} | claims
        kept = {name: value for name, value in said.items() if value is not None}
        return jwt.encode(kept, self.client_secret if secret is None else secret, algorithm=algorithm)

    def acting(self, token: str) -> Caller:
        """The app with a token."""
        return Caller(self.world.client, {"authorization": f"Bearer {token}"})

    def works(self, token: str) -> bool:
        """Whether a token is accepted."""
        return self.acting(token).get(f"/sentry-app-installations/{self.uuid}/").status_code == 200


def install_kanban(world: World, *, name: str = "Acme Kanban") -> ThirdParty:
    """A public app that wants to verify its installations, made by acme and installed there."""
    made = world.person().post("/sentry-apps/", {**KANBAN, "name": name}).json()
    return install_in(world, made, organization="acme")


def install_in(world: World, made: dict[str, Any], *, organization: str) -> ThirdParty:
    """An app as it was answered when it was made, installed in an organization."""
    path = f"/organizations/{organization}/sentry-app-installations/"
    installed = world.superuser().post(path, {"slug": made["slug"]}).json()
    return ThirdParty(world, made["clientId"], made["clientSecret"], installed["uuid"], installed["code"])
