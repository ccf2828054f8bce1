"""What regions alone serve: hooks, the log of calls, and what apps do with issues and projects."""

from typing import Any
from unittest.mock import ANY

from tests.e2e.rpc_row import Includes, Refused, rows_of
from tests.e2e.rpc_stage import HOOKS, LOG, REGION

INVALID = "INVALID_ARGUMENT"
NO_ORGANIZATION = Refused("NOT_FOUND", "ORGANIZATION_NOT_FOUND")
ACME, BETA = {"organization_id": "@acme.id"}, {"organization_id": "@beta.id"}
ISSUE_EVENTS = ["issue.assigned", "issue.created", "issue.ignored", "issue.resolved", "issue.unresolved"]
URL = "https://b.example/hook"
HOOK = {"guid": ANY, "url": URL, "events": ISSUE_EVENTS, "installation_id": 77}
OF_77 = {**ACME, "installation_id": 77, "application_id": 9003, "events": ["issue"], "webhook_url": URL}
PAIRS = {"installation_organization_ids": [{**ACME, "installation_id": number} for number in (78, 77)]}
BULK = {"region_name": "us", "application_id": 9004, "events": ["issue"], "url": URL, **PAIRS}
UPDATE = {"events": ["error"], "webhook_url": URL}
UPDATED = {"hooks": [{"url": URL, "events": ["error.created"]}]}

HOOK_ROWS = rows_of(
    HOOKS,
    "us",
    (
        "CreateServiceHook",
        {**ACME, "actor_id": 77, "installation_id": 77, "project_ids": ["@web.id"], "events": ["issue"], "url": URL},
        {"hook": {**HOOK, "project_id": "@web.id"}},
    ),
    ("CreateServiceHook", {**ACME, "actor_id": 77}, Refused(INVALID, "FIELD_MISSING", "url")),
    ("CreateServiceHook", {**BETA, "actor_id": 77, "url": URL}, NO_ORGANIZATION),
    ("UpdateWebhookAndEvents", {**ACME, "application_id": 9001, **UPDATE}, UPDATED),
    ("UpdateWebhookAndEvents", {**ACME, "application_id": 9001, "webhook_url": ""}, {"hooks": []}),
    ("UpdateWebhookAndEventsForAppByRegion", {"region_name": "us", "application_id": 9002, **UPDATE}, UPDATED),
    ("UpdateWebhookAndEventsForAppByRegion", {"region_name": "us", "application_id": 9002}, {"hooks": []}),
    (
        "UpdateWebhookAndEventsForAppByRegion",
        {"region_name": "de", "application_id": 9002},
        Refused(INVALID, "INVALID_INPUT", "region_name"),
    ),
    ("CreateOrUpdateWebhookAndEventsForInstallation", OF_77, {"hooks": [HOOK]}),
    ("CreateOrUpdateWebhookAndEventsForInstallation", {**OF_77, "events": []}, {"hooks": [{**HOOK, "events": []}]}),
    ("CreateOrUpdateWebhookAndEventsForInstallation", {**OF_77, "webhook_url": ""}, {"hooks": []}),
    ("CreateOrUpdateWebhookAndEventsForInstallation", {**OF_77, "webhook_url": ""}, {"hooks": []}),
    ("BulkCreateServiceHooksForApp", BULK, {"hooks": [{**HOOK, "installation_id": 78}, HOOK]}),
    ("BulkCreateServiceHooksForApp", {**BULK, "region_name": "de"}, Refused(INVALID, "INVALID_INPUT", "region_name")),
)

OF_KANBAN, OF_PAGER, OF_CLAY = (
    {"sentry_app_id": f"@{name}.id", "cell_name": "us"} for name in ("kanban", "pager", "clay")
)
CREATED = {"event_type": "issue.created", "response_code": 200, "organization_id": "@acme.id", "request_body": None}
DELIVERY = {"id": "@kanban_delivery.id", "event": "issue.created", "status": "STATUS_DELIVERED"}
KNOWN = {"sentry_app_known": True}
NOT_HERE = Refused(INVALID, "INVALID_INPUT", "cell_name")

