"""Examples of what a region answers, for the documentation: one issue of a web shop, and its ticket."""

from typing import Any

from pydantic import ConfigDict

NOW = "2030-01-01T12:00:00.000000Z"
EVENT_ID = "f1d2d2f924e986ac86fdf7b36c94bcdf"
KEY = "0123456789abcdef0123456789abcdef"
APP_UUID = "9f0c2a7e-1f7b-4a53-8a4c-3f6f0f6b2f11"


def shown_by(*examples: dict[str, Any]) -> ConfigDict:
    """The configuration of a shape that these examples show."""
    return ConfigDict(json_schema_extra={"examples": list(examples)})


ORGANIZATION: dict[str, Any] = {
    "id": "1",
    "slug": "acme",
    "name": "Acme",
    "status": {"id": "active", "name": "active"},
    "links": {"organizationUrl": "http://127.0.0.1:8000", "regionUrl": "http://127.0.0.1:8001"},
    "access": ["event:read", "org:read", "project:read"],
    "avatar": {"avatarType": "letter_avatar", "avatarUuid": None, "avatarUrl": None},
    "dateCreated": NOW,
    "isEarlyAdopter": False,
    "require2FA": False,
    "hasAuthProvider": False,
    "orgRole": "member",
}
PROJECT: dict[str, Any] = {
    "id": "1025",
    "slug": "web",
    "name": "Web",
    "platform": "python",
    "dateCreated": NOW,
    "firstEvent": NOW,
    "status": "active",
    "hasAccess": True,
    "isMember": True,
    "features": [],
    "teams": [],
    "organization": {"id": "1", "slug": "acme", "name": "Acme"},
}
PROJECT_KEY: dict[str, Any] = {
    "id": KEY,
    "name": "Default",
    "label": "Default",
    "public": KEY,
    "projectId": 1025,
    "isActive": True,
    "dsn": {"public": f"http://{KEY}@127.0.0.1:8001/1025"},
    "dateCreated": NOW,
}
ISSUE: dict[str, Any] = {
    "id": "5121",
    "shareId": None,
    "shortId": "WEB-1",
    "title": "ValueError: basket is empty",
    "culprit": "shop.checkout in pay",
    "permalink": "http://127.0.0.1:8001/organizations/acme/issues/5121/",
    "logger": None,
    "level": "error",
    "status": "unresolved",
    "statusDetails": {},
    "substatus": "new",
    "isPublic": False,
    "platform": "python",
    "project": {"id": "1025", "name": "Web", "slug": "web", "platform": "python"},
    "type": "error",
    "issueType": "error",
    "issueCategory": "error",
    "metadata": {"type": "ValueError", "value": "basket is empty"},
    "numComments": 1,
    "assignedTo": {"type": "user", "id": "2", "name": "Jane Doe", "email": "jane@acme.example"},
    "isBookmarked": False,
    "isSubscribed": False,
    "subscriptionDetails": None,
    "hasSeen": False,
    "annotations": [],
    "count": "17",
    "userCount": 3,
    "firstSeen": NOW,
    "lastSeen": NOW,
}
ACTIVITY: dict[str, Any] = {
    "id": "1",
    "type": "assigned",
    "user": {"type": "user", "id": "2", "name": "Jane Doe"},
    "data": {"assignee": "2"},
    "dateCreated": NOW,
}
CHANGED_ISSUES: dict[str, Any] = {"status": "resolved", "statusDetails": {}, "substatus": None}
SHORT_ID: dict[str, Any] = {
    "organizationSlug": "acme",
    "projectSlug": "web",
    "groupId": "5121",
    "shortId": "WEB-1",
    "group": ISSUE,
}
COMMENT: dict[str, Any] = {
    "id": "1",
    "type": "note",
    "issue": "5121",
    "user": {"type": "user", "id": "2", "name": "Jane Doe", "email": "jane@acme.example"},
    "data": {"text": "Fixed in 1.2."},
    "dateCreated": NOW,
    "dateUpdated": NOW,
}
_EVENT_OUTLINE: dict[str, Any] = {
    "id": EVENT_ID,
    "eventID": EVENT_ID,
    "groupID": "5121",
    "projectID": "1025",
    "title": "ValueError: basket is empty",
    "message": "",
    "location": None,
    "culprit": "shop.checkout in pay",
    "platform": "python",
    "tags": [{"key": "level", "value": "error"}],
    "user": None,
    "dateCreated": NOW,
    "crashFile": None,
}
EVENT_SUMMARY: dict[str, Any] = {**_EVENT_OUTLINE, "event.type": "error"}
EVENT: dict[str, Any] = {
    **_EVENT_OUTLINE,
    "type": "error",
    "metadata": {"type": "ValueError", "value": "basket is empty"},
    "size": 153,
    "entries": [{"type": "exception", "data": {"values": [{"type": "ValueError", "value": "basket is empty"}]}}],
    "dist": None,
    "release": {"version": "shop@1.1"},
    "contexts": {},
    "sdk": None,
    "context": {},
    "packages": {},
    "errors": [],
    "dateReceived": NOW,
    "nextEventID": None,
    "previousEventID": None,
}
EXTERNAL_ISSUE: dict[str, Any] = {
    "id": "1",
    "issueId": "5121",
    "serviceType": "acme-kanban",
    "displayName": "WEB#7",
    "webUrl": "https://kanban.acme.example/card/7",
}
EXTERNAL_ISSUE_ACTION: dict[str, Any] = {
    "groupId": "5121",
    "action": "create",
    "uri": "/issues/create",
    "title": "The basket may be empty",
    "board": "7",
}
CHOICES: dict[str, Any] = {"choices": [["7", "Web shop"], ["8", "Warehouse"]], "defaultValue": "7"}
COMPONENT: dict[str, Any] = {
    "uuid": "4d8c6a60-3f0e-4e0a-9d52-6a2a2c2e9b7d",
    "type": "stacktrace-link",
    "schema": {"type": "stacktrace-link", "uri": "/source", "url": "https://kanban.acme.example/source"},
    "error": "",
    "sentryApp": {"uuid": APP_UUID, "slug": "acme-kanban", "name": "Acme Kanban", "avatars": []},
}
INTERACTION: dict[str, Any] = {
    "views": [[1893456000, 5], [1893459600, 0]],
    "componentInteractions": {"issue-link": [[1893456000, 2], [1893459600, 0]]},
}
SERVICE_HOOK_PROJECT: dict[str, Any] = {"id": "1", "project_id": "1025"}
