"""Who holds all that region ``de`` has learns nothing of control that is not de's: every rpc × what is acme's."""

import contextlib
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.message import Message

from control_silo.models.app import SentryApp, SentryAppComponent
from control_silo.models.application import ApiApplication, ApiGrant
from control_silo.models.installation import SentryAppInstallation
from control_silo.models.record import AuditLogEntry
from control_silo.rpc.rights import RIGHTS
from control_silo.services.provider_token import link_provider
from shared.category import Category, number_of
from shared.domain.peer import PeerKind
from shared.errors import SiloError
from shared.pb.hybridcloud.apps.v1 import app_service_pb2 as apps
from shared.pb.hybridcloud.apps.v1 import installation_pb2
from shared.pb.hybridcloud.operations.v1 import topology_service_pb2 as topology
from shared.pb.hybridcloud.organizations.v1 import organization_service_pb2 as organizations
from shared.pb.hybridcloud.replication.v1 import replica_pb2
from shared.pb.hybridcloud.replication.v1 import replica_service_pb2 as replicas
from shared.pb.hybridcloud.users.v1 import identity_service_pb2 as identities
from shared.pb.hybridcloud.users.v1 import member_service_pb2 as members
from tests.integration.region.requests import FORWARDED, LOCAL, NOTIFY
from tests.integration.region.world import World
from tests.silos import Silos, running_silos

Filter = installation_pb2.SentryAppInstallationFilter
Make = Callable[["Acme"], Message]
SECRET = "hush-hush"


class Acme(World):
    """``acme`` in ``us`` with everything that is nobody else's business; ``globex`` in ``de`` with what is de's."""

    def _create_apps(self) -> None:
        super()._create_apps()
        self.maker = self.silos.create_user("hidden@acme.example", organization_id=self.acme.id)
        hidden: dict[str, Any] = {
            "owner": self.acme,
            "creator": self.maker,
            "webhook_headers": [f"X-Key: {SECRET}"],
            "metadata": {"key": SECRET},
            "webhook_url": f"https://me:{SECRET}@kanban.example/hook",
        }
        self.bot: SentryApp = self.silos.create_app("Hidden bot", is_internal=True, **hidden)
        self.board: SentryApp = self.silos.create_app("Board", **hidden)
        self.silos.publish(self.board)

    def _install_apps(self) -> None:
        super()._install_apps()
        self.boarded = self.silos.install(self.board, organization=self.acme)
        self.silos.confirm(self.boarded)
        with self.silos.control.database.session():
            self.bot_in_acme = SentryAppInstallation.get(SentryAppInstallation.sentry_app == self.bot)
        link_provider(self.silos.control, installation=self.bot_in_acme, provider="vercel")

    def secrets(self) -> set[str]:
        """Texts of which none may ever reach de: secrets, and the names of things that it is not to know."""
        installations = (self.pending, self.boarded, self.kanban_in_acme, self.pager_in_acme, self.robot_in_acme)
        hidden = (self.pager, self.slow, self.robot, self.bot)
        with self.silos.control.database.session():
            grants = [grant.code for grant in ApiGrant.select()]
            kept = {grant.code for grant in ApiGrant.select().where(ApiGrant.id == self.kanban_in_globex.api_grant_id)}
            components = [
                each.uuid for each in SentryAppComponent.select().where(SentryAppComponent.sentry_app == self.slow)
            ]
            applications = [ApiApplication.get_by_id(app.application_id) for app in (*hidden, self.board)]
        return {
            SECRET,
            *components,
            self.maker.email,
            *(set(grants) - kept),
            *(application.client_secret for application in applications),
            *(installation.uuid for installation in (*installations, self.bot_in_acme)),
            *(text for app in hidden for text in (app.uuid, app.slug, app.name)),
            '"acme"',
        }


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Acme]:
    folder, numbers = tmp_path_factory.mktemp("silos"), itertools.count(1)
    with running_silos(lambda: f"sqlite:///{folder / str(next(numbers))}.db") as silos:
        yield Acme(silos)


def everything(acme: Acme) -> Filter:
    known = (acme.pending, acme.boarded, acme.kanban_in_acme, acme.robot_in_acme, acme.bot_in_acme)
    return Filter(installation_ids=[each.id for each in known])


def applied(acme: Acme, **state: Any) -> Message:
    change = replica_pb2.Change(category=number_of(Category.ORGANIZATION), object_id=acme.acme.id, version=99)
    change.organization.organization.CopyFrom(
        organizations.GetOrganizationResponse(
            organization={"id": acme.acme.id, "slug": "acme", "name": "Mine", "region_name": "de", **state}
        ).organization
    )
    return replicas.ApplyChangesRequest(changes=[change])


