"""What a region serves, one call for every method and path: how it is asked, and what of the answer matters.

In paths, bodies and answers, names in braces stand for the things of ``tests.e2e.region_stage``. In answers, an object
may have more keys than are named here, and a type stands for any value of it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

ORGANIZATION = "/organizations/{organization_id_or_slug}/"
PROJECT = "/projects/{organization_id_or_slug}/{project_id_or_slug}/"
INSTALLATION = "/sentry-app-installations/{uuid}/"
INTERACTION = "/sentry-apps/{sentry_app_id_or_slug}/interaction/"

TICKET = {"webUrl": "https://kanban.example/7", "project": "web", "identifier": "7"}
NOTIFY = {
    "id": "sentry.rules.actions.notify_event_sentry_app.NotifyEventSentryAppAction",
    "sentryAppInstallationUuid": "{uuid}",
    "settings": [{"name": "channel", "value": "general"}],
    "hasSchemaFormConfig": True,
}
RULE = {"name": "Any", "actions": [NOTIFY]}
_METRIC_ACTION = {"type": "sentry_app", "targetType": "sentry_app", "sentryAppInstallationUuid": "{uuid}"}
ALERT = {
    "name": "Many",
    "projects": ["web"],
    "timeWindow": 10,
    "triggers": [{"label": "critical", "alertThreshold": 100, "actions": [_METRIC_ACTION]}],
}

_NAME = re.compile(r"{(\w+)}")


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request, and what is expected of its answer."""

    method: str
    path: str
    """As in ``/openapi.json``, below ``/api/0``."""
    status: int = 200
    shows: Any = None
    """What the answer's body must hold; None for an empty body."""
    body: Any = None
    query: dict[str, str] = field(default_factory=dict)
    by: str = "owner"
    """``owner``, ``session`` of theirs, ``app``."""
    after: str = ""
    """Name of a thing that must have been made before, though nothing names it."""

    @property
    def names(self) -> set[str]:
        """Names of the things that it is about."""
        told = repr((self.path, self.query, self.body, self.shows))
        return {*_NAME.findall(told), *filter(None, [self.after])}


def _on_issue(method: str, rest: str = "", **fields: Any) -> Iterator[Call]:
    for prefix in (f"{ORGANIZATION}issues/{{issue_id}}/", "/issues/{issue_id}/"):
        yield Call(method=method, path=prefix + rest, **fields)


_USER = {"id": "{user_id}", "email": "owner@acme.example", "isSentryApp": False}
_ORGANIZATION = {
    "id": "{organization_id}",
    "slug": "acme",
    "links": {"organizationUrl": "{control_url}", "regionUrl": "{region_url}"},
}
_PROJECT = {"id": "{project_id}", "slug": "web", "organization": {"slug": "acme"}}
_ISSUE = {
    "id": "{issue_id}",
    "shortId": "{short_id}",
    "title": "KeyError: 'x'",
    "permalink": "{control_url}/organizations/acme/issues/{issue_id}/",
    "count": str,
    "level": "error",
    "platform": "python",
    "project": {"id": "{project_id}", "slug": "web", "name": str, "platform": str},
    "metadata": {"type": "KeyError", "value": "'x'"},
    "assignedTo": None,
    "annotations": [],
}
_EVENT = {"id": "{event_id}", "eventID": "{event_id}", "groupID": "{issue_id}", "projectID": "{project_id}"}
_LEVEL = {"key": "level", "value": "error", "count": int, "firstSeen": str, "lastSeen": str}
_COMMENT = {"id": str, "issue": "{issue_id}", "user": {"id": str, "type": str}, "data": {"text": "Seen."}}
_LINK = {
    "id": str,
    "issueId": "{issue_id}",
    "serviceType": "{sentry_app_id_or_slug}",
    "displayName": "web#7",
    "webUrl": TICKET["webUrl"],
}
_RULE = {"id": str, "name": "Any", "projects": ["web"], "actions": [{"sentryAppInstallationUuid": "{uuid}"}]}
_ALERT = {"id": str, "name": "Many", "projects": ["web"], "triggers": [{"label": "critical", "alertThreshold": 100}]}
_HOOK_PROJECT = {"id": str, "project_id": "{project_id}"}
_RESOLVED = {"status": "resolved", "substatus": None}
_CHOICES = [["1", "One"], [2, "Two"]]
_COMPONENTS = [
    {"type": "issue-link", "error": "", "schema": {"create": {"required_fields": [{"choices": _CHOICES}]}}},
    {"type": "alert-rule-action", "error": "", "sentryApp": {"slug": "{sentry_app_id_or_slug}"}},
]

