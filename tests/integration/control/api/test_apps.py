from typing import Any

from control_silo.models.app import SentryApp
from control_silo.services.app_health import take_report
from shared.domain.scopes import Role
from shared.webhooks.health import HealthReport, IllApp
from tests.integration.control.api.world import KANBAN, World


def test_an_app_is_answered_with_everything_its_owner_may_see(world: World) -> None:
    answer = world.person().post("/sentry-apps/", KANBAN)
    body = answer.json()
    assert answer.status_code == 201
    assert len(body.pop("uuid")) == 36
    assert len(body.pop("clientId")) == len(body.pop("clientSecret")) == 64
    assert body == {
        "allowedOrigins": ["https://kanban.acme.example"],
        "author": "Acme",
        "avatars": [],
        "events": ["comment", "issue"],
        "featureData": [
            {
                "featureId": 0,
                "featureGate": "integrations-api",
                "description": "Acme Kanban can **utilize the Sentry API** to pull data or update resources in Sentry "
                "(with permissions granted, of course).",
            }
        ],
        "isAlertable": True,
        "isDisabled": False,
        "metadata": {},
        "name": "Acme Kanban",
        "overview": None,
        "owner": {"id": 1, "slug": "acme"},
        "popularity": 1,
        "redirectUrl": "https://kanban.acme.example/setup",
        "schema": {"elements": [{"type": "stacktrace-link", "uri": "/code"}]},
        "scopes": ["event:read", "event:write", "project:read"],
        "slug": "acme-kanban",
        "status": "unpublished",
        "verifyInstall": True,
        "webhookEvents": [
            "comment.created",
            "comment.deleted",
            "comment.updated",
            "issue.assigned",
            "issue.created",
            "issue.ignored",
            "issue.resolved",
            "issue.unresolved",
        ],
        "webhookHeaders": [],
        "webhookHealth": {"state": "well", "circuitOpenedAt": None, "parkedAt": None},
        "webhookTimeoutSeconds": 5,
        "webhookUrl": "https://kanban.acme.example/webhook",
    }


def test_an_app_reads_as_it_was_created(world: World) -> None:
    owner = world.person()
    created = owner.post("/sentry-apps/", KANBAN).json()
    assert owner.get("/sentry-apps/acme-kanban/").json() == created
    assert owner.get("/sentry-apps/1/").json() == created


def test_an_internal_app_is_by_its_organization_and_installed_at_once(world: World) -> None:
    owner = world.person()
    body = {"name": "Bot", "organization": "acme", "isInternal": True, "scopes": ["event:read"]}
    created = owner.post("/sentry-apps/", body).json()
    assert (created["author"], created["verifyInstall"], created["featureData"]) == ("Acme", False, [])
    installations = owner.get("/organizations/acme/sentry-app-installations/").json()
    assert [(each["app"]["slug"], each["status"]) for each in installations] == [(created["slug"], "installed")]


def test_a_write_answers_with_a_consistency_token(world: World) -> None:
    owner = world.person()
    assert owner.post("/sentry-apps/", KANBAN).headers["silo-consistency-token"]
    assert "silo-consistency-token" not in owner.get("/sentry-apps/acme-kanban/").headers


def test_a_token_that_is_none_is_refused(world: World) -> None:
    answer = world.person().get("/sentry-apps/", headers={"silo-consistency-token": "!"})
    assert (answer.status_code, answer.json()) == (
        400,
        {"silo-consistency-token": ["This is not a consistency token."]},
    )


def test_the_secret_is_masked_for_a_member_without_the_apps_scopes(world: World) -> None:
    app = world.app(scopes=["event:read"], webhook_headers=["X-Key: hush"])
    seen = world.person(Role.MEMBER).get(f"/sentry-apps/{app.slug}/").json()
    assert (seen["clientSecret"], seen["webhookHeaders"]) == ("*" * 64, [f"X-Key: {'*' * 64}"])


def test_the_secret_is_gone_a_day_after_creation(world: World) -> None:
    app, owner = world.app(webhook_headers=["X-Key: hush"]), world.person()
    world.clock.advance(86_401)
    seen = owner.get(f"/sentry-apps/{app.slug}/").json()
    assert (seen["clientSecret"], seen["webhookHeaders"]) == (None, ["X-Key: hush"])


