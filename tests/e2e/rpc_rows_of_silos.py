"""What silos say of themselves and to each other: organizations, users, replicas, outboxes and the directory."""

from typing import Any
from unittest.mock import ANY

from tests.e2e.rpc_row import Includes, Refused, Row, rows_of

INVALID = "INVALID_ARGUMENT"
DENIED = Refused("PERMISSION_DENIED", "PERMISSION_DENIED")
NOT_OWNER = Refused("PERMISSION_DENIED", "CALLER_NOT_OWNER")
ORGANIZATIONS = "hybridcloud.organizations.v1.OrganizationService"
REPLICAS = "hybridcloud.replication.v1.ReplicaService"
OUTBOX = "hybridcloud.operations.v1.OutboxService"
KEYS = "hybridcloud.operations.v1.KeyService"
TOPOLOGY = "hybridcloud.operations.v1.TopologyService"
IDENTITY = "hybridcloud.users.v1.IdentityService"
MEMBERS = "hybridcloud.users.v1.MemberService"
ACME = {"id": "@acme.id", "slug": "acme", "region_name": "us", "status": "active"}
BETA = {"id": "@beta.id", "slug": "beta", "region_name": "de"}
NOBODY = {"organization": None}
ADDRESSES = {"grpc_address": "127.0.0.1:50061", "http_address": "127.0.0.1:8001", "identity": "0" * 32}
TOKEN = {"token_hash": "@kanban_token.hash"}
UNUSED = {"destination": "app:404"}
OPERATED = [
    ("ListParkedMessages", {}, {"messages": []}),
    ("ListParkedMessages", {"filter": {"object_id": 1}}, Refused(INVALID, "FIELD_MISSING", "filter.category")),
    ("RetryMessages", {"filter": UNUSED}, {}),
    ("RetryMessages", {}, Refused(INVALID, "FIELD_MISSING", "filter.destination")),
    ("DiscardMessages", {"filter": UNUSED}, {}),
    ("DiscardMessages", {}, Refused(INVALID, "FIELD_MISSING", "filter.destination")),
    ("PauseDestination", UNUSED, {}),
    ("GetStatus", {}, {"destinations": Includes({**UNUSED, "paused_at": ANY})}),
    ("ResumeDestination", UNUSED, {}),
    ("PauseDestination", {}, Refused(INVALID, "FIELD_MISSING", "destination")),
    ("ResumeDestination", {}, Refused(INVALID, "FIELD_MISSING", "destination")),
    ("RepairReplicas", {"destination": "us"}, Refused(INVALID, "FIELD_MISSING", "category")),
]
"""A destination of which nothing waits is paused and resumed, and nothing parked is retried and discarded."""
NOT_FOR_SILOS = [
    ("RetryMessages", {"filter": UNUSED}, DENIED),
    ("DiscardMessages", {"filter": UNUSED}, DENIED),
    ("PauseDestination", UNUSED, DENIED),
    ("ResumeDestination", UNUSED, DENIED),
    ("RepairReplicas", {"destination": "us"}, DENIED),
]
HELD = [{"object_id": 987654, "version": 1}]
OLD_APP = {"category": "CATEGORY_APP", "object_id": "@kanban.id", "version": 1}
OLD_ACME = {"category": "CATEGORY_ORGANIZATION", "object_id": "@acme.id", "version": 1}
APPS, TOKENS, PLACES = ({"category": f"CATEGORY_{name}"} for name in ("APP", "TOKEN", "ORGANIZATION"))
DIGESTS = {"digests": [ANY] * 1024}
IN_ACME = {"organization_id": "@acme.id"}


def outcome(name: str, reason: str = "") -> dict[str, Any]:
    return {"results": [{"outcome": f"OUTCOME_{name}", "reason": reason}]}