CALLS = (
    Call(method="GET", path="/", shows={"version": "0", "auth": {"scopes": list}, "user": _USER}),
    Call(method="GET", path="/auth/", shows=_USER, by="session"),
    Call(method="GET", path="/users/me/", shows={"isSentryApp": True, "email": str}, by="app"),
    Call(method="GET", path="/organizations/", shows=[_ORGANIZATION], by="app"),
    Call(method="GET", path=ORGANIZATION, shows=_ORGANIZATION | {"access": list, "orgRole": "owner"}, by="session"),
    Call(method="GET", path="/projects/", shows=[{"slug": str, "organization": {"slug": "acme", "links": dict}}]),
    Call(method="GET", path=f"{ORGANIZATION}projects/", query={"per_page": "1"}, shows=[{"id": str, "slug": str}]),
    Call(method="POST", path=f"{ORGANIZATION}projects/", body={"slug": "{new}"}, status=201, shows={"slug": "{new}"}),
    Call(method="GET", path=PROJECT, shows=_PROJECT, by="app"),
    Call(method="PUT", path=PROJECT, body={"safeFields": ["author"]}, shows={"safeFields": ["author"]}),
    Call(method="GET", path=f"{PROJECT}keys/", shows=[{"public": "{key}", "dsn": {"public": "{dsn}"}}]),
    Call(method="GET", path=f"{PROJECT}rules/", query={"per_page": "1"}, shows=[_RULE], after="rule_id"),
    Call(method="POST", path=f"{PROJECT}rules/", body=RULE, shows=_RULE),
    Call(method="GET", path=f"{PROJECT}rules/{{rule_id}}/", shows=_RULE | {"id": "{rule_id}"}),
    Call(method="PUT", path=f"{PROJECT}rules/{{rule_id}}/", body=RULE, shows=_RULE),
    Call(method="DELETE", path=f"{PROJECT}rules/{{rule_id}}/", status=204),
    Call(
        method="GET", path=f"{ORGANIZATION}alert-rules/", query={"per_page": "1"}, shows=[_ALERT], after="alert_rule_id"
    ),
    Call(method="POST", path=f"{ORGANIZATION}alert-rules/", body=ALERT, status=201, shows=_ALERT),
    Call(method="GET", path=f"{ORGANIZATION}alert-rules/{{alert_rule_id}}/", shows=_ALERT | {"id": "{alert_rule_id}"}),
    Call(method="PUT", path=f"{ORGANIZATION}alert-rules/{{alert_rule_id}}/", body=ALERT, shows=_ALERT),
    Call(method="DELETE", path=f"{ORGANIZATION}alert-rules/{{alert_rule_id}}/", status=204),
    Call(method="GET", path=f"{ORGANIZATION}issues/", query={"query": "KeyError"}, shows=[_ISSUE], by="app"),
    Call(method="GET", path=f"{PROJECT}issues/", query={"query": "KeyError"}, shows=[_ISSUE]),
    Call(
        method="PUT",
        path=f"{ORGANIZATION}issues/",
        query={"id": "{short_id}"},
        body={"status": "resolved"},
        shows=_RESOLVED,
        by="app",
    ),
    Call(
        method="PUT",
        path=f"{PROJECT}issues/",
        query={"id": "{issue_id}"},
        body={"status": "resolved"},
        shows=_RESOLVED,
    ),
    *_on_issue("GET", shows=_ISSUE | {"activity": list}, by="app"),
    *_on_issue("PUT", body={"status": "resolved", "assignedTo": ""}, shows=_ISSUE | _RESOLVED, by="session"),
    Call(
        method="GET",
        path=f"{ORGANIZATION}shortids/{{short_id}}/",
        shows={"organizationSlug": "acme", "projectSlug": "web", "groupId": "{issue_id}", "group": _ISSUE},
    ),
    *_on_issue("GET", "events/", query={"per_page": "1"}, shows=[_EVENT]),
    *_on_issue("GET", "events/{event_id}/", shows=_EVENT | {"entries": [{"type": "exception"}]}, by="app"),
    *_on_issue("GET", "activities/", shows={"activity": list}),
    Call(
        method="GET",
        path=f"{ORGANIZATION}events/",
        query={"field": "title", "query": "level:error"},
        shows={"data": list, "meta": {"fields": {"title": "string"}}},
    ),
    Call(method="GET", path=f"{ORGANIZATION}events/validate/", query={"field": "title"}, shows={"valid": True}),
    *_on_issue("GET", "hashes/", shows=[{"id": str, "latestEvent": {"groupID": "{issue_id}"}}]),
    *_on_issue("GET", "integrations/", shows=[]),
    *_on_issue("GET", "tags/", query={"per_page": "1"}, shows=[{"key": str, "topValues": list}]),
    *_on_issue("GET", "tags/{tag_key}/", shows={"key": "level", "name": "Level", "topValues": [_LEVEL]}, by="app"),
    *_on_issue("GET", "tags/{tag_key}/values/", shows=[_LEVEL]),
    Call(
        method="GET",
        path=f"{ORGANIZATION}eventids/{{event_id}}/",
        shows={"organizationSlug": "acme", "projectSlug": "web", "groupId": "{issue_id}", "event": _EVENT},
    ),
    Call(method="GET", path=f"{PROJECT}events/", query={"per_page": "1"}, shows=[_EVENT]),
    Call(method="GET", path=f"{PROJECT}events/{{event_id}}/", shows=_EVENT | {"type": "error"}),
    *_on_issue("GET", "comments/", query={"per_page": "1"}, shows=[_COMMENT], after="comment_id"),
    *_on_issue("POST", "comments/", body={"text": "Seen."}, status=201, shows=_COMMENT, by="app"),
    *_on_issue("PUT", "comments/{comment_id}/", body={"text": "Seen."}, shows=_COMMENT | {"id": "{comment_id}"}),
    *_on_issue("DELETE", "comments/{comment_id}/", status=204, by="session"),
    *_on_issue("GET", "external-issues/", shows=[_LINK], by="app", after="external_issue_id"),
    *_on_issue("DELETE", "external-issues/{external_issue_id}/", status=204),
    Call(
        method="POST",
        path=f"{INSTALLATION}external-issues/",
        body={"issueId": "{short_id}", **TICKET},
        shows=_LINK,
        by="app",
    ),
    Call(method="DELETE", path=f"{INSTALLATION}external-issues/{{external_issue_id}}/", status=204, by="app"),
    Call(
        method="POST",
        path=f"{INSTALLATION}external-issue-actions/",
        body={"groupId": "{issue_id}", "action": "create", "uri": "/create", "board": "1"},
        shows=_LINK,
        by="session",
    ),
    Call(method="GET", path=f"{ORGANIZATION}sentry-app-components/", shows=_COMPONENTS, by="session"),
    Call(
        method="GET",
        path=f"{INSTALLATION}external-requests/",
        query={"uri": "/boards", "projectId": "{project_id}"},
        shows={"choices": _CHOICES},
    ),
    Call(
        method="GET",
        path=f"{INSTALLATION}service-hook-projects/",
        shows=[_HOOK_PROJECT],
        by="app",
        after="hook_project_id",
    ),
    Call(
        method="POST",
        path=f"{INSTALLATION}service-hook-projects/",
        body={"projects": ["web"]},
        shows=[_HOOK_PROJECT],
    ),
    Call(method="DELETE", path=f"{INSTALLATION}service-hook-projects/", status=204),
    Call(
        method="POST",
        path=INTERACTION,
        body={"tsdbField": "sentry_app_viewed"},
        status=201,
        shows={},
        by="session",
    ),
    Call(
        method="GET",
        path=INTERACTION,
        shows={"views": list, "componentInteractions": {"issue-link": list, "alert-rule-action": list}},
    ),
)