LOG_ROWS = rows_of(
    LOG,
    "us",
    (
        "GetBufferRequestsForCell",
        {**OF_KANBAN, "filter": {"event": "issue.created"}},
        {**KNOWN, "requests": Includes(CREATED)},
    ),
    (
        "GetBufferRequestsForCell",
        {**OF_KANBAN, "filter": {"event": ["issue.created", "error.created"]}},
        {**KNOWN, "requests": Includes(CREATED)},
    ),
    ("GetBufferRequestsForCell", {**OF_CLAY, "filter": {"errors_only": True}}, {**KNOWN, "requests": []}),
    ("GetBufferRequestsForCell", {**OF_PAGER, "sentry_app_id": 99}, {"sentry_app_known": False, "requests": []}),
    ("GetBufferRequestsForCell", {**OF_PAGER, "cell_name": "de"}, NOT_HERE),
    (
        "ListDeliveries",
        {**OF_KANBAN, "event": "issue.created"},
        {"deliveries": [{**DELIVERY, "attempts": [], "body": ""}]},
    ),
    ("ListDeliveries", {**OF_KANBAN, "event": "error.created"}, {"deliveries": []}),
    (
        "GetDeliveries",
        {**OF_KANBAN, "delivery_ids": ["@kanban_delivery.id"]},
        {"deliveries": [{**DELIVERY, "attempts": Includes({"response_code": 200})}]},
    ),
    ("GetDeliveries", {**OF_PAGER, "delivery_ids": ["@kanban_delivery.id"]}, {"deliveries": []}),
    (
        "SendTest",
        {**OF_KANBAN, "organization_id": "@acme.id", "event": "issue.created", "user_id": 1},
        {"delivery": {"event": "issue.created", "status": "STATUS_PENDING"}},
    ),
    ("SendTest", {**OF_PAGER, "cell_name": "de"}, NOT_HERE),
    ("ReadFeed", {**OF_KANBAN, "after": ""}, {"items": Includes({"method": "POST"})}),
    ("ReadFeed", {**OF_PAGER, "cell_name": "de"}, NOT_HERE),
    (
        "AddAttempt",
        {**OF_KANBAN, "delivery_id": "@kanban_delivery.id", "attempt": {"started_at": "2030-01-01T00:00:00Z"}},
        {"delivery": {"id": "@kanban_delivery.id"}},
    ),
    ("AddAttempt", {**OF_PAGER, "delivery_id": "@kanban_delivery.id"}, Refused("NOT_FOUND", "NOT_FOUND")),
    ("RedeliverAll", {"deliveries": {**OF_PAGER, "event": "comment.deleted"}}, {"count": 0}),
    ("RedeliverAll", {"deliveries": {**OF_PAGER, "cell_name": "de"}}, NOT_HERE),
    ("Redeliver", {**OF_PAGER, "delivery_id": "@pager_delivery.id"}, {"delivery": {"status": "STATUS_PENDING"}}),
    ("Redeliver", {**OF_PAGER, "delivery_id": "@kanban_delivery.id"}, Refused("NOT_FOUND", "NOT_FOUND")),
)


def installed(name: str) -> dict[str, Any]:
    """Where a call is about an app's installation in acme."""
    return {**ACME, "installation": {"uuid": f"@{name}_in.uuid"}}


def error(status: int, message: str, *, kind: str = "client") -> dict[str, Any]:
    """A refusal inside an answer."""
    return {"error": {"status_code": status, "message": message, "error_type": kind}}


