"""What the original's own clients are shown: a project of acme's with an exception that a real SDK has caught."""

import inspect
from dataclasses import dataclass
from typing import Any

import httpx
import sentry_sdk

from tests.e2e.silo_up import SiloUp, eventually

RELEASE = "shop@1.1"
TITLE = "ZeroDivisionError: division by zero"


@dataclass(frozen=True)
class Raised:
    """The exception as it came in."""

    up: SiloUp
    project: str
    issue_id: str
    short_id: str
    event_id: str
    line: int
    """Where it was raised, in this file."""

    def read(self, path: str) -> Any:
        """What the API shows acme's owner at control."""
        headers = {"Authorization": f"Bearer {self.up.topology['users']['owner']['token']}"}
        answer = httpx.get(f"{self.up.place('control')['http']}/api/0{path}", headers=headers, timeout=30)
        assert answer.is_success, answer.text
        return answer.json()

    @property
    def issue(self) -> Any:
        """The issue as it is now."""
        return self.read(f"/organizations/acme/issues/{self.issue_id}/")


def raise_in(up: SiloUp, project: str) -> Raised:
    """Has an exception caught by the SDK and sent to a new project."""
    made = up.silo("project", "create", "acme", project, "--json").json
    client = sentry_sdk.Client(dsn=made["dsn"], release=RELEASE, environment="production", default_integrations=False)
    with sentry_sdk.new_scope() as scope:
        scope.set_client(client)
        scope.set_user({"id": "7", "email": "ann@shop.example"})
        scope.set_tag("color", "blue")
        event_id = str(scope.capture_exception(_caught()))
    client.close(timeout=10)
    found: list[Any] = []
    reading = Raised(up, project, "", "", event_id, 0)

    def is_listed() -> bool:
        found[:] = reading.read(f"/projects/acme/{project}/issues/")
        return bool(found)

    eventually(is_listed, within_seconds=30)
    line = inspect.getsourcelines(_pay)[1] + 2
    return Raised(up, project, found[0]["id"], found[0]["shortId"], event_id, line)


def _caught() -> ZeroDivisionError:
    try:
        _pay(0)
    except ZeroDivisionError as error:
        return error
    raise AssertionError("Nothing was raised.")


def _pay(quantity: int) -> float:
    """Fails on the line that the tests expect to be shown."""
    return 12 / quantity
