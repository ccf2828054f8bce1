"""Seventy-two apps with schemas as large as they may be: together more than a message, in pages nothing special."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from control_silo.models.region import OrganizationReplica
from shared.app_service.pages import every_page
from shared.domain.component_schema import MAX_SCHEMA_BYTES
from shared.errors import SiloError
from shared.pb.hybridcloud.apps.v1.component_calls_pb2 import (
    GetComponentContextsRequest,
    GetInstallationComponentContextsRequest,
)
from shared.pb.hybridcloud.apps.v1.installation_pb2 import SentryAppInstallationFilter
from tests.silos import Silos, running_silos

APPS = 72
_LABEL = "x" * (MAX_SCHEMA_BYTES - 1000)
SCHEMA: dict[str, Any] = {
    "elements": [
        {
            "type": "issue-link",
            "link": {"uri": "/link", "required_fields": [{"type": "text", "name": "a", "label": _LABEL}]},
            "create": {"uri": "/create", "required_fields": [{"type": "text", "name": "b", "label": "B"}]},
        }
    ]
}


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Silos, OrganizationReplica]]:
    """Silos in which an organization of us has installed so many."""
    folder: Path = tmp_path_factory.mktemp("crowded")
    numbers = iter(range(10))
    with running_silos(lambda: f"sqlite:///{folder}/{next(numbers)}.db", regions=("us",)) as silos:
        acme = silos.create_organization("acme", region="us")
        creator = silos.create_user("owner@acme.example", organization_id=acme.id)
        for number in range(APPS):
            silos.create_app(f"App {number}", owner=acme, creator=creator, is_internal=True, schema=SCHEMA)
        silos.replicate()
        yield silos, acme


@pytest.mark.parametrize("silo", ["control", "us"])
@pytest.mark.parametrize("kind", [GetComponentContextsRequest, GetInstallationComponentContextsRequest])
def test_what_is_larger_than_a_message_is_read_in_pages(
    crowded: tuple[Silos, OrganizationReplica], kind: type[Any], silo: str
) -> None:
    silos, acme = crowded
    request = kind(filter=SentryAppInstallationFilter(organization_id=acme.id), component_type="issue-link")
    with pytest.raises(SiloError):
        silos.ask(silo, request)
    pages = list(every_page(request, lambda each: silos.ask(silo, each)))
    assert len(pages) > 1
    apps = [each.installation.sentry_app.id for page in pages for each in page.contexts]
    assert len(set(apps)) == len(apps) == APPS