FINE = {"error": None}
MEMBER, OUTSIDER = {"user": {"id": "@owner.id"}}, {"user": {"id": "@outsider.id"}}
PROXY = {"user": {"id": "@kanban.proxy_user_id", "is_sentry_app": True}}
STRANGER = {"user": {"id": "@wax.proxy_user_id", "is_sentry_app": True}}
BOARDS = {**installed("kanban"), "uri": "/boards"}
IN_WEB = {**BOARDS, "project_id": "@web.id"}
NO_PROJECT = error(404, "Could not find the given project for this organization.")
MAY_NOT_SEE = error(403, "You do not have permission to access this project.")
BAD_URI = error(400, "Invalid URI: must be a relative path starting with '/'.")
LINK = {**installed("kanban"), "group_id": "@issue.id", "action": "create", "uri": "/create", "fields": {"title": "T"}}
KEPT = {"group_id": "@issue.id", "service_type": "kanban", "display_name": "board#7", "web_url": "https://a.example/7"}
TICKET = {
    **installed("pager"),
    "group_id": "@issue.id",
    "web_url": "https://a.example/8",
    "project": "p",
    "identifier": "8",
}
MAY_NOT_LINK = error(403, "You do not have permission to link this issue.")
MAY_NOT_CREATE = error(403, "You do not have permission to create an external issue for this issue.")
DELETE = {**installed("robot"), "external_issue_id": "@robot_link.id"}
MAY_NOT_DELETE = error(403, "You do not have permission to delete this external issue.")
NO_LINK = error(404, "Could not find the corresponding external issue from given external_issue_id")
WEB = {"project_identifiers": ["@web.id"]}
DOUBLE = error(400, "One or more project identifier is duplicate, not accessible, or does not exist.")
APP = {"id": "@clay.id", "slug": "clay", "owner_id": "@acme.id"}
VIEWED = {"sentry_app": APP, "tsdb_field": "sentry_app_viewed"}
USED = {"sentry_app": APP, "tsdb_field": "sentry_app_component_interacted", "component_type": "issue-link"}
PR_CREATED = {**ACME, "resource_name": "seer", "event_name": "pr_created", "payload": {"run_id": 7}}
PERIOD = {"sentry_app": APP, "component_types": ["issue-link"], "since": 0, "until": 0, "resolution": 86_400}

