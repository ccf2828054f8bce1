"""What each region holds of an app: its replica's version, and those of its installations.

Owns asking for replicas alone. `AppService` of a region would not do: it asks control for what the region lacks.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from shared.app_service.pages import every_page
from shared.cli.access import Access
from shared.cli.organizations import list_organizations
from shared.domain.peer import CONTROL
from shared.errors import SiloError
from shared.outbox.digest import BUCKETS
from shared.pb.hybridcloud.apps.v1 import app_service_pb2, app_service_pb2_grpc, installation_pb2
from shared.pb.hybridcloud.replication.v1 import replica_pb2, replica_service_pb2, replica_service_pb2_grpc

_TIMEOUT_SECONDS = 3.0
_PAGE_SIZE = 5000


@dataclass(frozen=True)
class Installation:
    """An installation as control has it."""

    id: int
    uuid: str
    organization: str
    """Slug; the id in text where control does not know the organization."""
    status: str


@dataclass(frozen=True)
class AppReplica:
    """One region."""

    region: str
    is_reachable: bool
    version: int | None = None
    """The version of the app's replica; None: the region holds none, or does not answer."""
    installations: Sequence[Installation] = ()
    """Those that it holds replicas of."""

    def as_json(self) -> dict[str, Any]:
        return {
            "reachable": self.is_reachable,
            "version": self.version,
            "installations": [
                {"uuid": each.uuid, "organization": each.organization, "status": each.status}
                for each in self.installations
            ],
        }


def list_replicas(access: Access, slug: str) -> list[AppReplica]:
    """What every region holds, by name.

    Raises:
        SiloError: control does not answer.
    """
    app_id, installations = _ask_control(access, slug)
    regions = dict(sorted(access.all_regions().items()))
    # All at once, so that one that is away costs its timeout and not the others theirs.
    with ThreadPoolExecutor(max(1, len(regions))) as pool:
        return list(pool.map(lambda region: _ask_region(access, region, app_id, installations), regions))


def _ask_control(access: Access, slug: str) -> tuple[int, Sequence[Installation]]:
    slugs = {organization.id: organization.slug for organization in list_organizations(access)}
    with access.channel(CONTROL) as channel:
        stub = app_service_pb2_grpc.AppServiceStub(channel)
        app = stub.GetSentryAppBySlug(app_service_pb2.GetSentryAppBySlugRequest(slug=slug)).sentry_app
        wanted = installation_pb2.SentryAppInstallationFilter(app_ids=[app.id])
        pages = every_page(app_service_pb2.GetManyRequest(filter=wanted), stub.GetMany)
        return app.id, [_installation(each, slugs) for page in pages for each in page.installations]


def _installation(found: installation_pb2.RpcSentryAppInstallation, slugs: Mapping[int, str]) -> Installation:
    organization = slugs.get(found.organization_id, str(found.organization_id))
    return Installation(id=found.id, uuid=found.uuid, organization=organization, status=found.status)


def _ask_region(access: Access, region: str, app_id: int, installations: Sequence[Installation]) -> AppReplica:
    try:
        versions = _held(access, region, replica_pb2.CATEGORY_APP, [app_id])
        # Asked of each region, though most live elsewhere: what a region holds wrongly would else not be seen.
        ids = [installation.id for installation in installations]
        held = _held(access, region, replica_pb2.CATEGORY_INSTALLATION, ids) if ids else {}
    except SiloError:
        return AppReplica(region, is_reachable=False)
    return AppReplica(
        region,
        is_reachable=True,
        version=versions.get(app_id),
        installations=[installation for installation in installations if installation.id in held],
    )


def _held(access: Access, region: str, category: "replica_pb2.Category", ids: Sequence[int]) -> dict[int, int]:
    """Versions of the replicas that a region holds of some objects, by id."""
    request = replica_service_pb2.ListVersionsRequest(
        # The contract lists versions by bucket; what else is in these is passed over below.
        category=category,
        buckets=sorted({object_id % BUCKETS for object_id in ids}),
        page_size=_PAGE_SIZE,
    )
    wanted = set(ids)
    held: dict[int, int] = {}
    with access.channel(region) as channel:
        stub = replica_service_pb2_grpc.ReplicaServiceStub(channel)
        while True:
            page = stub.ListVersions(request, timeout=_TIMEOUT_SECONDS)
            held |= {each.object_id: each.version for each in page.versions if each.object_id in wanted}
            if not page.next_page_token:
                return held
            request.page_token = page.next_page_token
