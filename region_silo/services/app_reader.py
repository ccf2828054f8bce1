"""Apps and installations by the names that paths give them: from the replicas, else as control says.

Owns that order, which makes what was created a moment ago known here before its replica is, and what the reader has
seen already never shown older. Makes calls, so never inside a session or transaction.
"""

import contextlib
from collections.abc import Callable
from typing import TypeVar

from region_silo.services.control import ControlClient
from region_silo.services.find_app import components_of_app, get_app, get_app_by_slug
from region_silo.services.find_installation import contexts_matching, installations_matching
from region_silo.services.held import NotHeld, is_local
from region_silo.services.installed_component import list_installed_components
from region_silo.services.region import Region
from shared.app_service.alert_component import ALERT_RULE_ACTION
from shared.app_service.pages import every_page
from shared.consistency import required
from shared.domain.app_status import SentryAppInstallationStatus
from shared.domain.component_definitions import ELEMENT_TYPES
from shared.domain.path_key import path_key
from shared.errors import AppNotFound, InstallationNotFound, ReplicaBehind, SiloUnreachable
from shared.pb.hybridcloud.apps.v1 import (
    app_calls_pb2,
    app_pb2,
    component_calls_pb2,
    component_pb2,
    installation_calls_pb2,
    installation_pb2,
)

MAX_UUID_CHARACTERS = 64

_INSTALLED = SentryAppInstallationStatus.as_str(SentryAppInstallationStatus.INSTALLED)

Context = component_pb2.RpcSentryAppComponentContext
_T = TypeVar("_T")


