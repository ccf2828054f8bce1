"""The part of the golden story that plays in a region. It is asked through control, as clients with one base URL do."""

from typing import Any

from shared.domain.peer import CONTROL
from tests.contract.rest.stage import REGION, Stage
from tests.integration.region.issues.world import envelope_of, exception

EVENT_ID = "0123456789abcdef0123456789abcdef"
RULE = {
    "name": "Tell Kanban",
    "actionMatch": "all",
    "filterMatch": "all",
    "frequency": 30,
    "conditions": [{"id": "sentry.rules.conditions.first_seen_event.FirstSeenEventCondition"}],
}


def tell(stage: Stage, installation: str) -> None:
    """Acme's projects and issues, and what the installed app does with them."""
    tell_of_the_region_itself(stage)
    tell_of_projects(stage)
    issue = tell_of_issues(stage)
    tell_of_comments(stage, issue)
    tell_of_an_apps_components(stage, installation)
    tell_of_links(stage, installation, issue)
    tell_of_hooks_and_rules(stage, installation)
    tell_of_interaction(stage)


def tell_of_the_region_itself(stage: Stage) -> None:
    """What control has an endpoint of its own for, asked at the region's address."""
    for path in ("/", "/auth/", "/users/me/", "/organizations/"):
        stage.ask(REGION, "GET", path, silo=REGION)
    stage.ask(REGION, "GET", "/", by="nobody", silo=REGION)
    stage.ask(REGION, "GET", "/organizations/acme/")


def tell_of_projects(stage: Stage) -> None:
    stage.ask(REGION, "POST", "/organizations/acme/projects/", {"slug": "web", "name": "Web"})
    stage.ask(REGION, "GET", "/organizations/acme/projects/")
    stage.ask(REGION, "GET", "/projects/")
    stage.ask(REGION, "GET", "/projects/acme/web/")
    stage.ask(REGION, "PUT", "/projects/acme/web/", {"sensitiveFields": ["iban"], "dataScrubber": "maybe"})
    stage.ask(REGION, "PUT", "/projects/acme/web/", {"sensitiveFields": ["iban"], "safeFields": ["author"]})
    keys = stage.ask(REGION, "GET", "/projects/acme/web/keys/")
    event = exception(release="shop@1.2", environment="prod", user={"id": "7", "email": "ann@shop.example"})
    key = {"x-sentry-auth": f"Sentry sentry_key={keys[0]['public']}, sentry_version=7"}
    path = f"/api/{keys[0]['projectId']}/envelope/"
    envelope = envelope_of(event | {"event_id": EVENT_ID}, event_id=EVENT_ID)
    assert stage.http.call("POST", CONTROL, path, headers=key, content=envelope).status_code == 200


def tell_of_issues(stage: Stage) -> str:
    """Answers the id of the only issue."""

    def ask(*args: Any, **kwargs: Any) -> Any:
        return stage.ask(REGION, *args, **kwargs)

    issue = ask("GET", "/organizations/acme/issues/?query=is:unresolved")[0]["id"]
    ask("GET", "/projects/acme/web/issues/")
    ask("GET", "/organizations/acme/shortids/WEB-1/")
    for path in ("/organizations/acme/issues/WEB-1/", f"/issues/{issue}/"):
        ask("GET", path)
        ask("GET", f"{path}events/")
        ask("GET", f"{path}events/latest/")
        for part in ("activities/", "hashes/", "integrations/", "tags/", "tags/release/", "tags/release/values/"):
            ask("GET", path + part)
    ask("GET", "/projects/acme/web/events/")
    ask("GET", f"/projects/acme/web/events/{EVENT_ID}/")
    ask("GET", f"/organizations/acme/eventids/{EVENT_ID}/")
    ask("GET", "/organizations/acme/events/?field=title&field=count()&query=level:error&sort=-count()")
    ask("GET", "/organizations/acme/events/validate/?field=title&field=p95(x)&query=level:error&dataset=spans")
    ask("PUT", "/organizations/acme/issues/WEB-1/", {"assignedTo": "owner@acme.example"})
    ask("PUT", f"/issues/{issue}/", {"status": "resolved"}, by="kanban")
    ask("PUT", f"/organizations/acme/issues/?id={issue}", {"status": "unresolved"})
    ask("PUT", f"/projects/acme/web/issues/?id={issue}", {"status": "ignored"})
    for body in ({"status": "ignored", "statusDetails": {"ignoreCount": 2}}, {"status": "resolvedInNextRelease"}):
        ask("PUT", f"/organizations/acme/issues/?id={issue}", body)
    return str(issue)


