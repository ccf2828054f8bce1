"""Where the golden story plays: control and one region over HTTP, people, and a third party's server."""

import contextlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import control_silo.bootstrap
import region_silo.bootstrap
from control_silo.api.application import list_endpoints as list_control_endpoints
from control_silo.services.user import NewUser
from region_silo.api.application import list_endpoints as list_region_endpoints
from shared.domain.peer import CONTROL
from shared.domain.scopes import Role
from tests.contract.rest.exchange import Exchange, Naming, Templates, json_of
from tests.http_silos import HttpSilos, serving_http
from tests.integration.third_party import ThirdPartyApp, running_app
from tests.silos import Silos, running_silos

REGION = "us"
TEMPLATES = {CONTROL: Templates(list_control_endpoints()), REGION: Templates(list_region_endpoints())}


class Stage:
    """Asks, and keeps every exchange under the silo whose endpoint it is."""

    def __init__(self, silos: Silos, http: HttpSilos, third_party: ThirdPartyApp) -> None:
        self.silos = silos
        self.http = http
        self.third_party = third_party
        self.naming = Naming()
        self.exchanges: dict[str, list[Exchange]] = {CONTROL: [], REGION: []}
        self._users: dict[str, NewUser] = {}
        self._tokens: dict[str, str] = {}
        for url, name in ((http.url(CONTROL), CONTROL), (http.url(REGION), REGION), (third_party.url, "app")):
            self.naming.name(url, name)
            self.naming.name(url.removeprefix("http://"), f"{name} address")

    def has_user(self, name: str, user: NewUser) -> None:
        self._users[name] = user

    def has_token(self, name: str, token: str) -> None:
        self._tokens[name] = token

    def ask(
        self,
        of: str,
        method: str,
        path: str,
        body: Any = None,
        *,
        by: str = "owner",
        silo: str = CONTROL,
        password: tuple[str, str] | None = None,
    ) -> Any:
        """Sends one request, keeps it with its answer, and delivers what it changed.

        Args:
            of: the silo whose endpoint it is.
            method: of HTTP.
            path: below ``/api/0``.
            body: JSON; None for none.
            by: who asks: ``nobody``, a user, a user ``in a session``, or whoever has a token of that name.
            silo: whose address is asked; control forwards what is a region's.
            password: e-mail and password of who signs in.
        """
        content = None if body is None else json.dumps(body)
        headers = self._credentials(by) | ({} if body is None else {"Content-Type": "application/json"})
        answer = self.http.call(method, silo, f"/api/0{path}", content=content, headers=headers, auth=password)
        found = json_of(answer)
        exchange = Exchange(
            endpoint=f"{method} {TEMPLATES[of].endpoint(method, path).path}",
            request=f"{method} {path} by {by}" + ("" if silo == CONTROL else f", at {silo}"),
            body=body,
            status=answer.status_code,
            link=answer.headers.get("link"),
            answer=found,
        )
        self.exchanges[of].append(exchange)
        self.silos.replicate()
        return found

    def send_webhooks(self) -> None:
        """Sends every delivery that is due, and keeps what was answered."""
        for sender in (
            control_silo.bootstrap.make_sender(self.silos.control),
            region_silo.bootstrap.make_sender(self.silos.regions[REGION].region),
        ):
            while sender.send_due():
                sender.wait()
                sender.settle_ended()

    def _credentials(self, by: str) -> dict[str, str]:
        if by == "nobody":
            return {}
        if by.endswith(" in a session"):
            return {"cookie": f"sentrysid={self._users[by.removesuffix(' in a session')].session_key}"}
        return {"authorization": f"Bearer {self._tokens[by] if by in self._tokens else self._users[by].token}"}


@contextlib.contextmanager
def open_stage(new_database_url: Callable[[], str]) -> Iterator[Stage]:
    """Acme in the region, its owner and a member, and a superuser."""
    with running_silos(new_database_url, regions=(REGION,)) as silos, running_app() as app, serving_http(silos) as http:
        stage = Stage(silos, http, app)
        stage.has_user("superuser", http.create_user("root@silo.example", is_superuser=True))
        silos.create_organization("acme", region=REGION)
        for role in (Role.OWNER, Role.MEMBER):
            stage.has_user(role, http.create_user(f"{role}@acme.example", organization="acme", role=role))
        silos.replicate()
        yield stage
