"""Whatever a call is refused for, the field that is to blame is named, in the request's own words, by every service."""

from typing import Any

import grpc
import pytest
from google.protobuf import json_format
from google.protobuf.message_factory import GetMessageClass

from shared.cli.contract import find_method
from shared.errors import InvalidInput, OrganizationNotFound
from tests.silos import Silos, fresh

APPS = "hybridcloud.apps.v1.AppService"
HOOKS = "hybridcloud.hooks.v1.HookService"
LOG = "hybridcloud.requests.v1.AppRequestService"
REGION = "hybridcloud.region.v1.SentryAppRegionService"
ORGANIZATIONS = "hybridcloud.organizations.v1.OrganizationService"
REPLICAS = "hybridcloud.replication.v1.ReplicaService"
USERS = "hybridcloud.users.v1"
OF_US = {"sentry_app_id": 1, "cell_name": "us"}
APP = {"id": 1, "slug": "kanban"}
BAD_SLUGS = ["123", "Acme", "-acme", "a" * 51]


def call(channel: grpc.Channel, method: str, request: dict[str, Any]) -> Any:
    described = find_method(method)
    stub = channel.unary_unary(
        f"/{method}",
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=GetMessageClass(described.output_type).FromString,
    )
    return stub(json_format.ParseDict(request, GetMessageClass(described.input_type)()))


@pytest.mark.parametrize(
    ("silo", "caller", "method", "request_json", "field"),
    [
        ("control", "service:test", f"{APPS}/GetMany", {"filter": {}}, "filter"),
        ("us", "service:test", f"{APPS}/GetMany", {"filter": {}}, "filter"),
        ("us", "service:test", f"{APPS}/GetMany", {"filter": {"status": "odd"}}, "filter.status"),
        ("us", "service:test", f"{APPS}/GetMany", {"filter": {"app_ids": [1] * 10_001}}, "filter.app_ids"),
        ("us", "service:test", f"{APPS}/GetSentryAppBySlug", {"slug": "a\0"}, "slug"),
        (
            "us",
            "service:test",
            f"{HOOKS}/UpdateWebhookAndEventsForAppByRegion",
            {"region_name": "us", "application_id": 1, "webhook_url": "ftp://kanban.example"},
            "webhook_url",
        ),
        (
            "us",
            "service:test",
            f"{HOOKS}/UpdateWebhookAndEventsForAppByRegion",
            {"region_name": "de", "application_id": 1},
            "region_name",
        ),
        ("us", "service:test", f"{LOG}/GetBufferRequestsForCell", {**OF_US, "filter": {"event": 5}}, "filter.event"),
        ("us", "service:test", f"{LOG}/ListDeliveries", {**OF_US, "status": 9}, "status"),
        ("us", "service:test", f"{LOG}/ListDeliveries", {**OF_US, "limit": -1}, "limit"),
        ("us", "service:test", f"{REGION}/RecordInteraction", {"sentry_app": {"id": 1}}, "sentry_app.slug"),
        (
            "us",
            "service:test",
            f"{REGION}/GetInteractionStats",
            {"sentry_app": APP, "component_types": ["x"] * 101},
            "component_types",
        ),
        ("us", "service:test", f"{ORGANIZATIONS}/GetOrganization", {}, "slug"),
        ("control", "service:test", f"{ORGANIZATIONS}/GetOrganization", {}, "slug"),
        ("control", "service:test", f"{ORGANIZATIONS}/ListOrganizations", {"page_size": -1}, "page_size"),
        ("us", "service:test", f"{ORGANIZATIONS}/ListOrganizations", {"page_token": "?"}, "page_token"),
        ("us", "control", f"{ORGANIZATIONS}/ProvisionOrganization", {"slug": "shop"}, "id"),
        ("us", "control", f"{ORGANIZATIONS}/ProvisionOrganization", {"id": 2**40}, "slug"),
        ("us", "control", f"{REPLICAS}/ApplyChanges", {}, "changes"),
        ("us", "operator:cli", f"{REPLICAS}/GetDigests", {}, "category"),
        ("us", "operator:cli", f"{REPLICAS}/ListVersions", {"category": "CATEGORY_APP", "buckets": [1024]}, "buckets"),
        ("control", "us", f"{USERS}.IdentityService/Authenticate", {}, "session_hash"),
        ("control", "us", f"{USERS}.MemberService/FindMember", {"organization_id": 1}, "email"),
    ],
)
def test_a_refusal_names_the_field(
    silos: Silos, silo: str, caller: str, method: str, request_json: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        call(silos.channel(silo, caller=caller), method, request_json)
    assert list(caught.value.fields) == [field]


@pytest.mark.parametrize(
    ("method", "request_json", "field"),
    [
        ("GetServiceHookProjects", {}, "installation"),
        ("CreateIssueLink", {"installation": {"uuid": "of the app"}}, "user"),
        (
            "SetServiceHookProjects",
            {"installation": {"uuid": "of the app"}, "project_identifiers": ["web"], "auth_context": {"user": {}}},
            "user.id",
        ),
    ],
)
def test_a_refusal_about_an_installation_names_the_field(
    silos: Silos, method: str, request_json: dict[str, Any], field: str
) -> None:
    acme = silos.create_organization(fresh("acme"), region="us")
    owner = silos.create_user(fresh("owner@acme.example"), organization_id=acme.id)
    installation = silos.install(silos.create_app(fresh("Kanban"), owner=acme, creator=owner), organization=acme)
    silos.replicate()
    if "installation" in request_json:
        request_json = {**request_json, "installation": {"uuid": installation.uuid}}
    with pytest.raises(InvalidInput) as caught:
        call(silos.channel("us"), f"{REGION}/{method}", {"organization_id": acme.id, **request_json})
    assert list(caught.value.fields) == [field]


@pytest.mark.parametrize("slug", BAD_SLUGS)
def test_no_organization_is_provisioned_under_a_slug_that_none_can_have(silos: Silos, slug: str) -> None:
    request = {"id": 2**40, "slug": slug}
    with pytest.raises(InvalidInput) as caught:
        call(silos.channel("us", caller="control"), f"{ORGANIZATIONS}/ProvisionOrganization", request)
    assert list(caught.value.fields) == ["slug"]
    assert not call(silos.channel("us"), f"{ORGANIZATIONS}/GetOrganization", {"id": 2**40}).HasField("organization")


@pytest.mark.parametrize("method", ["RecordInteraction", "GetInteractionStats"])
def test_interactions_are_counted_where_the_owner_lives(silos: Silos, method: str) -> None:
    beta = silos.create_organization(fresh("beta"), region="de")
    request = {"sentry_app": {**APP, "owner_id": beta.id}}
    with pytest.raises(OrganizationNotFound):
        call(silos.channel("us"), f"{REGION}/{method}", request)
    call(silos.channel("de"), f"{REGION}/{method}", request)
