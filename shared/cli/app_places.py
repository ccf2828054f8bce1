"""In which silos an app is known, and where it is installed. Asks control and every region, side by side, over gRPC."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from shared.cli.access import Access
from shared.config import CONTROL
from shared.errors import SiloError
from shared.pb.hybridcloud.apps.v1 import app_service_pb2, app_service_pb2_grpc, installation_pb2

_TIMEOUT_SECONDS = 3.0


@dataclass(frozen=True)
class Place:
    """One silo."""

    silo: str
    is_known: bool | None
    """None: the silo does not answer."""
    installations: Sequence[installation_pb2.RpcSentryAppInstallation] = ()

    def rows(self) -> Iterator[tuple[object, ...]]:
        """One row per installation, and one for a silo without any."""
        if not self.installations:
            yield self.silo, self.is_known, None, None, None
        for each in self.installations:
            yield self.silo, self.is_known, each.uuid, each.organization_id, each.status

    def as_json(self) -> dict[str, Any]:
        installations = [
            {"uuid": each.uuid, "organizationId": each.organization_id, "status": each.status}
            for each in self.installations
        ]
        return {"silo": self.silo, "known": self.is_known, "installations": installations}


def list_places(access: Access, slug: str) -> list[Place]:
    """Control first, then the regions by name."""
    silos = {CONTROL: access.control_grpc, **dict(sorted(access.all_regions().items()))}
    with ThreadPoolExecutor(len(silos)) as pool:
        return list(pool.map(lambda silo: _ask(access, silo, silos[silo], slug), silos))


def _ask(access: Access, silo: str, address: str, slug: str) -> Place:
    with access.channel(silo, address=address) as channel:
        stub = app_service_pb2_grpc.AppServiceStub(channel)
        by_slug = app_service_pb2.GetSentryAppBySlugRequest(slug=slug)
        try:
            known = stub.GetSentryAppBySlug(by_slug, timeout=_TIMEOUT_SECONDS)
            if not known.HasField("sentry_app"):
                return Place(silo, is_known=False)
            wanted = installation_pb2.SentryAppInstallationFilter(app_ids=[known.sentry_app.id])
            found = stub.GetMany(app_service_pb2.GetManyRequest(filter=wanted), timeout=_TIMEOUT_SECONDS)
        except SiloError:
            return Place(silo, is_known=None)
    return Place(silo, is_known=True, installations=list(found.installations))
