"""Apps and installations by the names that paths give them: from the replicas, else as control says.

Owns that order, which makes what was created a moment ago known here before its replica is. Makes calls, so never
inside a session or transaction.
"""

import contextlib
from collections.abc import Iterator

from region_silo.services.find_app import components_of_app, get_app, get_app_by_slug
from region_silo.services.find_installation import installations_matching
from region_silo.services.held import NotHeld, is_local
from region_silo.services.region import Region
from region_silo.services.way_to_control import WayToControl
from shared.config import CONTROL
from shared.domain.path_key import path_key
from shared.errors import (
    AppNotFound,
    DeadlineExceeded,
    InstallationNotFound,
    SiloUnreachable,
    Unauthenticated,
    Unavailable,
)
from shared.pb.hybridcloud.apps.v1 import (
    app_calls_pb2,
    app_pb2,
    app_service_pb2_grpc,
    component_calls_pb2,
    installation_calls_pb2,
    installation_pb2,
)
from shared.rpc.aliases import Channel

ASK_SECONDS = 2.0
"""How long control may take."""
MAX_UUID_CHARACTERS = 64


class AppReader:
    """Reads apps and installations; safe to share between threads."""

    def __init__(self, region: Region, control: Channel, *, way: WayToControl | None = None) -> None:
        """Args:
        region: whose replicas are read.
        control: the channel to control.
        way: bounds the calls to control; None: a way of its own.
        """
        self._region = region
        self._control = app_service_pb2_grpc.AppServiceStub(control)
        self._way = way or WayToControl(region.clock)

    def get_app(self, id_or_slug: str) -> app_pb2.RpcSentryApp:
        """An app.

        Raises:
            AppNotFound: there is none.
            SiloUnreachable: only control could tell, and it is away.
        """
        key = path_key(id_or_slug)
        if not key:
            raise AppNotFound
        database = self._region.database
        try:
            return get_app(database, key) if isinstance(key, int) else get_app_by_slug(database, key)
        except NotHeld:
            return self._ask_for_app(key)

    def component_types(self, app_id: int) -> list[str]:
        """The types of an app's components, in the order of its schema; [] when there is no such app.

        Raises:
            SiloUnreachable: only control could tell, and it is away.
        """
        try:
            components = components_of_app(self._region.database, app_id)
        except NotHeld:
            request = component_calls_pb2.FindAppComponentsRequest(app_id=app_id)
            with _reaching_control(self._way):
                components = list(self._control.FindAppComponents(request, timeout=ASK_SECONDS).components)
        return [component.type for component in components]

    def get_installation(self, uuid: str) -> installation_pb2.RpcSentryAppInstallation:
        """An installation in one of this region's organizations, of any status, with its app.

        Raises:
            InstallationNotFound: there is none.
            SiloUnreachable: only control could tell, and it is away.
        """
        if not uuid or len(uuid) > MAX_UUID_CHARACTERS or not uuid.isprintable():
            raise InstallationNotFound
        return self._get_installation(installation_pb2.SentryAppInstallationFilter(uuids=[uuid]))

    def get_installation_by_id(self, installation_id: int) -> installation_pb2.RpcSentryAppInstallation:
        """As ``get_installation``."""
        return self._get_installation(installation_pb2.SentryAppInstallationFilter(installation_ids=[installation_id]))

    def _get_installation(
        self, conditions: installation_pb2.SentryAppInstallationFilter
    ) -> installation_pb2.RpcSentryAppInstallation:
        try:
            found = installations_matching(self._region.database, conditions)
        except NotHeld:
            found = []
        if not found or not found[0].HasField("sentry_app"):
            found = self._ask_for_installations(conditions)
        if not found or not self._is_local(found[0].organization_id):
            raise InstallationNotFound
        return found[0]

    def _is_local(self, organization_id: int) -> bool:
        with self._region.database.session():
            return is_local(self._region.database, organization_id)

    def _ask_for_app(self, key: int | str) -> app_pb2.RpcSentryApp:
        with _reaching_control(self._way):
            answer = (
                self._control.GetSentryAppById(app_calls_pb2.GetSentryAppByIdRequest(id=key), timeout=ASK_SECONDS)
                if isinstance(key, int)
                else self._control.GetSentryAppBySlug(
                    app_calls_pb2.GetSentryAppBySlugRequest(slug=key), timeout=ASK_SECONDS
                )
            )
        if not answer.HasField("sentry_app"):
            raise AppNotFound
        return answer.sentry_app

    def _ask_for_installations(
        self, conditions: installation_pb2.SentryAppInstallationFilter
    ) -> list[installation_pb2.RpcSentryAppInstallation]:
        request = installation_calls_pb2.GetManyRequest(filter=conditions)
        with _reaching_control(self._way):
            return list(self._control.GetMany(request, timeout=ASK_SECONDS).installations)


@contextlib.contextmanager
def _reaching_control(way: WayToControl) -> Iterator[None]:
    """A control that refuses this silo's signature is as good as away; the client must not be accused of it."""
    try:
        with way.asking():
            yield
    except (Unavailable, DeadlineExceeded, Unauthenticated) as exc:
        raise SiloUnreachable(metadata={"silo": CONTROL}) from exc
