"""Control and any number of regions in one process: their own bootstraps, real servicers, in-process channels.

Nothing runs by itself: ``replicate()`` delivers what is due, both ways, and a silo is taken away with ``stop``. Usage:

    with running_silos(new_database_url, regions=("us", "de")) as silos:
        organization = silos.create_organization("acme", region="us")
        app = silos.create_app("Kanban", organization)
        silos.replicate()
        silos.app_service("us").GetSentryAppBySlug(...)
"""

import contextlib
import dataclasses
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from google.protobuf.message import Message

from control_silo.models.app import SentryApp
from control_silo.models.installation import SentryAppInstallation
from control_silo.models.region import OrganizationReplica
from control_silo.models.user import Member, User
from control_silo.replication.kinds import KINDS
from control_silo.services.create_app import SentryAppCreator
from control_silo.services.install import SentryAppInstallationCreator, SentryAppInstallationUpdater
from control_silo.services.organization import create_organization
from control_silo.services.update_app import SentryAppUpdater
from region_silo.replication.kinds import kinds_of
from shared.category import Category
from shared.clock import FrozenClock
from shared.consistency import TOKEN_NAME
from shared.domain.peer import CONTROL
from shared.domain.scopes import Role
from shared.outbox.edition import versions_of
from shared.outbox.kind import Kinds
from shared.pb.hybridcloud.apps.v1 import app_service_pb2_grpc
from shared.testing.silos import RunningSilos
from tests.editions import check_editions, mend_editions
from tests.keys import OPERATOR, SEAL_KEY, keys_of

_numbers = itertools.count(1)

SCHEMA: Mapping[str, Any] = {
    "elements": [
        {
            "type": "issue-link",
            "link": {
                "uri": "/link",
                "required_fields": [{"type": "select", "name": "board", "label": "Board", "uri": "/boards"}],
            },
            "create": {"uri": "/create", "required_fields": [{"type": "text", "name": "title", "label": "Title"}]},
        },
        {"type": "stacktrace-link", "uri": "/code"},
        {
            "type": "alert-rule-action",
            "title": "Create a card",
            "settings": {
                "type": "alert-rule-settings",
                "uri": "/alert",
                "required_fields": [
                    {"type": "select", "name": "lane", "label": "Lane", "options": [["1", "todo"], ["2", "doing"]]}
                ],
            },
        },
    ]
}
"""An issue-link that asks the app for choices, a stacktrace-link, and an alert-rule-action that asks for nothing."""


