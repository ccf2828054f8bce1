"""Lists of issues: queries, orders, pages."""

import pytest

from tests.integration.region.issues.world import World, exception, message


@pytest.fixture
def three(world: World) -> World:
    """``first`` is unresolved, ``second`` resolved, ``third`` ignored, each seen a second after the one before."""
    for title, status in (("first", "unresolved"), ("second", "resolved"), ("third", "ignored")):
        world.send(message(title))
        world.silos.clock.advance(1)
        world.owner.put(f"/issues/{world.issues(query=title)[0]['id']}/", {"status": status})
    return world


def _titles(world: World, **query: object) -> list[str]:
    return [issue["title"] for issue in world.issues(**query)]


def test_unresolved_issues_are_listed_unless_a_query_says_otherwise(three: World) -> None:
    assert _titles(three) == ["first"]
    assert _titles(three, query="") == ["third", "second", "first"]


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("is:unresolved", ["first"]),
        ("is:resolved", ["second"]),
        ("is:ignored", ["third"]),
        ("is:archived", ["third"]),
        ("!is:resolved", ["third", "first"]),
        ("!is:new", ["third", "second"]),
        ("is:new", ["first"]),
        ("issue:web-2", ["second"]),
        ("issue:WEB-99", []),
        ("!issue:WEB-2", ["third", "first"]),
        ("SECOND", ["second"]),
        ("ir is:unresolved", ["first"]),
        ("!is:unresolved third", ["third"]),
        ("level:info", ["third", "second", "first"]),
        ("level:fatal", []),
        ("level:[fatal, info]", ["third", "second", "first"]),
        ("is:[resolved, ignored]", ["third", "second"]),
        ("!is:[resolved, ignored]", ["first"]),
        ("timesSeen:1", ["third", "second", "first"]),
        ("timesSeen:>1", []),
        ("firstSeen:-1h", ["third", "second", "first"]),
        ("lastSeen:+1h", []),
        ("firstSeen:>2000-01-01 lastSeen:<2000-01-02", []),
        ("0123456789abcdef0123456789abcdef", []),
        ("project:web", ["third", "second", "first"]),
        ("project:api", []),
        ("is:unassigned", ["third", "second", "first"]),
        ("%", []),
        ("_", []),
    ],
)
def test_a_query_chooses(three: World, query: str, titles: list[str]) -> None:
    assert _titles(three, query=query) == titles


def test_an_issue_is_found_by_the_id_of_its_event_and_by_its_bare_short_id(three: World) -> None:
    (second,) = three.issues(query="second is:resolved")
    event = three.owner.get(f"/issues/{second['id']}/events/recommended/").json()
    assert _titles(three, query=event["eventID"]) == ["second"]
    assert _titles(three, query="web-2", shortIdLookup="1") == ["second"]
    assert _titles(three, query="web-2") == []


@pytest.mark.parametrize("sort", ["recommended", "trends", "inbox"])
def test_an_order_that_rests_on_what_is_not_known_is_by_when_they_were_seen(three: World, sort: str) -> None:
    assert _titles(three, query="", sort=sort) == _titles(three, query="", sort="date")


def test_a_query_knows_whom_issues_are_assigned_to(three: World) -> None:
    three.owner.put(f"/issues/{three.issue()['id']}/", {"assignedTo": three.owner.email})
    for query in (
        "assigned:me",
        f"assigned:{three.owner.email.upper()}",
        f"assigned:{three.owner.user_id}",
        "is:assigned",
    ):
        assert _titles(three, query=query) == ["first"]
    assert _titles(three, query="!assigned:me") == ["third", "second"]
    assert _titles(three, query="assigned:none is:resolved") == ["second"]


def test_free_text_is_found_in_the_culprit_and_in_any_script(world: World) -> None:
    world.send(message("ÄRGER im Paradies", transaction="/Straße"))
    assert _titles(world, query="ärger") == _titles(world, query="/STRASSE") == ["ÄRGER im Paradies"]


def test_issues_are_sorted_by_what_is_asked_for(world: World) -> None:
    for title, times in (("once", 1), ("thrice", 3), ("twice", 2)):
        world.send(*[message(title, user={"id": number % 2}) for number in range(times)])
        world.silos.clock.advance(1)
    world.send(message("once"))
    assert _titles(world, sort="date") == ["once", "twice", "thrice"]
    assert _titles(world, sort="new") == ["twice", "thrice", "once"]
    assert _titles(world, sort="freq")[0] == "thrice"
    assert _titles(world, sort="user")[-1] == "once"


def test_pages_follow_each_other_without_gap_or_overlap(world: World) -> None:
    world.send(*(message(f"message {number}") for number in range(7)))
    seen: list[str] = []
    answer = world.owner.get(f"/organizations/{world.org}/issues/", limit=3)
    while True:
        seen += [issue["shortId"] for issue in answer.json()]
        if answer.links["next"]["results"] == "false":
            break
        answer = world.client.get(answer.links["next"]["url"], headers=world.owner.headers)
    assert seen == [f"WEB-{number}" for number in range(7, 0, -1)]


def test_an_empty_list_has_its_link_header_too(world: World) -> None:
    answer = world.owner.get(f"/organizations/{world.org}/issues/")
    assert answer.json() == []
    assert answer.headers["link"].count('results="false"') == 2


def test_projects_are_chosen_by_id_or_slug(world: World) -> None:
    api = world.project("api")
    world.send(exception())
    world.send(exception(), project=api)
    for project in ("api", api.id, [api.id, "api"]):
        assert [issue["shortId"] for issue in world.issues(project=project)] == ["API-1"]
    assert len(world.issues(project=-1)) == len(world.issues(project=f"{api.id},web")) == 2
    listed = world.owner.get(f"/projects/{world.org}/api/issues/").json()
    assert [issue["shortId"] for issue in listed] == ["API-1"]


def test_another_organizations_project_is_refused(world: World, other: World) -> None:
    assert world.owner.get(f"/organizations/{world.org}/issues/", project=other.web.id).status_code == 403


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("query", "browser:firefox"),
        ("query", "is:odd"),
        ("query", "\x00"),
        ("query", "x" * 4097),
        ("sort", "odd"),
        ("limit", "0"),
        ("limit", "101"),
        ("limit", "x"),
        ("limit", "9" * 30),
        ("per_page", "0"),
        ("cursor", "odd"),
        ("cursor", "1:999999999:0"),
    ],
)
def test_a_parameter_that_makes_no_sense_is_refused_with_a_sentence(world: World, name: str, value: str) -> None:
    answer = world.owner.get(f"/organizations/{world.org}/issues/", **{name: value})
    assert answer.status_code == 400
    assert answer.json()["detail"]


def test_a_short_id_says_where_its_issue_is(world: World) -> None:
    issue = world.raise_issue()
    answer = world.owner.get(f"/organizations/{world.org}/shortids/web-1/").json()
    named = {"organizationSlug": world.org, "projectSlug": "web", "groupId": issue["id"], "shortId": "WEB-1"}
    group = answer.pop("group")
    # A list says more of an issue.
    assert (answer, group) == (named, {name: issue[name] for name in group})


@pytest.mark.parametrize("short_id", ["WEB-2", "API-1", "1025", "odd", "%00"])
def test_an_unknown_short_id_is_not_found(world: World, short_id: str) -> None:
    world.raise_issue()
    assert world.owner.get(f"/organizations/{world.org}/shortids/{short_id}/").status_code == 404