class AppReader:
    """Reads apps and installations; safe to share between threads.

    Every method raises ``SiloUnreachable`` when only control could tell, and it is away; ``ReplicaBehind`` when that is
    because the replicas are older than what the reader has seen.
    """

    def __init__(self, region: Region, control: ControlClient) -> None:
        """Args:
        region: whose replicas are read.
        control: knows every app.
        """
        self._region = region
        self._control = control

    def get_app(self, id_or_slug: str) -> app_pb2.RpcSentryApp:
        """An app.

        Raises:
            AppNotFound: there is none.
        """
        # A path names an app by number or by slug alike; replicas and control are asked by one or the other.
        key = path_key(id_or_slug)
        if not key:
            raise AppNotFound
        return self._read(lambda: self._find_app(key), ask=lambda: self._ask_for_app(key))

    def component_types(self, app_id: int) -> list[str]:
        """The types of an app's components, in the order of its schema; [] when there is no such app."""
        request = component_calls_pb2.FindAppComponentsRequest(app_id=app_id)
        components = self._read(
            lambda: components_of_app(self._region.database, app_id),
            ask=lambda: list(self._control.ask(self._control.apps.FindAppComponents, request).components),
        )
        return [component.type for component in components]

    def list_components(self, organization_id: int, *, component_type: str, offset: int, limit: int) -> list[Context]:
        """Components of the apps that an organization of this region has installed, oldest installation first.

        Args:
            organization_id: of the organization.
            component_type: only these; empty for all.
            offset: how many to skip.
            limit: how many at most.
        """

        def find() -> list[Context]:
            return list_installed_components(
                self._region, organization_id, component_type=component_type, offset=offset, limit=limit
            )

        def ask() -> list[Context]:
            return self._ask_for_components(organization_id, component_type)[offset : offset + limit]

        return self._read(find, ask=ask)

    def get_alert_action(self, uuid: str) -> Context:
        """An installation in one of this region's organizations, and its ``alert-rule-action`` if it has one.

        Raises:
            InstallationNotFound: there is none.
        """
        conditions = _by_uuid(uuid)
        request = component_calls_pb2.GetInstallationComponentContextsRequest(
            filter=conditions, component_type=ALERT_RULE_ACTION, include_contexts_without_component=True
        )
        found = self._read(
            lambda: contexts_matching(self._region.database, conditions, type=ALERT_RULE_ACTION),
            ask=lambda: list(self._control.ask(self._control.apps.GetInstallationComponentContexts, request).contexts),
        )
        # Control knows installations of all the world; here another region's is none, in the same words.
        if not found or not self._is_local(found[0].installation.organization_id):
            raise InstallationNotFound
        return found[0]

    def get_installation(self, uuid: str) -> installation_pb2.RpcSentryAppInstallation:
        """An installation in one of this region's organizations, of any status, with its app.

        Raises:
            InstallationNotFound: there is none.
        """
        return self._get_installation(_by_uuid(uuid))

    def get_installation_by_id(self, installation_id: int) -> installation_pb2.RpcSentryAppInstallation:
        """Like ``get_installation``, by its id."""
        return self._get_installation(installation_pb2.SentryAppInstallationFilter(installation_ids=[installation_id]))

    def _read(self, find: Callable[[], _T], *, ask: Callable[[], _T]) -> _T:
        """What the replicas tell, when they are new enough and can; else what control says.

        Args:
            find: reads the replicas; raises ``NotHeld`` when they cannot tell.
            ask: calls control.
        """
        # Only a reader who presents a token requires anything; for all others this does not wait.
        is_fresh = self._region.freshness.wait(required())
        if is_fresh:
            with contextlib.suppress(NotHeld):
                return find()
        try:
            return ask()
        # Which of the two it is says what to wait for: the replica, soon, or control.
        except SiloUnreachable as exc:
            if not is_fresh:
                raise ReplicaBehind from exc
            raise

    def _get_installation(
        self, conditions: installation_pb2.SentryAppInstallationFilter
    ) -> installation_pb2.RpcSentryAppInstallation:
        request = installation_calls_pb2.GetManyRequest(filter=conditions)
        found = self._read(
            lambda: self._find_installations(conditions),
            ask=lambda: list(self._control.ask(self._control.apps.GetMany, request).installations),
        )
        # Control finds installations of all the world; here those of other regions' organizations are none.
        if not found or not self._is_local(found[0].organization_id):
            raise InstallationNotFound
        return found[0]

    def _find_app(self, key: int | str) -> app_pb2.RpcSentryApp:
        database = self._region.database
        return get_app(database, key) if isinstance(key, int) else get_app_by_slug(database, key)

    def _find_installations(
        self, conditions: installation_pb2.SentryAppInstallationFilter
    ) -> list[installation_pb2.RpcSentryAppInstallation]:
        found = installations_matching(self._region.database, conditions)
        # The installation may arrive before its app: then it is control that can tell both.
        if not found or not found[0].HasField("sentry_app"):
            raise NotHeld
        return found

    def _is_local(self, organization_id: int) -> bool:
        return is_local(self._region.database, organization_id)

    def _ask_for_app(self, key: int | str) -> app_pb2.RpcSentryApp:
        apps, pb = self._control.apps, app_calls_pb2
        answer: pb.GetSentryAppByIdResponse | pb.GetSentryAppBySlugResponse
        if isinstance(key, int):
            answer = self._control.ask(apps.GetSentryAppById, pb.GetSentryAppByIdRequest(id=key))
        else:
            answer = self._control.ask(apps.GetSentryAppBySlug, pb.GetSentryAppBySlugRequest(slug=key))
        # Control owns every app: what it does not name is nowhere.
        if not answer.HasField("sentry_app"):
            raise AppNotFound
        return answer.sentry_app

    def _ask_for_components(self, organization_id: int, component_type: str) -> list[Context]:
        installed = installation_pb2.SentryAppInstallationFilter(organization_id=organization_id, status=_INSTALLED)
        contexts: list[Context] = []
        # Control's method takes one type at a time; all of them together are few.
        for wanted in [component_type] if component_type else ELEMENT_TYPES:
            request = component_calls_pb2.GetComponentContextsRequest(filter=installed, component_type=wanted)
            # In pages: the schemas of many apps may together be more than a message.
            for page in every_page(
                request, lambda each: self._control.ask(self._control.apps.GetComponentContexts, each)
            ):
                contexts += page.contexts
        # As the replicas answer: whoever pages through meets the same order whichever silo told.
        return sorted(contexts, key=lambda context: context.installation.id)


def _by_uuid(uuid: str) -> installation_pb2.SentryAppInstallationFilter:
    # Refused here what control would only refuse after a call.
    if not uuid or len(uuid) > MAX_UUID_CHARACTERS or not uuid.isprintable():
        raise InstallationNotFound
    return installation_pb2.SentryAppInstallationFilter(uuids=[uuid])