def tell_of_comments(stage: Stage, issue: str) -> None:
    for path in ("/organizations/acme/issues/WEB-1/", f"/issues/{issue}/"):
        made = stage.ask(REGION, "POST", f"{path}comments/", {"text": "Looking."})
        stage.ask(REGION, "PUT", f"{path}comments/{made['id']}/", {"text": "Found."})
        stage.ask(REGION, "GET", f"{path}comments/", by="member")
        stage.ask(REGION, "DELETE", f"{path}comments/{made['id']}/")


def tell_of_an_apps_components(stage: Stage, installation: str) -> None:
    stage.third_party.answers("/boards", json=[{"value": 1, "label": "One"}, {"value": "2", "label": "Two"}])
    stage.ask(REGION, "GET", "/organizations/acme/sentry-app-components/?filter=issue-link", by="member")
    stage.third_party.answers("/boards", status=500, json={"message": "The boards are away."})
    stage.ask(REGION, "GET", "/organizations/acme/sentry-app-components/")
    path = f"/sentry-app-installations/{installation}/external-requests/?uri=/boards"
    stage.ask(REGION, "GET", path)
    stage.third_party.answers("/boards", json=[{"value": 1, "label": "One", "default": True}])
    stage.ask(REGION, "GET", path)


def tell_of_links(stage: Stage, installation: str, issue: str) -> None:
    def ask(*args: Any, **kwargs: Any) -> Any:
        return stage.ask(REGION, *args, **kwargs)

    app = f"/sentry-app-installations/{installation}"
    link = {"issueId": issue, "webUrl": "https://kanban.example/7", "project": "web", "identifier": "7"}
    made = ask("POST", f"{app}/external-issues/", link, by="kanban")
    ask("GET", f"/issues/{issue}/external-issues/")
    ask("DELETE", f"{app}/external-issues/{made['id']}/", by="kanban")
    stage.third_party.answers("/create", status=201, json=link)
    action = {"groupId": issue, "action": "create", "uri": "/create", "title": "Oh"}
    for path in ("/organizations/acme/issues/WEB-1/external-issues/", f"/issues/{issue}/external-issues/"):
        made = ask("POST", f"{app}/external-issue-actions/", action)
        ask("GET", path)
        ask("DELETE", f"{path}{made['id']}/")


METRIC_ACTION = {
    "type": "sentry_app",
    "targetType": "sentry_app",
    "settings": [{"name": "title", "value": "Look"}],
}


def tell_of_hooks_and_rules(stage: Stage, installation: str) -> None:
    def ask(*args: Any, **kwargs: Any) -> Any:
        return stage.ask(REGION, *args, **kwargs)

    path = f"/sentry-app-installations/{installation}/service-hook-projects/"
    ask("POST", path, {"projects": ["web"]})
    ask("GET", path)
    ask("DELETE", path)
    stage.third_party.answers("/alert", json={})
    action = {
        "id": "sentry.rules.actions.notify_event_sentry_app.NotifyEventSentryAppAction",
        "sentryAppInstallationUuid": installation,
        "settings": [{"name": "title", "value": "Look"}],
    }
    made = ask("POST", "/projects/acme/web/rules/", RULE | {"actions": [action]})
    ask("GET", "/projects/acme/web/rules/")
    ask("GET", f"/projects/acme/web/rules/{made['id']}/")
    ask("PUT", f"/projects/acme/web/rules/{made['id']}/", made | {"name": "Other", "frequency": 60})
    ask("DELETE", f"/projects/acme/web/rules/{made['id']}/")
    trigger = {
        "label": "critical",
        "alertThreshold": 100,
        "actions": [METRIC_ACTION | {"sentryAppInstallationUuid": installation}],
    }
    alert = {"name": "Many", "projects": ["web"], "timeWindow": 10, "triggers": [trigger]}
    kept = ask("POST", "/organizations/acme/alert-rules/", alert)
    ask("POST", "/organizations/acme/alert-rules/", alert | {"aggregate": "p95()"})
    ask("GET", "/organizations/acme/alert-rules/")
    ask("GET", f"/organizations/acme/alert-rules/{kept['id']}/")
    ask("PUT", f"/organizations/acme/alert-rules/{kept['id']}/", kept | {"name": "Too many", "resolveThreshold": 10})
    ask("DELETE", f"/organizations/acme/alert-rules/{kept['id']}/")


def tell_of_interaction(stage: Stage) -> None:
    path, viewed = "/sentry-apps/kanban/interaction/", {"tsdbField": "sentry_app_viewed"}
    stage.ask(REGION, "POST", path, viewed, by="owner in a session")
    component = {"tsdbField": "sentry_app_component_interacted", "componentType": "issue-link"}
    stage.ask(REGION, "POST", path, component, by="owner in a session")
    start = int(stage.silos.clock.now().timestamp()) // 3600 * 3600
    stage.ask(REGION, "GET", f"{path}?since={start - 3600}&until={start}")
