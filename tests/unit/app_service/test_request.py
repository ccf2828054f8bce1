"""Every request of ``AppService`` carries what its contract does not let it leave out."""

from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from shared.app_service.request import check_request
from shared.errors import FieldMissing, InvalidInput
from shared.pb.hybridcloud.apps.v1 import app_service_pb2, installation_pb2

REQUIRED_MESSAGES = {"filter", "event_data"}
"""Messages that a request is nothing without; others may be absent."""
MAY_BE_EMPTY = {
    ("GetInstallationComponentContextsRequest", "include_contexts_without_component"),
    ("GetNotificationEmailsForSentryAppRequest", "creator_label"),
    # Looked for as it is: an empty one finds nothing, which the answer says.
    ("TriggerSentryAppActionCreatorsRequest", "install_uuid"),
}
ANCHORS = ("organization_id", "installation_ids", "app_ids", "uuids", "status")
PAGE = {"page_size", "page_token"}
REQUESTS = [
    GetMessageClass(method.input_type) for method in app_service_pb2.DESCRIPTOR.services_by_name["AppService"].methods
]


def required_fields() -> Iterator[tuple[type[Message], str]]:
    for request in REQUESTS:
        for field in request.DESCRIPTOR.fields:
            is_plain = not field.has_presence and not field.is_repeated and field.name not in PAGE
            if (is_plain or field.name in REQUIRED_MESSAGES) and (request.__name__, field.name) not in MAY_BE_EMPTY:
                yield request, field.name


def complete(request_class: type[Message]) -> Message:
    request = request_class()
    for required, name in required_fields():
        if required is request_class:
            value = getattr(request, name)
            if name == "filter":
                request.filter.status = "installed"  # type: ignore[attr-defined]
            elif isinstance(value, Message):
                value.SetInParent()
            else:
                setattr(request, name, 1 if isinstance(value, int) else "x")
    return request


@pytest.mark.parametrize("request_class", REQUESTS, ids=lambda each: each.__name__)
def test_a_complete_request_passes(request_class: type[Message]) -> None:
    request = complete(request_class)
    check_request(request)
    assert request.IsInitialized()


@pytest.mark.parametrize(("request_class", "field"), list(required_fields()), ids=str)
def test_what_is_not_optional_must_be_there(request_class: type[Message], field: str) -> None:
    request = complete(request_class)
    request.ClearField(field)
    with pytest.raises(FieldMissing) as refused:
        check_request(request)
    assert list(refused.value.fields) == [field]


@pytest.mark.parametrize("anchor", ANCHORS)
def test_a_filter_searches_from_any_of_its_anchors(anchor: str) -> None:
    values: dict[str, Any] = {"organization_id": 1, "status": "installed", "uuids": ["u"]}
    chosen: Any = {anchor: values.get(anchor, [1])}
    request, conditions = complete(REQUESTS[0]), installation_pb2.SentryAppInstallationFilter(**chosen)
    request.filter.CopyFrom(conditions)  # type: ignore[attr-defined]
    check_request(request)
    assert {each.name for each, _ in conditions.ListFields()} == {anchor}


def test_a_filter_by_a_token_alone_would_search_the_world() -> None:
    request = complete(REQUESTS[0])
    request.filter.CopyFrom(installation_pb2.SentryAppInstallationFilter(api_token_id=1))  # type: ignore[attr-defined]
    with pytest.raises(InvalidInput, match="at least one of"):
        check_request(request)