REGION_ROWS = [
    *rows_of(
        REGION,
        "us",
        ("GetSelectOptions", BOARDS, {**FINE, "choices": [["1", "One"]], "default_value": None}),
        ("GetSelectOptions", {**IN_WEB, **MEMBER}, {**FINE, "choices": [["1", "One"]]}),
        ("GetSelectOptions", {**IN_WEB, **PROXY}, {**FINE, "choices": [["1", "One"]]}),
        ("GetSelectOptions", {**IN_WEB, **OUTSIDER}, MAY_NOT_SEE),
        ("GetSelectOptions", {**IN_WEB, **STRANGER}, MAY_NOT_SEE),
        ("GetSelectOptions", {**BOARDS, "project_id": 99}, NO_PROJECT),
        ("GetSelectOptions", {**BOARDS, "uri": "//b.example"}, BAD_URI),
        ("GetSelectOptions", {**BOARDS, "uri": "/refuse"}, error(400, "Not today", kind="integrator")),
        ("GetSelectOptions", {**BOARDS, **BETA}, NO_ORGANIZATION),
        ("CreateIssueLink", {**LINK, **MEMBER}, {**FINE, "created": True, "external_issue": KEPT}),
        ("CreateIssueLink", {**LINK, **PROXY}, {**FINE, "created": False, "external_issue": KEPT}),
        ("CreateIssueLink", {**LINK, **OUTSIDER}, MAY_NOT_LINK),
        (
            "CreateIssueLink",
            {**LINK, **MEMBER, "group_id": 99},
            error(404, "Could not find the corresponding issue for the given groupId"),
        ),
        (
            "CreateIssueLink",
            {**LINK, **MEMBER, "uri": "/refuse"},
            error(400, "Issue occurred while trying to contact kanban to link issue", kind="integrator"),
        ),
        ("CreateIssueLink", LINK, Refused(INVALID, "FIELD_MISSING", "user")),
        ("CreateExternalIssue", TICKET, {**FINE, "external_issue": {"service_type": "pager", "display_name": "p#8"}}),
        ("CreateExternalIssue", {**TICKET, **MEMBER}, {**FINE, "external_issue": {"web_url": "https://a.example/8"}}),
        ("CreateExternalIssue", {**TICKET, **OUTSIDER}, MAY_NOT_CREATE),
        (
            "CreateExternalIssue",
            {**TICKET, "group_id": 99},
            error(404, "Could not find the corresponding issue for the given issueId"),
        ),
        ("DeleteExternalIssue", {**DELETE, **installed("kanban")}, NO_LINK),
        ("DeleteExternalIssue", {**DELETE, **OUTSIDER}, MAY_NOT_DELETE),
        ("DeleteExternalIssue", {**DELETE, **MEMBER}, {**FINE, "success": True}),
        ("DeleteExternalIssue", DELETE, NO_LINK),
    ),
    *rows_of(
        REGION,
        "us",
        ("GetServiceHookProjects", installed("kanban"), {**FINE, "service_hook_projects": []}),
        (
            "SetServiceHookProjects",
            {**installed("kanban"), **WEB},
            {**FINE, "service_hook_projects": [{"project_id": "@web.id"}]},
        ),
        (
            "SetServiceHookProjects",
            {**installed("kanban"), "project_identifiers": ["web"], "auth_context": MEMBER},
            {**FINE, "service_hook_projects": [{"project_id": "@web.id"}]},
        ),
        (
            "SetServiceHookProjects",
            {**installed("kanban"), "project_identifiers": []},
            error(400, "Projects list cannot be empty"),
        ),
        ("SetServiceHookProjects", {**installed("kanban"), "project_identifiers": ["web", "web"]}, DOUBLE),
        (
            "SetServiceHookProjects",
            {**installed("kanban"), **WEB, "auth_context": OUTSIDER},
            error(403, "Some projects affected by this request are not accessible"),
        ),
        (
            "GetServiceHookProjects",
            {**installed("kanban"), "auth_context": PROXY},
            {**FINE, "service_hook_projects": [{"project_id": "@web.id"}]},
        ),
        (
            "GetServiceHookProjects",
            {**installed("kanban"), "auth_context": OUTSIDER},
            error(403, "Some projects are not accessible"),
        ),
        (
            "DeleteServiceHookProjects",
            {**installed("kanban"), "auth_context": OUTSIDER},
            error(403, "Cannot remove projects that are not accessible"),
        ),
        ("DeleteServiceHookProjects", {**installed("kanban"), "auth_context": MEMBER}, {**FINE, "success": True}),
        ("RecordInteraction", VIEWED, {**FINE, "success": True}),
        ("RecordInteraction", USED, {**FINE, "success": True}),
        (
            "RecordInteraction",
            {**VIEWED, "tsdb_field": "odd"},
            error(400, "The tsdbField must be one of: sentry_app_viewed, sentry_app_component_interacted"),
        ),
        (
            "RecordInteraction",
            {**USED, "component_type": "odd"},
            error(400, "The field componentType is required and must be one of ['stacktrace-link', 'issue-link']"),
        ),
        ("SendBroadcast", PR_CREATED, {**FINE, "success": True}),
        (
            "SendBroadcast",
            {**PR_CREATED, "resource_name": "issue", "event_name": "created"},
            error(500, "Invalid event type: issue.created", kind="sentry"),
        ),
        ("SendBroadcast", {**PR_CREATED, **BETA}, NO_ORGANIZATION),
        (
            "GetInteractionStats",
            PERIOD,
            {
                **FINE,
                "views": [{"time": 0, "count": 0}],
                "component_interactions": {"issue-link": {"counts": [{"time": 0, "count": 0}]}},
            },
        ),
        ("GetInteractionStats", {**PERIOD, "since": 1}, error(400, "start must be before end")),
    ),
    *rows_of(
        REGION, "de", ("RecordInteraction", VIEWED, NO_ORGANIZATION), ("GetInteractionStats", PERIOD, NO_ORGANIZATION)
    ),
]

ROWS = [*HOOK_ROWS, *LOG_ROWS, *REGION_ROWS]