def test_a_stranger_sees_nothing_secret_of_a_published_app(world: World) -> None:
    world.app(status="published", webhook_headers=["X-Key: hush"], webhook_url="https://me:hush@a.example/hook")
    seen = world.person(organization="globex").get("/sentry-apps/kanban/").json()
    assert seen["datePublished"] == "2030-01-01T00:00:00Z"
    assert not {"clientId", "clientSecret", "owner"} & seen.keys()
    assert "hush" not in str(seen)
    assert seen["webhookUrl"] == "https://a.example/hook"


def test_an_app_of_another_organization_is_refused_with_ones_own_organizations(world: World) -> None:
    world.app()
    answer = world.person(organization="globex").get("/sentry-apps/kanban/")
    assert answer.status_code == 403
    assert answer.json() == {
        "detail": "User must be in the app owner's organization for unpublished apps",
        "context": {"user_organizations": ["globex"]},
    }


def test_an_unknown_app_is_not_found(world: World) -> None:
    owner = world.person()
    for name in ("nothing", "404", "9" * 30, "0" * 20 + "9" * 20, "0" * 4400, "%00", "٣"):
        answer = owner.get(f"/sentry-apps/{name}/")
        assert (answer.status_code, answer.json()) == (404, {"detail": "Could not find the requested sentry app"})


def test_a_change_leaves_what_it_does_not_name(world: World) -> None:
    owner = world.person()
    before = owner.post("/sentry-apps/", KANBAN).json()
    after = owner.put("/sentry-apps/acme-kanban/", {"overview": "Cards"}).json()
    assert after == {**before, "overview": "Cards"}


def test_a_full_object_can_be_sent_back_as_it_was_read(world: World) -> None:
    owner = world.person()
    read = owner.post("/sentry-apps/", {**KANBAN, "webhookHeaders": ["X-Key: hush"]}).json()
    answer = owner.put("/sentry-apps/acme-kanban/", read)
    assert (answer.status_code, answer.json()) == (200, read)


def test_a_published_app_sent_back_by_staff_keeps_the_date_of_its_publication(world: World) -> None:
    world.app(status="published")
    staff = world.staff()
    read = staff.get("/sentry-apps/kanban/").json()
    world.clock.advance(60)
    assert staff.put("/sentry-apps/kanban/", read).json() == read


def test_masked_headers_sent_back_keep_their_values(world: World) -> None:
    app = world.app(scopes=["project:admin"], webhook_headers=["X-Key: hush"])
    manager = world.token_with(world.person(Role.MANAGER), ["org:write"])
    masked = manager.get(f"/sentry-apps/{app.slug}/").json()["webhookHeaders"]
    assert manager.put(f"/sentry-apps/{app.slug}/", {"webhookHeaders": masked}).status_code == 200
    assert world.person().get(f"/sentry-apps/{app.slug}/").json()["webhookHeaders"] == ["X-Key: hush"]


def test_the_clean_up_of_automation_tools_is_accepted(world: World) -> None:
    app, owner = world.app("Bot", status="internal", events=["issue"], is_alertable=True), world.person()
    body = {"events": None, "isAlertable": False, "name": "Bot (disabled)", "webhookUrl": None}
    after = owner.put(f"/sentry-apps/{app.slug}/", body)
    assert after.status_code == 200
    shown = after.json()
    assert (shown["events"], shown["webhookUrl"], shown["name"]) == ([], None, "Bot (disabled)")


def test_how_well_an_app_takes_its_webhooks_is_shown_to_its_owners_members_alone(world: World) -> None:
    app = world.app(status="published")
    ill = IllApp(sentry_app_id=app.id, circuit_opened_at=world.clock.now(), parked_at=world.clock.now())
    take_report(world.control, HealthReport(1, (ill,)), silo="control")
    at = world.clock.now().isoformat().replace("+00:00", "Z")
    shown = {"state": "circuit_open", "circuitOpenedAt": at, "parkedAt": at}
    path = f"/sentry-apps/{app.slug}/"
    assert world.person(Role.MEMBER).get(path).json()["webhookHealth"] == shown
    assert "webhookHealth" not in world.person(organization="globex").get(path).json()


