"""What a call of ``AppService`` must carry, the same on every silo.

Owns which fields each request requires and when a filter of installations is one. Refuses to know what is looked up.
"""

from collections.abc import Mapping, Sized

from google.protobuf.message import Message

from shared.domain.app_status import SentryAppInstallationStatus
from shared.errors import FieldMissing, InvalidInput
from shared.pb.hybridcloud.apps.v1 import (
    alert_calls_pb2,
    app_calls_pb2,
    component_calls_pb2,
    installation_calls_pb2,
    installation_pb2,
)

MAX_VALUES = 10_000
"""Ids or uuids in one list."""

_ANCHORS = ("organization_id", "installation_ids", "app_ids", "uuids", "status")
"""A filter must have one of these; the token conditions alone would search the world."""

_REQUIRED: Mapping[type[Message], tuple[str, ...]] = {
    app_calls_pb2.GetSentryAppByIdRequest: ("id",),
    app_calls_pb2.GetSentryAppBySlugRequest: ("slug",),
    app_calls_pb2.FindServiceHookSentryAppRequest: ("api_application_id",),
    app_calls_pb2.GetByApplicationIdRequest: ("application_id",),
    app_calls_pb2.GetPublishedSentryAppsForOrganizationRequest: ("organization_id",),
    app_calls_pb2.GetSentryAppsForOrganizationRequest: ("organization_id",),
    app_calls_pb2.UpdateSentryAppRequest: ("id",),
    app_calls_pb2.GetInternalIntegrationsRequest: ("organization_id", "integration_name"),
    app_calls_pb2.CreateInternalIntegrationForChannelRequestRequest: (
        "organization_id",
        "integration_name",
        "integration_creator_id",
    ),
    app_calls_pb2.DisableSentryappRequest: ("id",),
    app_calls_pb2.GetNotificationEmailsForSentryAppRequest: ("organization_id",),
    installation_calls_pb2.SerializeManyRequest: ("filter",),
    installation_calls_pb2.GetManyRequest: ("filter",),
    installation_calls_pb2.FindInstallationByProxyUserRequest: ("proxy_user_id", "organization_id"),
    installation_calls_pb2.InstallationsForOrganizationRequest: ("organization_id",),
    installation_calls_pb2.GetInstallationsForOrganizationRequest: ("organization_id",),
    installation_calls_pb2.GetInstallationBySentryAppIdRequest: ("sentry_app_id", "organization_id"),
    installation_calls_pb2.GetInstallationByIdRequest: ("id",),
    installation_calls_pb2.InstallationByIdRequest: ("id",),
    installation_calls_pb2.GetInstallationOrgIdByTokenIdRequest: ("token_id",),
    installation_calls_pb2.GetInstallationTokenRequest: ("organization_id", "provider"),
    installation_calls_pb2.LinkProviderRequest: ("organization_id", "uuid", "provider"),
    component_calls_pb2.FindAppComponentsRequest: ("app_id",),
    component_calls_pb2.GetComponentContextsRequest: ("filter", "component_type"),
    component_calls_pb2.GetInstallationComponentContextsRequest: ("filter", "component_type"),
    component_calls_pb2.PrepareSentryAppComponentsRequest: ("installation_id", "component_type"),
    alert_calls_pb2.FindAlertableServicesRequest: ("organization_id",),
    alert_calls_pb2.GetCustomAlertRuleActionsRequest: ("event_data", "organization_id"),
}

_OPTIONAL_TEXTS: Mapping[type[Message], tuple[str, ...]] = {
    alert_calls_pb2.TriggerSentryAppActionCreatorsRequest: ("install_uuid",),
}
"""Looked up as they are; empty ones find nothing."""


def check_request(request: Message) -> None:
    """Returns when the request carries what its method requires.

    Raises:
        FieldMissing: a required id is not positive, or a required text or message is empty.
        InvalidInput: a text holds a NUL, which no database column can; a list is too long; or the filter is none.
    """
    for name in _REQUIRED.get(type(request), ()):
        value = getattr(request, name)
        if isinstance(value, int):
            if value <= 0:
                raise FieldMissing.at(name, "a positive id is required.")
        elif isinstance(value, str):
            _check_text(name, value)
        elif not request.HasField(name):
            raise FieldMissing.at(name, "this field is required.")
        elif isinstance(value, installation_pb2.SentryAppInstallationFilter):
            _check_filter(value)
    if isinstance(request, app_calls_pb2.GetSentryAppsByProxyUsersRequest):
        _check_count("proxy_user_ids", request.proxy_user_ids)
    for name in _OPTIONAL_TEXTS.get(type(request), ()):
        _check_characters(name, getattr(request, name))


def _check_text(name: str, value: str) -> None:
    if not value:
        raise FieldMissing.at(name, "this field is required.")
    _check_characters(name, value)


def _check_characters(name: str, value: str) -> None:
    if "\x00" in value:
        raise InvalidInput.at(name, "null characters are not allowed.")


def _check_filter(conditions: installation_pb2.SentryAppInstallationFilter) -> None:
    given = {descriptor.name for descriptor, _ in conditions.ListFields()}
    if conditions.HasField("organization_id") and conditions.organization_id <= 0:
        raise FieldMissing.at("filter.organization_id", "a positive id is required.")
    # Before the lists are counted: without an anchor there is nothing to bound.
    if given.isdisjoint(_ANCHORS):
        raise InvalidInput.at("filter", f"at least one of {', '.join(_ANCHORS)} is required.")
    for name in ("installation_ids", "app_ids", "uuids"):
        _check_count(f"filter.{name}", getattr(conditions, name))
    for uuid in conditions.uuids:
        _check_text("filter.uuids", uuid)
    if conditions.HasField("status"):
        try:
            SentryAppInstallationStatus.as_int(conditions.status)
        except ValueError as exc:
            raise InvalidInput.at("filter.status", "this is not a status of an installation.") from exc


def _check_count(name: str, values: Sized) -> None:
    if len(values) > MAX_VALUES:
        raise InvalidInput.at(name, f"the list has {len(values)} values; {MAX_VALUES} is the limit.")