REQUESTS: Mapping[str, Make] = {
    **LOCAL,
    **FORWARDED,
    "hidden app": lambda w: apps.GetSentryAppByIdRequest(id=w.bot.id),
    "hidden app by slug": lambda w: apps.GetSentryAppBySlugRequest(slug=w.bot.slug),
    "published app": lambda w: apps.GetSentryAppBySlugRequest(slug=w.board.slug),
    "hidden app's hook": lambda w: apps.FindServiceHookSentryAppRequest(api_application_id=w.bot.application_id),
    "hidden app's components": lambda w: apps.FindAppComponentsRequest(app_id=w.slow.id),
    "every installation": lambda w: apps.GetManyRequest(filter=everything(w)),
    "every object, as their owner": lambda w: apps.SerializeManyRequest(
        filter=everything(w), as_user={"id": w.owner.id}, auth_context={"user": {"id": w.owner.id}}
    ),
    "every object, by a token of all scopes": lambda w: apps.SerializeManyRequest(
        filter=Filter(status="pending"),
        auth_context={"user": {"id": w.owner.id, "is_superuser": True}, "auth": {"scopes": ["org:integrations"]}},
    ),
    "pending installations' contexts": lambda w: apps.GetInstallationComponentContextsRequest(
        filter=everything(w), component_type="issue-link", include_contexts_without_component=True
    ),
    "another's alert rule": lambda w: apps.GetCustomAlertRuleActionsRequest(
        event_data=NOTIFY, organization_id=w.acme.id
    ),
    "change of another's app": lambda w: apps.UpdateSentryAppRequest(id=w.bot.id, attrs={"name": "Mine"}),
    "change of a published app": lambda w: apps.UpdateSentryAppRequest(id=w.board.id, attrs={"name": "Mine"}),
    "end of another's app": lambda w: apps.DisableSentryappRequest(id=w.board.id),
    "app in another's organization": lambda w: apps.CreateInternalIntegrationForChannelRequestRequest(
        organization_id=w.acme.id,
        integration_name="Mine",
        integration_creator_id=w.owner.id,
        integration_scopes=["org:admin"],
    ),
    "app by somebody else": lambda w: apps.CreateInternalIntegrationForChannelRequestRequest(
        organization_id=w.globex.id, integration_name="Mine", integration_creator_id=w.maker.id
    ),
    "another's rule": lambda w: apps.TriggerSentryAppActionCreatorsRequest(install_uuid=w.kanban_in_acme.uuid),
    "another's provider": lambda w: apps.LinkProviderRequest(
        organization_id=w.acme.id, uuid=w.kanban_in_acme.uuid, provider="vercel"
    ),
    "another's installation as provider of one's own": lambda w: apps.LinkProviderRequest(
        organization_id=w.globex.id, uuid=w.kanban_in_acme.uuid, provider="vercel"
    ),
    "another organization": lambda w: organizations.GetOrganizationRequest(slug="acme"),
    "another organization by id": lambda w: organizations.GetOrganizationRequest(id=w.acme.id),
    "every organization": lambda w: organizations.ListOrganizationsRequest(),
    "organization of one's own making": lambda w: organizations.ProvisionOrganizationRequest(id=1, slug="acme"),
    "another's app by its token": lambda w: identities.AuthenticateRequest(token_hash=w.internal_token.token_hash),
    "another's member": lambda w: members.FindMemberRequest(organization_id=w.acme.id, user_id=w.owner.id),
    "another's name": lambda w: topology.RegisterRegionRequest(
        name="us", grpc_address="mine:50061", http_address="mine:8001", identity="0" * 32
    ),
    "another's organization": applied,
    "trouble with apps that it does not call": lambda w: topology.ReportAppHealthRequest(
        revision=1,
        apps=[
            topology.AppHealth(sentry_app_id=app.id, parked_at=w.silos.clock.now()) for app in (w.bot, w.pager, w.board)
        ],
    ),
    "another's digests": lambda w: replicas.GetDigestsRequest(category=number_of(Category.APP), destination="us"),
    "another's objects": lambda w: replicas.ListVersionsRequest(category=number_of(Category.TOKEN), destination="us"),
    "every organization's version": lambda w: replicas.ListVersionsRequest(category=number_of(Category.ORGANIZATION)),
}
"""What the one who took de asks, or tries to change. None of it may succeed in telling or changing what is acme's."""