class Silos(RunningSilos):
    """The running silos, and shorthand for what tests do to them."""

    def __init__(
        self, new_database_url: Callable[[], str], *, regions: Sequence[str], clock: FrozenClock | None = None
    ) -> None:
        self._app_services: dict[tuple[str, str], app_service_pb2_grpc.AppServiceStub] = {}
        super().__init__(new_database_url, regions=regions, clock=clock, keys_of=keys_of, seal_key=SEAL_KEY)

    def services(self, silo: str) -> list[str]:
        """Full names of what a silo serves, gRPC's own services left out."""
        return [name for name in self._servers[silo].services if not name.startswith("grpc.")]

    def app_service(self, silo: str, *, caller: str = OPERATOR) -> app_service_pb2_grpc.AppServiceStub:
        key = (silo, caller)
        if key not in self._app_services:
            self._app_services[key] = app_service_pb2_grpc.AppServiceStub(self.channel(silo, caller=caller))
        return self._app_services[key]

    def ask(self, silo: str, request: Message, *, caller: str = OPERATOR, token: str = "") -> Any:
        """The answer of the ``AppService`` method that the request belongs to."""
        return self.ask_with_token(silo, request, caller=caller, token=token)[0]

    def ask_with_token(
        self, silo: str, request: Message, *, caller: str = OPERATOR, token: str = ""
    ) -> tuple[Any, str]:
        """The answer, and the consistency token that came with it; empty when none did."""
        method = type(request).__name__.removesuffix("Request")
        metadata = ((TOKEN_NAME, token),) if token else None
        answer, call = getattr(self.app_service(silo, caller=caller), method).with_call(request, metadata=metadata)
        return answer, dict(call.trailing_metadata() or ()).get(TOKEN_NAME, "")

    def version(self, category: Category, object_id: int, *, owner: str = CONTROL) -> int:
        """The version of an object's edition."""
        with self.database(owner).session():
            return versions_of(category, [object_id])[object_id]

    def check_editions(self) -> None:
        """Every edition of every silo is what its kind makes of the rows; a test that writes rows mends them itself."""
        for silo in (CONTROL, *self.regions):
            check_editions(self.database(silo), self._kinds(silo))

    def mend_editions(self) -> None:
        """Makes editions of what was written by hand."""
        for silo in (CONTROL, *self.regions):
            mend_editions(self.database(silo), self._kinds(silo))

    def _kinds(self, silo: str) -> Kinds:
        return KINDS if silo == CONTROL else kinds_of(silo)

    def create_organization(self, slug: str, *, region: str) -> OrganizationReplica:
        return create_organization(self.control, slug=slug, name=slug.title(), region=region, kinds=KINDS)

    def create_user(self, email: str, *, organization_id: int | None = None, role: Role = Role.OWNER) -> User:
        now = self.clock.now()
        with self.control.database.transaction():
            user = User.create(username=email, email=email, created_at=now)
            if organization_id is not None:
                Member.create(user=user, organization_id=organization_id, role=role, created_at=now)
            return user

    def create_app(self, name: str, *, owner: OrganizationReplica, creator: User, **fields: Any) -> SentryApp:
        """An app with every kind of component, or whatever ``fields`` say instead."""
        columns: dict[str, Any] = {
            "author": "Acme",
            "webhook_url": "https://kanban.example/hook",
            "metadata": {"tier": "gold", "seats": 3},
        }
        rules: dict[str, Any] = {
            "is_internal": False,
            "verify_install": False,
            "scopes": ["event:write", "project:read"],
            "events": ["issue"],
            "schema": SCHEMA,
        }
        app = creator_of(name, owner.id, columns=columns, rules=rules, changes=fields)
        return app.run(self.control, creator=creator)

    def publish(self, app: SentryApp) -> None:
        """Makes the app published, as a superuser would."""
        SentryAppUpdater(status="published").run(self.control, app_id=app.id, is_elevated=True)

    def install(self, app: SentryApp, *, organization: OrganizationReplica) -> SentryAppInstallation:
        creator = SentryAppInstallationCreator(organization_id=organization.id, slug=app.slug)
        return creator.run(self.control, actor=None)

    def confirm(self, installation: SentryAppInstallation) -> SentryAppInstallation:
        """Makes a pending installation ``installed``, as its app would."""
        return SentryAppInstallationUpdater(uuid=installation.uuid, status="installed").run(self.control)


def fresh(name: str) -> str:
    """The name with a number that no other test has, for tests that share their silos."""
    return f"{name}-{next(_numbers)}"


@contextlib.contextmanager
def running_silos(
    new_database_url: Callable[[], str], *, regions: Sequence[str] = ("us", "de"), clock: FrozenClock | None = None
) -> Iterator[Silos]:
    """Control and these regions, until the block ends.

    Args:
        new_database_url: gives the URL of another empty database at each call.
        regions: names of the regions.
        clock: what time it is there; None: a time of the tests' own.
    """
    silos = Silos(new_database_url, regions=regions, clock=clock)
    try:
        yield silos
        silos.check_editions()
    finally:
        silos.close()


def creator_of(
    name: str, owner_id: int, *, columns: dict[str, Any], rules: dict[str, Any], changes: dict[str, Any]
) -> SentryAppCreator:
    """A new app with defaults, of which ``changes`` replace some: columns that are stored as given, and all others."""
    ruled = {each.name for each in dataclasses.fields(SentryAppCreator)}
    columns = columns | {key: value for key, value in changes.items() if key not in ruled}
    rules = rules | {key: value for key, value in changes.items() if key in ruled}
    return SentryAppCreator(name=name, organization_id=owner_id, columns=columns, **rules)
