import pytest

from control_silo.models.app import SentryApp
from shared.errors import (
    CallerNotOwner,
    FieldMissing,
    InvalidInput,
    PermissionDenied,
    SiloUnreachable,
    ValidationFailed,
)
from shared.pb.hybridcloud.apps.v1 import app_service_pb2 as pb
from shared.pb.hybridcloud.apps.v1 import installation_pb2
from tests.silos import Silos, fresh

Filter = installation_pb2.SentryAppInstallationFilter


def test_a_write_through_a_region_is_control_s(silos: Silos) -> None:
    app = _app_in_us(silos)
    answer = silos.ask("us", pb.UpdateSentryAppRequest(id=app.id, attrs={"name": "Board"}))
    assert answer.sentry_app == silos.ask("control", pb.GetSentryAppByIdRequest(id=app.id)).sentry_app
    assert answer.sentry_app.name == "Board"


def test_an_integration_made_through_a_region_carries_its_token(silos: Silos) -> None:
    acme = silos.create_organization(fresh("acme"), region="us")
    user = silos.create_user(fresh("owner@acme.example"))
    request = pb.CreateInternalIntegrationForChannelRequestRequest(
        organization_id=acme.id, integration_name="Robot", integration_creator_id=user.id
    )
    assert len(silos.ask("us", request).installation.api_token) == 64


def test_a_region_does_not_write_for_organizations_elsewhere(silos: Silos) -> None:
    app = _app_in_us(silos)
    with pytest.raises(CallerNotOwner):
        silos.ask("de", pb.DisableSentryappRequest(id=app.id))


def test_a_region_does_not_write_through_another(silos: Silos) -> None:
    app = _app_in_us(silos)
    with pytest.raises(PermissionDenied):
        silos.ask("us", pb.DisableSentryappRequest(id=app.id), caller="de")


def test_a_write_is_unavailable_while_control_is_away(silos: Silos) -> None:
    silos.stop("control")
    with pytest.raises(SiloUnreachable):
        silos.ask("us", pb.DisableSentryappRequest(id=1))


@pytest.mark.parametrize("silo", ["control", "us"])
@pytest.mark.parametrize(
    ("request_", "name"),
    [
        (pb.GetSentryAppByIdRequest(), "id"),
        (pb.GetSentryAppByIdRequest(id=-1), "id"),
        (pb.GetSentryAppBySlugRequest(), "slug"),
        (pb.GetInstallationBySentryAppIdRequest(sentry_app_id=1), "organization_id"),
        (pb.GetManyRequest(), "filter"),
        (pb.GetManyRequest(filter=Filter(organization_id=0, app_ids=[1])), "filter.organization_id"),
        (pb.GetComponentContextsRequest(filter=Filter(app_ids=[1])), "component_type"),
        (pb.GetCustomAlertRuleActionsRequest(organization_id=1), "event_data"),
        (pb.UpdateSentryAppRequest(), "id"),
    ],
    ids=str,
)
def test_a_missing_field_is_named(silos: Silos, silo: str, request_: object, name: str) -> None:
    with pytest.raises(FieldMissing) as caught:
        silos.ask(silo, request_)  # type: ignore[arg-type]
    assert list(caught.value.fields) == [name]


@pytest.mark.parametrize("silo", ["control", "us"])
@pytest.mark.parametrize(
    "request_",
    [
        pb.GetManyRequest(filter=Filter()),
        pb.GetManyRequest(filter=Filter(api_token_id=1)),
        pb.GetManyRequest(filter=Filter(status="deleted")),
        pb.GetManyRequest(filter=Filter(installation_ids=range(1, 10_002))),
        pb.GetManyRequest(filter=Filter(uuids=["\x00"])),
        pb.GetSentryAppBySlugRequest(slug="a\x00b"),
        pb.TriggerSentryAppActionCreatorsRequest(install_uuid="\x00"),
    ],
    ids=["empty", "token alone", "status", "too many", "null in a uuid", "null in a slug", "null in an optional text"],
)
def test_what_cannot_be_looked_up_is_refused(silos: Silos, silo: str, request_: object) -> None:
    with pytest.raises(InvalidInput):
        silos.ask(silo, request_)  # type: ignore[arg-type]


def test_control_s_refusal_of_a_write_comes_through(silos: Silos) -> None:
    app = _app_in_us(silos)
    with pytest.raises(ValidationFailed) as caught:
        silos.ask("us", pb.UpdateSentryAppRequest(id=app.id, attrs={"name": "x" * 58}))
    assert caught.value.fields == {"name": ["Cannot exceed 57 characters"]}


def _app_in_us(silos: Silos) -> SentryApp:
    acme = silos.create_organization(fresh("acme"), region="us")
    return silos.create_app(fresh("Kanban"), owner=acme, creator=silos.create_user(fresh("owner@acme.example")))
