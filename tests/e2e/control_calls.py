"""Calls to every endpoint that control serves itself: an app from its creation to its end, and who is refused.

The tables are complete: ``test_control_endpoints`` fails on an endpoint that is missing from one of them.
"""

import base64
from typing import Any, TypeAlias

from control_silo.services.audit import AuditEvent
from shared.http.application import PREFIX
from tests.e2e.walk import SIGNED_IN, Step
from tests.pictures import picture

Operation: TypeAlias = tuple[str, str]
"""Method and path, as the documentation has them."""
Refusal: TypeAlias = tuple[int, Any]
"""Status and body."""

NOBODY, OWNER, SESSION, ROOT, ANN, APP = "nobody", "owner", "owner's session", "superuser", "ann", "app"
STRANGER, ROOT_SESSION = "owner of another organization", "superuser's session"
SIGNING_IN = "ann, with her password"
EMAIL, PASSWORD = "ann@acme.example", "correct horse battery"
CALLERS = {
    NOBODY: {},
    OWNER: {"Authorization": "Bearer {owner_token}"},
    SESSION: {"Cookie": "sentrysid={owner_session}"},
    ROOT: {"Authorization": "Bearer {superuser_token}"},
    STRANGER: {"Cookie": "sentrysid={stranger_session}"},
    ROOT_SESSION: {"Cookie": "sentrysid={superuser_session}"},
    SIGNING_IN: {"Authorization": f"Basic {base64.b64encode(f'{EMAIL}:{PASSWORD}'.encode()).decode()}"},
    ANN: {"Cookie": f"sentrysid={{{SIGNED_IN}}}"},
    APP: {"Authorization": "Bearer {token}"},
}
APPS, ONE_APP = "/sentry-apps/", "/sentry-apps/{app_id_or_slug}/"
ORGANIZATION = "/organizations/{organization_id_or_slug}"
INSTALLATIONS, INSTALLATION = f"{ORGANIZATION}/sentry-app-installations/", "/sentry-app-installations/{uuid}/"
AUTHORIZATIONS = f"{INSTALLATION}authorizations/"
DELIVERIES = f"{ONE_APP}deliveries/"
IMPERSONATION = "/users/{user}/impersonation/"

SCOPES = ["event:read", "event:write"]
FORM = {
    "type": "alert-rule-settings",
    "uri": "/alert",
    "required_fields": [{"type": "text", "name": "t", "label": "T"}],
}
ACTION = {"type": "alert-rule-action", "title": "Create a card", "settings": FORM}
KANBAN = {
    "name": "Kanban",
    "organization": "{organization_id_or_slug}",
    "author": "Acme",
    "scopes": ["event:write"],
    "events": ["issue"],
    "webhookUrl": "{receiver}/hook",
    "schema": {"elements": [ACTION]},
}
BOT = {"name": "Bot", "organization": "{organization_id_or_slug}", "isInternal": True, "scopes": ["org:read"]}
GRANT = {"grant_type": "authorization_code", "code": "{code}", "client_id": "{client_id}", "client_secret": "{secret}"}
QUESTIONNAIRE = [{"question": "What does it do?", "answer": "Cards."}]
LOGO = {"color": True, "avatar_type": "upload", "avatar_photo": picture()}
FEATURE = {"feature": "organizations:integrations-event-hooks", "enabled": True}
NEW_USER = {"email": EMAIL, "password": PASSWORD, "organization": "{organization_id_or_slug}", "role": "member"}
INITECHS_OWNER = {"email": "bob@initech.example", "organization": "initech", "role": "owner"}
INSTALLED = {"app": {"slug": "kanban", "sentryAppId": int}, "organization": {"slug": "acme", "id": 1}, "uuid": "{uuid}"}
CALLED = [{"eventType": "installation.created", "responseCode": 200, "organization": {"slug": "acme"}}]
DELIVERED = {"event": "installation.created", "status": "delivered", "attempts": [{"responseCode": 200}]}

CLIENT = {"app_id_or_slug": "slug", "client_id": "clientId", "secret": "clientSecret"}
CODE = {"uuid": "uuid", "code": "code"}
IDS = {"app_id": "app.sentryAppId", "organization_id": "organization.id"}

