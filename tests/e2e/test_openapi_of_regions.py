"""Whatever a region's documentation allows, and much that it does not, sent to real processes: never a 500."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
import sentry_sdk
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import one_of
from schemathesis import Case, GenerationMode

from region_silo.api.application import list_endpoints
from shared.http.application import PREFIX
from tests.e2e.silo_up import SiloUp, silo_up

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

ENDPOINTS = [
    pytest.param(each.method, f"{PREFIX}{each.path}", id=f"{each.method} {each.path}") for each in list_endpoints()
]
EXAMPLES = 6


class Region:
    """A region with one of everything that a path can name."""

    def __init__(self, up: SiloUp) -> None:
        users, self.url = up.topology["users"], up.topology["regions"]["us"]["http"]
        self.owner = {"Authorization": f"Bearer {users['owner']['token']}"}
        self.superuser = {"Cookie": f"sentrysid={users['superuser']['session']}"}
        project = up.silo("project", "create", "acme", "web", "--json").json
        client = sentry_sdk.Client(dsn=project["dsn"], default_integrations=False)
        event = client.capture_event({"message": "It broke", "level": "error"})
        client.close(timeout=10)
        [issue] = self._get("/organizations/acme/issues/").json()
        self.document = httpx.get(f"{self.url}/openapi.json", timeout=30).json()
        self.things = {
            "organization_id_or_slug": "acme",
            "project_id_or_slug": "web",
            "issue_id": issue["id"],
            "short_id": issue["shortId"],
            "event_id": event,
            **dict.fromkeys(("alert_rule_id", "comment_id", "external_issue_id", "rule_id"), "1"),
        }

    def _get(self, path: str) -> httpx.Response:
        return httpx.get(f"{self.url}/api/0{path}", headers=self.owner, timeout=30)


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Region]:
    with silo_up(tmp_path_factory.mktemp("region") / "data", "--region", "us") as up:
        yield Region(up)


@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
def test_a_region_answers_anything_without_an_error_of_its_own(region: Region, method: str, path: str) -> None:
    operation = schemathesis.openapi.from_dict(region.document).find_operation_by_path(method, path)
    assert operation is not None
    known = {name: value for name, value in region.things.items() if f"{{{name}}}" in path}
    misfits = operation.as_strategy(GenerationMode.NEGATIVE, path_parameters=known)

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
    @given(case=one_of(operation.as_strategy(path_parameters=known), misfits))
    def ask(case: Case[Any]) -> None:
        case.headers.pop("Authorization", None)
        case.cookies.clear()
        for headers in (region.owner, region.superuser):
            answer = case.call(base_url=region.url, headers=headers)
            assert answer.status_code < 500 or answer.status_code == 503, answer.text

    ask()
