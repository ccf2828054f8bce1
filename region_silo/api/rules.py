"""``rules/``: the alert rules of a project."""

from fastapi import Response

from region_silo.api.access import project_for
from region_silo.api.request import ASKING_THREADS, Incoming
from region_silo.bodies.rule import RuleBody, RuleObject
from region_silo.services.rules import announce_actions, change_rule, create_rule, delete_rule, find_rule, list_rules
from shared.domain.path_key import get_id
from shared.errors import NotFound
from shared.http.answer import empty_answer, json_answer
from shared.http.endpoint import PAGE_PARAMETERS, Endpoints
from shared.http.pagination import cut, list_answer, page_request

endpoints = Endpoints("Rules")

# As the original's project permissions have it: whoever may read a project may read its rules, and `alerts:` suffices
# without.
READ_RULES = frozenset({"project:read", "project:write", "project:admin", "alerts:read", "alerts:write"})
WRITE_RULES = frozenset({"project:write", "project:admin", "alerts:write"})

_RULES = "/projects/{organization_id_or_slug}/{project_id_or_slug}/rules/"


@endpoints.add("GET", _RULES, answers={200: list[RuleObject]}, parameters=PAGE_PARAMETERS)
def list_project_rules(request: Incoming, organization_id_or_slug: str, project_id_or_slug: str) -> Response:
    """Lists the alert rules of a project, newest first."""
    with request.signed_in(scopes=READ_RULES) as principal:
        found = project_for(principal, organization_id_or_slug, project_id_or_slug, scopes=READ_RULES)
        page = page_request(request.http)
        rules, has_more = cut(list_rules(found.project.id, offset=page.offset, limit=page.probe), page)
        items = [RuleObject.of(rule, project=found.project) for rule in rules]
        return list_answer(request.http, page, items, has_more=has_more)


@endpoints.add("POST", _RULES, answers={200: RuleObject}, threads=ASKING_THREADS)
def post_rule(request: Incoming[RuleBody], organization_id_or_slug: str, project_id_or_slug: str) -> Response:
    """Stores an alert rule, once the apps agree whose forms were filled in for it. Conditions on the first event of an
    issue, on one that comes back and on every event are understood, and no filters; a rule that needs
    others is kept and never fires.
    """
    with request.signed_in(scopes=WRITE_RULES) as principal:
        found = project_for(principal, organization_id_or_slug, project_id_or_slug, scopes=WRITE_RULES)
    # After the scopes and outside the session: the apps are asked next, which takes as long as they like, up to their
    # deadline.
    body = request.body()
    announce_actions(
        request.tools.apps, request.tools.asking, organization_id=found.organization.id, actions=body.stated_actions
    )
    with request.region.database.session():
        rule = create_rule(
            request.region,
            project=found.project,
            name=body.name,
            definition=body.definition(),
            user_id=principal.user.id,
        )
        return json_answer(RuleObject.of(rule, project=found.project))


@endpoints.add("GET", f"{_RULES}{{rule_id}}/", answers={200: RuleObject})
def get_rule(request: Incoming, organization_id_or_slug: str, project_id_or_slug: str, rule_id: str) -> Response:
    """Reads an alert rule."""
    with request.signed_in(scopes=READ_RULES) as principal:
        found = project_for(principal, organization_id_or_slug, project_id_or_slug, scopes=READ_RULES)
        rule = find_rule(found.project.id, get_id(rule_id))
        if rule is None:
            raise NotFound
        return json_answer(RuleObject.of(rule, project=found.project))


@endpoints.add("PUT", f"{_RULES}{{rule_id}}/", answers={200: RuleObject}, threads=ASKING_THREADS)
def put_rule(
    request: Incoming[RuleBody], organization_id_or_slug: str, project_id_or_slug: str, rule_id: str
) -> Response:
    """Puts another rule in the place of one, once the apps agree whose forms were filled in for it."""
    with request.signed_in(scopes=WRITE_RULES) as principal:
        found = project_for(principal, organization_id_or_slug, project_id_or_slug, scopes=WRITE_RULES)
        # Before the apps are asked: they would have agreed to the form of a rule that is not there.
        if find_rule(found.project.id, get_id(rule_id)) is None:
            raise NotFound
    body = request.body()
    announce_actions(
        request.tools.apps, request.tools.asking, organization_id=found.organization.id, actions=body.stated_actions
    )
    rule = change_rule(
        request.region,
        project_id=found.project.id,
        rule_id=get_id(rule_id),
        name=body.name,
        definition=body.definition(),
    )
    return json_answer(RuleObject.of(rule, project=found.project))


@endpoints.add("DELETE", f"{_RULES}{{rule_id}}/", answers={204: None})
def delete_project_rule(
    request: Incoming, organization_id_or_slug: str, project_id_or_slug: str, rule_id: str
) -> Response:
    """Deletes an alert rule."""
    with request.signed_in(scopes=WRITE_RULES) as principal:
        found = project_for(principal, organization_id_or_slug, project_id_or_slug, scopes=WRITE_RULES)
        # Below its own project: an id of another project's rule is not found.
        delete_rule(request.region, project_id=found.project.id, rule_id=get_id(rule_id))
        return empty_answer(204)