def test_an_app_may_want_to_be_waited_for_up_to_half_a_minute(world: World) -> None:
    owner, path = world.person(), "/sentry-apps/acme-kanban/"
    owner.post("/sentry-apps/", KANBAN)
    for sent, kept in ((30, 30), (None, 30), ("12", 12), (1, 1)):
        assert owner.put(path, {"webhookTimeoutSeconds": sent}).json()["webhookTimeoutSeconds"] == kept
    for refused in (0, 31, 2.5, "soon", True):
        answer = owner.put(path, {"webhookTimeoutSeconds": refused})
        assert (answer.status_code, [*answer.json()]) == (400, ["webhookTimeoutSeconds"])


def test_status_and_popularity_of_an_ordinary_user_are_ignored(world: World) -> None:
    app, owner = world.app(), world.person()
    after = owner.put(f"/sentry-apps/{app.slug}/", {"status": "published", "popularity": 9}).json()
    assert (after["status"], after["popularity"]) == ("unpublished", 1)


def test_staff_may_publish(world: World) -> None:
    app = world.app()
    after = world.staff().put(f"/sentry-apps/{app.slug}/", {"status": "published", "popularity": 9}).json()
    assert (after["status"], after["popularity"]) == ("published", 9)


def test_scopes_of_a_published_app_are_frozen(world: World) -> None:
    world.app(status="published")
    answer = world.person().put("/sentry-apps/kanban/", {"scopes": ["event:write"]})
    assert answer.status_code == 400
    assert answer.json() == {"detail": "Cannot update permissions on a published integration."}


def test_an_app_under_a_partnership_is_frozen(world: World) -> None:
    app, owner = world.app(metadata={"partnership_restricted": True}), world.person()
    text = (
        "This integration is managed by an active partnership and cannot be modified until the end of the partnership."
    )
    for answer in (owner.put(f"/sentry-apps/{app.slug}/", {}), owner.delete(f"/sentry-apps/{app.slug}/")):
        assert (answer.status_code, answer.json()) == (403, {"detail": text})


def test_a_published_app_is_not_deleted(world: World) -> None:
    for status in ("published", "publish_request_inprogress"):
        app = world.app(status, status=status)
        answer = world.superuser().delete(f"/sentry-apps/{app.slug}/")
        assert (answer.status_code, answer.json()) == (403, {"detail": ["Published apps cannot be removed."]})


def test_a_deleted_app_is_gone_and_its_name_stays_taken(world: World) -> None:
    owner = world.person()
    owner.post("/sentry-apps/", KANBAN)
    answer = owner.delete("/sentry-apps/acme-kanban/")
    assert (answer.status_code, answer.content) == (204, b"")
    assert owner.delete("/sentry-apps/acme-kanban/").status_code == 404
    again = owner.post("/sentry-apps/", KANBAN)
    assert again.json() == {"name": ["Name Acme Kanban is already taken, please use another."]}


def test_the_error_resource_needs_its_feature(world: World) -> None:
    owner = world.person()
    body = {"feature": "organizations:integrations-event-hooks", "enabled": False}
    assert world.superuser().put("/organizations/acme/features/", body).status_code == 200
    refusal = {"non_field_errors": ["Your organization does not have access to the 'error' resource subscription."]}
    created = owner.post("/sentry-apps/", {**KANBAN, "events": ["error"], "name": ""})
    assert (created.status_code, created.json()) == (403, refusal)
    changed = owner.put(f"/sentry-apps/{world.app().slug}/", {"events": ["error"]})
    assert (changed.status_code, changed.json()) == (403, refusal)


def test_every_field_that_is_wrong_is_named_together(world: World) -> None:
    body: dict[str, Any] = {**KANBAN, "name": "x" * 58, "events": ["issues"], "webhookUrl": "ftp://a"}
    answer = world.person().post("/sentry-apps/", body)
    assert answer.status_code == 400
    assert answer.json() == {
        "name": ["Cannot exceed 57 characters"],
        "events": ["Invalid event subscription: issues"],
        "webhookUrl": ["URL must start with http[s]://"],
    }
    assert world.count(SentryApp) == 0


def test_a_scope_beyond_ones_own_is_refused(world: World) -> None:
    answer = world.person(Role.MANAGER).post("/sentry-apps/", {**KANBAN, "scopes": ["org:admin"], "events": []})
    assert answer.json() == {
        "scopes": [
            (
                "Requested permission of org:admin exceeds requester's permission. "
                "Please contact an administrator to make the requested change."
            )
        ]
    }
