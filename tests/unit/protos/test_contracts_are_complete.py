"""The contracts hold every method that the specification names, in the house's form."""

from collections.abc import Iterator, Mapping, Sequence

import pytest
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    MethodDescriptorProto,
    MethodOptions,
)

SPECIFIED: Mapping[str, str] = {
    "hybridcloud.apps.v1.AppService": """
        SerializeMany GetMany FindInstallationByProxyUser InstallationsForOrganization GetInstallationsForOrganization
        GetSentryAppById GetSentryAppBySlug GetInstallationBySentryAppId GetSentryAppsByProxyUsers GetInstallationById
        InstallationById GetInstallationOrgIdByTokenId GetInstallationToken FindAlertableServices
        FindServiceHookSentryApp GetByApplicationId GetCustomAlertRuleActions FindAppComponents GetComponentContexts
        GetInstallationComponentContexts TriggerSentryAppActionCreators GetPublishedSentryAppsForOrganization
        GetSentryAppsForOrganization UpdateSentryApp GetInternalIntegrations CreateInternalIntegrationForChannelRequest
        PrepareSentryAppComponents DisableSentryapp GetNotificationEmailsForSentryApp
    """,
    "hybridcloud.hooks.v1.HookService": """
        CreateServiceHook UpdateWebhookAndEvents UpdateWebhookAndEventsForAppByRegion
        CreateOrUpdateWebhookAndEventsForInstallation BulkCreateServiceHooksForApp
    """,
    "hybridcloud.requests.v1.AppRequestService": "GetBufferRequestsForCell",
    "hybridcloud.region.v1.SentryAppRegionService": """
        GetSelectOptions CreateIssueLink CreateExternalIssue DeleteExternalIssue GetServiceHookProjects
        SetServiceHookProjects DeleteServiceHookProjects GetInteractionStats RecordInteraction SendBroadcast
    """,
    "hybridcloud.organizations.v1.OrganizationService": "ProvisionOrganization GetOrganization ListOrganizations",
    "hybridcloud.replication.v1.ReplicaService": "ApplyChanges GetDigests ListVersions",
    "hybridcloud.operations.v1.TopologyService": "RegisterRegion ReportAppHealth ListRegions",
    "hybridcloud.operations.v1.OutboxService": """
        GetStatus ListParkedMessages RetryMessages DiscardMessages PauseDestination ResumeDestination
    """,
}
"""The methods of the platform's services, by full name of the service."""

ONCE = """
    AppService/TriggerSentryAppActionCreators HookService/CreateServiceHook HookService/BulkCreateServiceHooksForApp
    KeyService/AddKey SentryAppRegionService/CreateIssueLink SentryAppRegionService/DeleteExternalIssue
    SentryAppRegionService/RecordInteraction SentryAppRegionService/SendBroadcast AppRequestService/Redeliver
    AppRequestService/RedeliverAll AppRequestService/SendTest AppRequestService/AddAttempt
"""
"""What another call changes once more, or refuses: it is never made again by itself."""
REPEATABLE = """
    AppService/LinkProvider AppService/UpdateSentryApp AppService/CreateInternalIntegrationForChannelRequest
    AppService/DisableSentryapp HookService/UpdateWebhookAndEvents HookService/UpdateWebhookAndEventsForAppByRegion
    HookService/CreateOrUpdateWebhookAndEventsForInstallation KeyService/RevokeKey OutboxService/RetryMessages
    OutboxService/DiscardMessages OutboxService/PauseDestination OutboxService/ResumeDestination
    OutboxService/RepairReplicas TopologyService/RegisterRegion TopologyService/ReplaceRegion
    TopologyService/RemoveRegion TopologyService/RestoreOrganization TopologyService/ReleaseOrganization
    TopologyService/ReportAppHealth OrganizationService/ProvisionOrganization
    SentryAppRegionService/CreateExternalIssue SentryAppRegionService/SetServiceHookProjects
    SentryAppRegionService/DeleteServiceHookProjects ReplicaService/ApplyChanges
"""
"""What changes something, and the same again when it is called again. All other methods only read."""

WHOLE: Mapping[str, str] = {
    "AppService/FindAppComponents": "one schema, of 256 KiB at most",
    "AppService/GetNotificationEmailsForSentryApp": "an organization's owners and managers",
    "HookService/UpdateWebhookAndEvents": "the hooks of one application in an organization",
    "HookService/UpdateWebhookAndEventsForAppByRegion": "the hooks of one application",
    "HookService/CreateOrUpdateWebhookAndEventsForInstallation": "the hooks of one application in an organization",
    "HookService/BulkCreateServiceHooksForApp": "one for each that was asked for",
    "AppRequestService/GetBufferRequestsForCell": "what the log keeps of an app",
    "AppRequestService/ListDeliveries": "`limit`, outlines alone",
    "AppRequestService/GetDeliveries": "`max_characters` each",
    "AppRequestService/ReadFeed": "50 at most, and gone on after by `place`",
    "SentryAppRegionService/GetSelectOptions": "what one app answers, which is bounded",
    "SentryAppRegionService/GetServiceHookProjects": "the projects of one hook",
    "SentryAppRegionService/SetServiceHookProjects": "one for each that was asked for",
    "SentryAppRegionService/GetInteractionStats": "the intervals of a bounded period",
    "ReplicaService/ApplyChanges": "one for each change that was sent",
    "ReplicaService/GetDigests": "the buckets of a category",
    "OutboxService/GetStatus": "the lanes of a silo",
    "OutboxService/RepairReplicas": "those of the ids that were sent",
    "TopologyService/RegisterRegion": "the regions",
    "TopologyService/ListRegions": "the regions",
    "KeyService/ListKeys": "the keys of the peers",
}
"""What lists are answered whole, and what bounds them."""