def methods() -> Iterator[str]:
    """``package.Service/Method`` of all that a region may call."""
    for name in RIGHTS.services:
        for method in descriptor_pool.Default().FindServiceByName(name).methods:
            if PeerKind.REGION in RIGHTS.of(f"/{name}/{method.name}"):
                yield f"{name}/{method.name}"


def method_of(request: Message) -> str:
    [method] = [each for each in methods() if each.endswith(f"/{type(request).__name__.removesuffix('Request')}")]
    return method


def answer_of(acme: Acme, request: Message, *, caller: str = "de") -> Message | None:
    """What control answers; None for a refusal."""
    method = method_of(request)
    service, _, name = method.partition("/")
    answered = descriptor_pool.Default().FindServiceByName(service).methods_by_name[name].output_type
    call = acme.silos.channel("control", caller=caller).unary_unary(
        f"/{method}", type(request).SerializeToString, message_factory.GetMessageClass(answered).FromString
    )
    with contextlib.suppress(SiloError):
        answer: Message = call(request, timeout=10)
        return answer
    return None


def rows_of(silos: Silos) -> Mapping[str, Sequence[tuple[Any, ...]]]:
    """Everything that control has, but for what it remembers of calls, and how far a region has told of its apps."""
    database = silos.control.database
    with database.session():
        tables = sorted(set(database.peewee.get_tables()) - {"sqlite_sequence", "peer_nonce", "health_report"})
        return {table: sorted(database.rows(f'SELECT * FROM "{table}"'), key=repr) for table in tables}


def test_every_method_that_a_region_may_call_is_tried(acme: Acme) -> None:
    assert {method_of(make(acme)) for make in REQUESTS.values()} == set(methods())


@pytest.mark.parametrize("name", REQUESTS)
def test_control_tells_a_region_nothing_of_another(acme: Acme, name: str) -> None:
    request = REQUESTS[name](acme)
    told = str(answer_of(acme, request))
    assert [secret for secret in acme.secrets() if secret in told and secret not in str(request)] == []


@pytest.mark.parametrize("name", REQUESTS)
def test_a_region_changes_nothing_of_another(acme: Acme, name: str) -> None:
    before = rows_of(acme.silos)
    answer_of(acme, REQUESTS[name](acme))
    assert rows_of(acme.silos) == before


def test_what_is_hidden_from_de_is_told_to_its_own_region(acme: Acme) -> None:
    answers = "".join(str(answer_of(acme, make(acme), caller="us")) for make in REQUESTS.values())
    with acme.silos.control.database.session():
        component = SentryAppComponent.get(SentryAppComponent.sentry_app == acme.slow).uuid
    wanted = (component, SECRET, acme.maker.email, acme.bot.slug, acme.pending.uuid)
    assert [secret for secret in wanted if secret not in answers] == []


def test_a_creator_whom_a_region_only_names_is_not_told_it(acme: Acme) -> None:
    request = apps.CreateInternalIntegrationForChannelRequestRequest(
        organization_id=acme.globex.id, integration_name="Theirs", integration_creator_id=acme.maker.id
    )
    assert answer_of(acme, request) is not None
    acme.silos.replicate()
    assert acme.maker.email not in str(
        [answer_of(acme, apps.GetSentryAppsForOrganizationRequest(organization_id=acme.globex.id))]
    )


def test_the_log_of_an_organization_tells_no_region_who_somebody_is_that_it_named(acme: Acme) -> None:
    request = apps.CreateInternalIntegrationForChannelRequestRequest(
        organization_id=acme.globex.id, integration_name="Logged", integration_creator_id=acme.maker.id
    )
    assert answer_of(acme, request) is not None
    with acme.silos.control.database.session():
        entries = list(AuditLogEntry.select().where(AuditLogEntry.organization_id == acme.globex.id))
    assert acme.maker.id in {entry.actor_id for entry in entries}
    assert acme.maker.email not in {entry.actor_label for entry in entries}


def test_a_change_of_nothing_is_answered_with_the_app(acme: Acme) -> None:
    answer = answer_of(acme, apps.UpdateSentryAppRequest(id=acme.private.id))
    assert acme.private.slug in str(answer)


def test_no_more_is_held_in_a_region_than_it_may_be_told(acme: Acme) -> None:
    database = acme.silos.database("de")
    with database.session():
        held = repr([database.rows(f'SELECT * FROM "{table}"') for table in database.peewee.get_tables()])
    assert [secret for secret in acme.secrets() if secret in held] == []
