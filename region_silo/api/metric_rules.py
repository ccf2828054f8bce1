"""``alert-rules/``: the metric alerts of an organization."""

from fastapi import Response

from region_silo.api.access import organization_for
from region_silo.api.request import ASKING_THREADS, Incoming
from region_silo.bodies.metric_rule import MetricRuleBody, MetricRuleObject
from region_silo.models.organization import Organization
from region_silo.models.project import Project
from region_silo.services.metric_rules import (
    change_metric_rule,
    create_metric_rule,
    delete_metric_rule,
    find_metric_rule,
    forms_of,
    list_metric_rules,
    resolve_actions,
)
from region_silo.services.projects import find_project
from region_silo.services.rules import announce_actions
from shared.domain.json_value import JsonObject
from shared.domain.path_key import get_id, path_key
from shared.errors import NotFound, ValidationFailed
from shared.http.answer import empty_answer, json_answer
from shared.http.endpoint import PAGE_PARAMETERS, Endpoints
from shared.http.pagination import cut, list_answer, page_request

endpoints = Endpoints("Metric alerts")

READ_ALERTS = frozenset({"org:read", "org:write", "org:admin", "alerts:read", "alerts:write"})
WRITE_ALERTS = frozenset({"org:write", "org:admin", "alerts:write"})

_RULES = "/organizations/{organization_id_or_slug}/alert-rules/"


@endpoints.add("GET", _RULES, answers={200: list[MetricRuleObject]}, parameters=PAGE_PARAMETERS)
def list_alert_rules(request: Incoming, organization_id_or_slug: str) -> Response:
    """Lists the metric alerts of an organization, newest first."""
    with request.signed_in(scopes=READ_ALERTS) as principal:
        organization = organization_for(principal, organization_id_or_slug, scopes=READ_ALERTS)
        page = page_request(request.http)
        rules, has_more = cut(list_metric_rules(organization.id, offset=page.offset, limit=page.probe), page)
        items = [MetricRuleObject.of(rule, project=project) for rule, project in rules]
        return list_answer(request.http, page, items, has_more=has_more)


@endpoints.add("POST", _RULES, answers={201: MetricRuleObject}, threads=ASKING_THREADS)
def post_alert_rule(request: Incoming[MetricRuleBody], organization_id_or_slug: str) -> Response:
    """Stores a metric alert: apps are told when a project has more events in a time than a threshold, and when that is
    over. Once the apps agree whose forms were filled in for it.
    """
    with request.signed_in(scopes=WRITE_ALERTS) as principal:
        organization = organization_for(principal, organization_id_or_slug, scopes=WRITE_ALERTS)
        body = request.body()
        project, triggers = _project(organization, body), resolve_actions(organization.id, body.triggers)
    _announce(request, organization, triggers)
    with request.region.database.session():
        rule = create_metric_rule(
            request.region, project=project, fields=body.columns(), triggers=triggers, user_id=principal.user.id
        )
        return json_answer(MetricRuleObject.of(rule, project=project), status=201)


@endpoints.add("GET", f"{_RULES}{{alert_rule_id}}/", answers={200: MetricRuleObject})
def get_alert_rule(request: Incoming, organization_id_or_slug: str, alert_rule_id: str) -> Response:
    """Reads a metric alert."""
    with request.signed_in(scopes=READ_ALERTS) as principal:
        organization = organization_for(principal, organization_id_or_slug, scopes=READ_ALERTS)
        rule = find_metric_rule(organization.id, get_id(alert_rule_id))
        if rule is None:
            raise NotFound
        return json_answer(MetricRuleObject.of(rule, project=Project.get_by_id(rule.project_id)))


@endpoints.add("PUT", f"{_RULES}{{alert_rule_id}}/", answers={200: MetricRuleObject}, threads=ASKING_THREADS)
def put_alert_rule(request: Incoming[MetricRuleBody], organization_id_or_slug: str, alert_rule_id: str) -> Response:
    """Puts another metric alert in the place of one; an incident that it is in goes on."""
    with request.signed_in(scopes=WRITE_ALERTS) as principal:
        organization = organization_for(principal, organization_id_or_slug, scopes=WRITE_ALERTS)
        # Before the apps are asked: they would have agreed to the form of a rule that is not there.
        if find_metric_rule(organization.id, get_id(alert_rule_id)) is None:
            raise NotFound
        body = request.body()
        project, triggers = _project(organization, body), resolve_actions(organization.id, body.triggers)
    _announce(request, organization, triggers)
    rule = change_metric_rule(
        request.region, rule_id=get_id(alert_rule_id), project=project, fields=body.columns(), triggers=triggers
    )
    return json_answer(MetricRuleObject.of(rule, project=project))


@endpoints.add("DELETE", f"{_RULES}{{alert_rule_id}}/", answers={204: None})
def delete_alert_rule(request: Incoming, organization_id_or_slug: str, alert_rule_id: str) -> Response:
    """Deletes a metric alert."""
    with request.signed_in(scopes=WRITE_ALERTS) as principal:
        organization = organization_for(principal, organization_id_or_slug, scopes=WRITE_ALERTS)
        delete_metric_rule(request.region, organization_id=organization.id, rule_id=get_id(alert_rule_id))
        return empty_answer(204)


def _project(organization: Organization, body: MetricRuleBody) -> Project:
    key = path_key(body.projects[0])
    found = None if key is None else find_project(organization.id, key)
    if found is None:
        raise ValidationFailed(fields={"projects": ["Invalid project"]})
    return found


def _announce(request: Incoming[MetricRuleBody], organization: Organization, triggers: list[JsonObject]) -> None:
    # Outside any session: the apps are asked, which takes as long as they like, up to their deadline.
    announce_actions(
        request.tools.apps, request.tools.asking, organization_id=organization.id, actions=forms_of(triggers)
    )
