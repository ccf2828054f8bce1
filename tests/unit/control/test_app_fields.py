"""A field of an app is described once by its body, and reaches every place that follows from it, or is named here."""

from typing import Any

from control_silo.bodies.app import AppBody, AppChangesBody, AppObject
from control_silo.bodies.app_field import Requester
from control_silo.models.app import APP_COLUMNS, SentryApp
from control_silo.models.application import ApiApplication
from control_silo.replication.app import CONTROLS_ALONE
from control_silo.services.message import app_message, credential_message
from shared.app_service.credential import credential_part
from shared.cli.manifest import acme_kanban
from shared.domain.app_status import SentryAppStatus
from shared.domain.scopes import Role
from shared.pb.hybridcloud.apps.v1 import app_pb2

ACME_KANBAN = acme_kanban("https://kanban.acme.example")
STORED_ELSEWHERE = {
    "features": "rows of IntegrationFeature",
    "allowed_origins": "the API application",
    "scopes": "scope_list",
    "schema_": "schema",
    "organization": "owner_id",
    "is_internal": "status",
}
"""Fields of the body that no column of their name stores."""
NOT_READ_BACK = {"organization": "owner", "is_internal": "status", "features": "featureData"}
"""Fields of the body that are shown under another name."""
NOT_SHOWN = {"id", "application", "proxy_user", "owner_id", "scope_list", "schema", "version"}
NOT_SHOWN |= {"date_added", "date_updated", "date_deleted", "creator_user", "creator_label"}
"""Columns that the API shows to nobody, or under another name."""
CARRIED_BESIDE = {"version", "application", "proxy_user"}
"""Columns that a replica carries beside the app, or by its id."""


def test_every_field_that_is_sent_is_stored() -> None:
    lost = AppBody.model_fields.keys() - APP_COLUMNS.keys() - STORED_ELSEWHERE.keys()
    assert not lost, f"add columns to SentryApp, or say where these are stored: {sorted(lost)}"


def test_every_field_that_is_sent_is_shown_again() -> None:
    hidden = AppBody.model_fields.keys() - AppObject.model_fields.keys() - NOT_READ_BACK.keys()
    assert not hidden, f"add fields to AppObject: {sorted(hidden)}"


def test_every_column_is_shown_or_kept_back_on_purpose() -> None:
    forgotten = APP_COLUMNS.keys() - AppObject.model_fields.keys() - NOT_SHOWN
    assert not forgotten, f"add fields to AppObject: {sorted(forgotten)}"


def test_every_column_is_replicated_or_kept_back_on_purpose() -> None:
    replicated = {field.name for field in app_pb2.RpcSentryApp.DESCRIPTOR.fields}
    forgotten = APP_COLUMNS.keys() - replicated - CONTROLS_ALONE - CARRIED_BESIDE
    assert not forgotten, f"add fields to RpcSentryApp: {sorted(forgotten)}"
    assert not replicated & CONTROLS_ALONE, f"take from CONTROLS_ALONE: {sorted(replicated & CONTROLS_ALONE)}"


def test_every_field_of_the_replicated_message_is_filled_in() -> None:
    filled = {field.name for field, _ in whole_message().ListFields()}
    a_status_alone = {"is_unpublished", "is_internal", "is_publish_request_inprogress", "avatars"}
    empty = {field.name for field in app_pb2.RpcSentryApp.DESCRIPTOR.fields} - filled - a_status_alone
    assert not empty, f"fill these in where app_message renders an app: {sorted(empty)}"


def test_the_example_of_a_manifest_is_the_body_of_an_app() -> None:
    known = {field.alias or name for name, field in AppBody.model_fields.items()}
    assert not ACME_KANBAN.keys() - known, f"no field of AppBody: {sorted(ACME_KANBAN.keys() - known)}"
    sent: dict[str, Any] = {**ACME_KANBAN, "organization": "acme"}
    assert AppBody.read(sent, context=Requester(Role.OWNER.scopes)).name == ACME_KANBAN["name"]


def test_a_change_takes_every_field_of_a_creation_but_where_the_app_belongs() -> None:
    assert AppBody.model_fields.keys() - AppChangesBody.model_fields.keys() == {"organization"}


def whole_message() -> app_pb2.RpcSentryApp:
    """A message of an app that has something in every column."""
    texts = {name: "x" for name, column in APP_COLUMNS.items() if column.field_type == "TEXT"}
    numbers = {name: 1 for name, column in APP_COLUMNS.items() if column.field_type in {"INT", "BIGINT", "BIGAUTO"}}
    flags = {name: True for name, column in APP_COLUMNS.items() if column.field_type == "BOOL"}
    lists = {name: ["x"] for name in ("scope_list", "events", "webhook_headers")}
    app = SentryApp(**texts, **numbers, **flags)
    app.assign({**lists, "metadata": {"x": "x"}, "schema": {}, "status": int(SentryAppStatus.PUBLISHED)})
    app.proxy_user_id = 1
    application = ApiApplication(id=1, client_id="x", client_secret="x", allowed_origins=["x"])
    message = app_message(app, avatars=(), application=application)
    message.MergeFrom(credential_part(credential_message(app, application=application)))
    return message