PEOPLE = [
    Step(NOBODY, "GET", "/", 200, {"version": "0", "auth": None, "user": None}),
    Step(ROOT, "POST", "/users/", 201, {"email": EMAIL, "token": str, "session": str}, NEW_USER, keep={"user": "id"}),
    Step(ROOT, "POST", IMPERSONATION, 201, {"email": EMAIL, "session": str}),
    Step(SIGNING_IN, "POST", "/auth/", 200, {"email": EMAIL, "isSuperuser": False}),
    Step(ANN, "GET", "/auth/", 200, {"email": EMAIL}),
    Step(ANN, "GET", "/users/me/", 200, {"email": EMAIL}),
    Step(ANN, "GET", "/users/me/regions/", 200, {"regions": [{"name": "de"}, {"name": "us"}]}),
    Step(ANN, "DELETE", "/auth/", 204),
]
ORGANIZATIONS = [
    Step(ROOT, "POST", "/organizations/", 201, {"id": str, "region": "de"}, {"slug": "globex", "region": "de"}),
    Step(ROOT, "GET", "/organizations/", 200, [{"id": "1", "slug": "acme"}, {"slug": "globex"}]),
    Step(ROOT, "PUT", f"{ORGANIZATION}/features/", 200, FEATURE, FEATURE),
]
MAKING = [
    Step(OWNER, "POST", APPS, 201, {"status": "unpublished", "scopes": SCOPES}, KANBAN, keep=CLIENT),
    Step(OWNER, "GET", APPS, 200, [{"slug": "kanban"}], query="?status=unpublished"),
    Step(OWNER, "GET", ONE_APP, 200, {"clientSecret": "{secret}", "owner": {"id": 1, "slug": "acme"}, "avatars": []}),
    Step(OWNER, "PUT", ONE_APP, 200, {"overview": "Cards", "events": ["issue"]}, {"overview": "Cards"}),
    Step(OWNER, "GET", f"{ORGANIZATION}/sentry-apps/", 200, [{"slug": "kanban", "overview": "Cards"}]),
    Step(OWNER, "GET", f"{ONE_APP}features/", 200, [{"featureId": 0, "featureGate": "integrations-api"}]),
    Step(OWNER, "GET", f"{ONE_APP}components/", 200, [{"type": "alert-rule-action", "schema": ACTION, "error": ""}]),
    Step(OWNER, "PUT", f"{ONE_APP}avatar/", 200, {"avatars": [{"avatarType": "upload", "photoType": "logo"}]}, LOGO),
    Step(OWNER, "GET", f"{ONE_APP}avatar/", 200, {"slug": "kanban", "avatars": [{"color": True}]}),
    Step(OWNER, "POST", f"{ONE_APP}rotate-secret/", 200, {"clientSecret": str}, keep={"secret": "clientSecret"}),
    Step(OWNER, "POST", f"{ONE_APP}publish-request/", 201, None, {"questionnaire": QUESTIONNAIRE}),
]
INSTALLING = [
    Step(OWNER, "POST", INSTALLATIONS, 200, {"status": "pending"}, {"slug": "kanban"}, keep=CODE),
    Step(OWNER, "GET", INSTALLATIONS, 200, [{**INSTALLED, "status": "pending", "code": "{code}"}]),
    Step(NOBODY, "POST", AUTHORIZATIONS, 201, {"scopes": SCOPES}, GRANT, keep={"token": "token"}),
    Step(APP, "PUT", INSTALLATION, 200, {**INSTALLED, "status": "installed"}, {"status": "installed"}),
    Step(APP, "GET", INSTALLATION, 200, {**INSTALLED, "status": "installed"}),
]
ATTEMPT = {"startedAt": "2030-01-01T00:00:00Z", "durationMs": 1, "responseCode": 200}
WATCHING = [
    Step(OWNER, "GET", DELIVERIES, 200, [DELIVERED], keep={"delivery_id": "0.id"}, is_awaited=True),
    Step(OWNER, "GET", f"{DELIVERIES}{{delivery_id}}/", 200, {"id": "{delivery_id}", **DELIVERED}),
    Step(OWNER, "POST", f"{DELIVERIES}{{delivery_id}}/redeliver/", 202, {"id": "{delivery_id}"}),
    Step(OWNER, "POST", f"{DELIVERIES}{{delivery_id}}/attempts/", 201, {"id": "{delivery_id}"}, ATTEMPT),
    Step(OWNER, "POST", f"{ONE_APP}test/", 202, {"status": "pending"}, {"event": "installation.created"}),
    Step(OWNER, "GET", f"{ONE_APP}channel/", 200, {}, keep={"channel": "url"}),
    Step(OWNER, "GET", f"{ONE_APP}stream/", 200, query="?seconds=0"),
    Step(NOBODY, "GET", f"{ONE_APP}stream/{{channel}}/", 404),
    Step(OWNER, "POST", f"{DELIVERIES}redeliver/", 202, {"count": 0}, {"event": "installation.deleted"}),
    Step(OWNER, "GET", f"{ONE_APP}webhook-requests/", 200, CALLED, is_awaited=True),
    Step(OWNER, "GET", f"{ONE_APP}requests/", 200, CALLED),
    Step(OWNER, "GET", f"{ONE_APP}stats/", 200, {"totalInstalls": 1, "totalUninstalls": 0}),
    Step(ROOT, "GET", "/sentry-apps-stats/", 200, [{"id": int, "slug": "kanban", "installs": 1}]),
]
ENDING = [
    Step(OWNER, "DELETE", INSTALLATION, 204),
    Step(OWNER, "POST", APPS, 201, {"status": "internal", "author": "Acme"}, BOT, keep={"app_id_or_slug": "slug"}),
    Step(SESSION, "POST", f"{ONE_APP}api-tokens/", 201, {"token": str, "expiresAt": None}, keep={"token_id": "id"}),
    Step(SESSION, "GET", f"{ONE_APP}api-tokens/", 200, [{"id": "{token_id}", "scopes": ["org:read"]}]),
    Step(SESSION, "DELETE", f"{ONE_APP}api-tokens/{{token_id}}/", 204),
    Step(OWNER, "DELETE", ONE_APP, 204),
    Step(OWNER, "GET", f"{ORGANIZATION}/audit-logs/", 200, {"rows": [{"event": str(each)} for each in AuditEvent]}),
]
STEPS = [*PEOPLE, *ORGANIZATIONS, *MAKING, *INSTALLING, *WATCHING, *ENDING]