ROWS: list[Row] = [
    *rows_of(
        ORGANIZATIONS,
        "control us",
        ("GetOrganization", {"slug": "acme"}, {"organization": ACME}),
        ("GetOrganization", {"id": "@acme.id"}, {"organization": ACME}),
        ("GetOrganization", {"slug": "none"}, NOBODY),
        ("GetOrganization", {}, Refused(INVALID, "FIELD_MISSING", "slug")),
        ("ListOrganizations", {"page_size": 1}, {"organizations": [ACME], "next_page_token": ANY}),
        ("ListOrganizations", {"page_token": "odd"}, Refused(INVALID, "CURSOR_INVALID", "page_token")),
    ),
    *rows_of(
        ORGANIZATIONS,
        "de",
        ("GetOrganization", {"slug": "acme"}, NOBODY),
        ("ListOrganizations", {}, {"organizations": [BETA], "next_page_token": ""}),
    ),
    *rows_of(
        ORGANIZATIONS,
        "us",
        ("ProvisionOrganization", {"id": "@acme.id", "slug": "acme"}, {"organization": ACME, "version": 1}),
        ("ProvisionOrganization", {"id": 999, "slug": "acme"}, Refused("ALREADY_EXISTS", "SLUG_TAKEN")),
        ("ProvisionOrganization", {"id": 999, "slug": "999"}, Refused(INVALID, "VALIDATION_FAILED", "slug")),
        caller="control",
    ),
    *rows_of(ORGANIZATIONS, "us", ("ProvisionOrganization", {"id": "@acme.id", "slug": "acme"}, DENIED)),
    *rows_of(ORGANIZATIONS, "control", ("ProvisionOrganization", {}, Refused("UNIMPLEMENTED", "UNIMPLEMENTED"))),
    *rows_of(REPLICAS, "us", ("ApplyChanges", {"changes": [OLD_APP]}, outcome("STALE")), caller="control"),
    *rows_of(REPLICAS, "us", ("ApplyChanges", {"changes": [OLD_APP]}, DENIED)),
    *rows_of(REPLICAS, "control", ("ApplyChanges", {"changes": [OLD_ACME]}, outcome("STALE")), caller="us"),
    *rows_of(
        REPLICAS,
        "control",
        ("ApplyChanges", {"changes": [OLD_ACME]}, outcome("REJECTED", "CALLER_NOT_OWNER")),
        ("GetDigests", {**APPS, "destination": "us"}, NOT_OWNER),
        caller="de",
    ),
    *rows_of(
        REPLICAS,
        "control us",
        ("GetDigests", {}, Refused(INVALID, "FIELD_MISSING", "category")),
        ("ListVersions", {**APPS, "page_size": -1}, Refused(INVALID, "INVALID_INPUT", "page_size")),
        ("ListVersions", {**APPS, "buckets": [1024]}, Refused(INVALID, "INVALID_INPUT", "buckets")),
        (
            "ListVersions",
            {**APPS, "tombstones": True, "destination": "us"},
            Refused(INVALID, "INVALID_INPUT", "tombstones"),
        ),
    ),
    *rows_of(
        REPLICAS,
        "us",
        ("GetDigests", {**APPS}, DIGESTS),
        ("ListVersions", {**APPS, "tombstones": True}, {"next_page_token": ""}),
    ),
    # Control owns apps and holds replicas of none: it has nothing to compare, and says so.
    *rows_of(
        REPLICAS,
        "control",
        ("GetDigests", {**APPS}, Refused(INVALID, "INVALID_INPUT", "category")),
        ("ListVersions", {**APPS, "tombstones": True}, Refused(INVALID, "INVALID_INPUT", "category")),
        ("ListVersions", {**APPS, "destination": "de"}, {"versions": [{"object_id": "@world.id", "checksum": ANY}]}),
    ),
    *rows_of(REPLICAS, "de", ("ListVersions", APPS, {"versions": [{"object_id": "@world.id", "checksum": ANY}]})),
    *rows_of(
        OUTBOX,
        "control",
        ("GetStatus", {}, {"silo": "control", "destinations": Includes({"destination": "us", "parked": 0})}),
        ("RepairReplicas", {**TOKENS, "destination": "us", "replicas": HELD}, {"unknown_ids": []}),
        *OPERATED,
    ),
    *rows_of(OUTBOX, "control", *NOT_FOR_SILOS, caller="us"),
    *rows_of(
        OUTBOX,
        "us",
        ("GetStatus", {}, {"silo": "us", "destinations": Includes({"destination": "control"})}),
        ("RepairReplicas", {**PLACES, "destination": "control", "replicas": HELD}, {"unknown_ids": [987654]}),
        *OPERATED,
    ),
    *rows_of(
        KEYS,
        "control us",
        ("ListKeys", {}, {"keys": Includes({"peer": "operator:cli", "key_id": ANY, "kept": False})}),
        ("AddKey", {"peer": "service:web"}, {"key_id": ANY, "secret": ANY, "in_force": True}),
        ("AddKey", {"peer": "robot:web"}, Refused(INVALID, "INVALID_INPUT", "peer")),
        ("AddKey", {}, Refused(INVALID, "FIELD_MISSING", "peer")),
        ("RevokeKey", {"peer": "us", "key_id": "none"}, Refused("NOT_FOUND", "KEY_NOT_FOUND")),
        ("RevokeKey", {"peer": "us"}, Refused(INVALID, "FIELD_MISSING", "key_id")),
    ),
    *rows_of(KEYS, "control", ("ListKeys", {}, DENIED), ("AddKey", {"peer": "us"}, DENIED), caller="us"),
    *rows_of(
        TOPOLOGY,
        "control",
        ("ListRegions", {}, {"regions": [{"name": "de", "number": ANY}, {"name": "us", "grpc_address": ANY}]}),
        ("ReplaceRegion", {"name": "xx"}, Refused("NOT_FOUND", "REGION_NOT_FOUND")),
        ("RemoveRegion", {"name": "xx"}, {}),
        ("RestoreOrganization", {"slug": "acme"}, {"region": "us"}),
        ("ReleaseOrganization", {"slug": "acme"}, Refused("ALREADY_EXISTS", "CONFLICT")),
    ),
    *rows_of(
        TOPOLOGY,
        "control",
        ("ListRegions", {}, DENIED),
        ("RegisterRegion", {"name": "us", **ADDRESSES}, Refused("ALREADY_EXISTS", "REGION_NAME_TAKEN")),
        # Older than anything that the region has said: it changes nothing.
        ("ReportAppHealth", {"revision": 0, "apps": [{"sentry_app_id": 1}]}, {}),
        ("ReportAppHealth", {"apps": [{}]}, Refused(INVALID, "FIELD_MISSING", "apps.sentry_app_id")),
        caller="us",
    ),
    *rows_of(TOPOLOGY, "control", ("RegisterRegion", {"name": "us", **ADDRESSES}, NOT_OWNER), caller="de"),
    *rows_of(
        IDENTITY,
        "control",
        (
            "Authenticate",
            {"token_hash": "@owner.hash"},
            {"principal": {"user": {"id": "@owner.id"}, "memberships": [IN_ACME]}},
        ),
        ("Authenticate", TOKEN, {"principal": {"app": {"app_id": "@kanban.id", **IN_ACME}, "memberships": []}}),
        ("Authenticate", {"token_hash": "0" * 64}, {"principal": None, "refusal": "Invalid token"}),
        ("Authenticate", {}, Refused(INVALID, "FIELD_MISSING", "session_hash")),
        caller="us",
    ),
    *rows_of(IDENTITY, "control", ("Authenticate", {"token_hash": "@owner.hash"}, DENIED)),
    *rows_of(
        MEMBERS,
        "control",
        ("FindMember", {**IN_ACME, "user_id": "@owner.id"}, {"member": {"email": "@owner.email"}}),
        ("FindMember", {**IN_ACME, "email": "@owner.email"}, {"member": {"id": "@owner.id"}}),
        ("FindMember", {**IN_ACME, "user_id": "@outsider.id"}, {"member": None}),
        ("FindMember", IN_ACME, Refused(INVALID, "FIELD_MISSING", "email")),
        caller="us",
    ),
    *rows_of(MEMBERS, "control", ("FindMember", {**IN_ACME, "user_id": "@owner.id"}, DENIED), caller="de"),
]