SECRETS = {
    "api_token",
    "client_id",
    "client_secret",
    "identity",
    "metadata",
    "request_headers",
    "token",
    "webhook_headers",
}
"""Fields that may hold a secret, wherever they stand."""

NOT_SECRET = {"Change.token"}
"""What only sounds like a secret: a token's state holds its hash."""

Contracts = Sequence[FileDescriptorProto]


@pytest.mark.parametrize("service", SPECIFIED)
def test_a_service_has_every_method_of_the_specification(service: str, contracts: Contracts) -> None:
    assert set(SPECIFIED[service].split()) <= {method.name for name, method in _methods(contracts) if name == service}


def test_a_method_says_whether_it_may_be_called_again(contracts: Contracts) -> None:
    said: dict[str, str] = {}
    for service, method in _methods(contracts):
        level = MethodOptions.IdempotencyLevel.Name(method.options.idempotency_level)
        said[f"{service.rpartition('.')[2]}/{method.name}"] = level
    meant = dict.fromkeys(said, "NO_SIDE_EFFECTS")
    meant |= dict.fromkeys(ONCE.split(), "IDEMPOTENCY_UNKNOWN") | dict.fromkeys(REPEATABLE.split(), "IDEMPOTENT")
    assert said == meant


def test_every_rpc_has_a_request_and_a_response_of_its_own(contracts: Contracts) -> None:
    for service, method in _methods(contracts):
        package = service.rpartition(".")[0]
        assert method.input_type == f".{package}.{method.name}Request"
        assert method.output_type == f".{package}.{method.name}Response"


def test_a_contracts_package_is_its_path(contracts: Contracts) -> None:
    for contract in contracts:
        assert contract.package.replace(".", "/") == contract.name.rpartition("/")[0]
        assert contract.package.endswith(".v1")


def test_a_service_stands_in_a_file_named_for_it(contracts: Contracts) -> None:
    assert {contract.name for contract in contracts if contract.service} == {
        contract.name for contract in contracts if contract.name.endswith("_service.proto")
    }


def test_zero_of_every_enum_means_unspecified(contracts: Contracts) -> None:
    zeros = [enum.value[0] for enum in _enums(contracts)]
    assert zeros
    assert all(zero.number == 0 and zero.name.endswith("_UNSPECIFIED") for zero in zeros)


def test_a_list_in_pages_takes_the_token_that_the_page_before_gave(contracts: Contracts) -> None:
    fields = {message.name: {field.name for field in message.field} for message in _messages(contracts)}
    paged = {name.removesuffix("Request") for name, names in fields.items() if "page_size" in names}
    assert {"ListOrganizations", "ListVersions"} <= paged
    assert all("page_token" in fields[f"{rpc}Request"] for rpc in paged)
    assert all("next_page_token" in fields[f"{rpc}Response"] for rpc in paged)


def test_a_list_is_answered_in_pages_or_something_bounds_it(contracts: Contracts) -> None:
    lists = {
        message.name: message for message in _messages(contracts) if any(_is_repeated(each) for each in message.field)
    }
    answers = [
        (f"{service.rpartition('.')[2]}/{method.name}", lists[f"{method.name}Response"])
        for service, method in _methods(contracts)
        if f"{method.name}Response" in lists and not method.server_streaming
    ]
    whole = {name for name, answer in answers if all(each.name != "next_page_token" for each in answer.field)}
    assert whole == set(WHOLE)


def test_a_field_that_may_hold_a_secret_is_redacted(contracts: Contracts) -> None:
    secret = [(message, field) for message in _messages(contracts) for field in message.field if field.name in SECRETS]
    assert {field.name for _, field in secret} == SECRETS
    assert {f"{message.name}.{field.name}" for message, field in secret if not field.options.debug_redact} == NOT_SECRET


def _is_repeated(field: FieldDescriptorProto) -> bool:
    return field.label == FieldDescriptorProto.LABEL_REPEATED


def _methods(contracts: Contracts) -> Iterator[tuple[str, MethodDescriptorProto]]:
    for contract in contracts:
        for service in contract.service:
            yield from ((f"{contract.package}.{service.name}", method) for method in service.method)


def _enums(contracts: Contracts) -> Iterator[EnumDescriptorProto]:
    for contract in contracts:
        yield from contract.enum_type
    for message in _messages(contracts):
        yield from message.enum_type


def _messages(contracts: Contracts) -> Iterator[DescriptorProto]:
    for contract in contracts:
        for message in contract.message_type:
            yield from (message, *message.nested_type)