def operations(*lines: str) -> set[Operation]:
    """``GET /path/`` each; several methods are separated by commas."""
    split = [line.split() for line in lines]
    return {(method, PREFIX + path) for methods, path in split for method in methods.split(",")}


def refused(status: int, detail: str, **more: Any) -> Refusal:
    return status, {"detail": detail, **more}


OPEN = operations("GET /", "DELETE /auth/", f"POST {AUTHORIZATIONS}", f"GET {ONE_APP}stream/{{channel}}/")
"""What takes no credentials, or takes them in its body or its path."""
OPEN_TO_STRANGERS = OPEN | operations(
    *("GET,POST /auth/", "GET /users/me/", "GET /users/me/regions/", f"GET {APPS}", "GET /organizations/")
)
NO_CREDENTIALS = refused(401, "Authentication credentials were not provided.")
NO_PERMISSION = refused(403, "You do not have permission to perform this action.")
NO_APP = refused(404, "Could not find the requested sentry app")
NO_ORGANIZATION = refused(404, "Could not find requested organization")
NO_INSTALLATION = refused(404, "Could not find given sentry app installation")
THEIRS = {"user_organizations": ["initech"]}
OWNERS_ALONE = refused(403, "User must be in the app owner's organization for unpublished apps", context=THEIRS)

HIDING = [
    Step(ROOT, "POST", "/organizations/", 201, {"slug": "initech"}, {"slug": "initech", "region": "us"}),
    Step(ROOT, "POST", "/users/", 201, None, INITECHS_OWNER, keep={"stranger_session": "session"}),
    Step(OWNER, "POST", APPS, 201, {"slug": "hidden"}, {**KANBAN, "name": "Hidden"}, keep=CLIENT),
    Step(OWNER, "POST", INSTALLATIONS, 200, {"status": "pending"}, {"slug": "hidden"}, keep=CODE | IDS),
]
"""An app of acme's, installed there, and a stranger to it."""
FROM_STRANGERS: list[tuple[Refusal, set[Operation]]] = [
    (
        OWNERS_ALONE,
        operations(
            f"GET,PUT,DELETE {ONE_APP}",
            f"GET {ONE_APP}features/",
            f"GET {ONE_APP}components/",
            f"GET,PUT {ONE_APP}avatar/",
            f"POST {ONE_APP}publish-request/",
            f"GET,POST {ONE_APP}api-tokens/",
            f"DELETE {ONE_APP}api-tokens/{{token_id}}/",
            f"GET {ONE_APP}webhook-requests/",
            f"GET {ONE_APP}requests/",
            f"GET {DELIVERIES}",
            f"GET {DELIVERIES}{{delivery_id}}/",
            f"POST {DELIVERIES}{{delivery_id}}/redeliver/",
            f"POST {DELIVERIES}redeliver/",
            f"POST {DELIVERIES}{{delivery_id}}/attempts/",
            f"POST {ONE_APP}test/",
            f"GET {ONE_APP}channel/",
            f"GET {ONE_APP}stream/",
        ),
    ),
    (NO_APP, operations(f"POST {ONE_APP}rotate-secret/")),
    (refused(403, "User does not belong to the 'acme' organization."), operations(f"POST {APPS}")),
    (NO_ORGANIZATION, operations(f"GET,POST {INSTALLATIONS}")),
    (refused(404, "Given organization is not valid"), operations(f"GET,PUT,DELETE {INSTALLATION}")),
    (
        NO_PERMISSION,
        operations(
            *(f"GET {ONE_APP}stats/", "GET /sentry-apps-stats/", "POST /organizations/", "POST /users/"),
            f"POST {IMPERSONATION}",
            *(f"GET {ORGANIZATION}/sentry-apps/", f"PUT {ORGANIZATION}/features/", f"GET {ORGANIZATION}/audit-logs/"),
        ),
    ),
]
UNKNOWN = {
    "app_id_or_slug": NO_APP,
    "organization_id_or_slug": NO_ORGANIZATION,
    "user": refused(404, "Could not find the requested user."),
    "uuid": NO_INSTALLATION,
}
"""What is answered about a thing that does not exist, by the first parameter of the path."""
