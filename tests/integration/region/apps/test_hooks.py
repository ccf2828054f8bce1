"""The hook of an installation follows its app, as replicas arrive."""

from collections.abc import Sequence

from control_silo.models.installation import SentryAppInstallation
from control_silo.services.delete import uninstall
from control_silo.services.update_app import SentryAppUpdater
from region_silo.models.hook import ServiceHook, ServiceHookProject
from tests.integration.region.apps.world import World


def hooks(world: World, installation: SentryAppInstallation | None = None) -> Sequence[ServiceHook]:
    installation_id = (installation or world.installation).id
    with world.region.database.session():
        return list(ServiceHook.select().where(ServiceHook.installation_id == installation_id))


def update(world: World, *, webhook_url: str, events: list[str]) -> None:
    changes = SentryAppUpdater(columns={"webhook_url": webhook_url}, events=events)
    changes.run(world.silos.control, app_id=world.app.id, is_elevated=False)
    world.silos.replicate()


def test_an_installation_has_one_hook_where_its_app_listens(world: World) -> None:
    (hook,) = hooks(world)
    assert (hook.url, hook.events) == (f"{world.third_party.url}/hook?key=1", ["issue"])
    assert (hook.application_id, hook.organization_id) == (world.app.application_id, world.acme.id)
    assert (hook.actor_id, hook.project_id) == (world.installation.id, None)
    assert (len(hook.guid), len(hook.secret)) == (32, 64)


def test_a_hook_keeps_its_identity_and_its_projects_when_the_app_changes(world: World) -> None:
    (before,) = hooks(world)
    world.owner.post(f"{world.path}/service-hook-projects/", {"projects": ["web"]})
    update(world, webhook_url="https://elsewhere.example/", events=["comment"])
    (after,) = hooks(world)
    assert (after.url, after.events) == ("https://elsewhere.example/", ["comment"])
    assert (after.id, after.guid, after.secret) == (before.id, before.guid, before.secret)
    assert len(world.owner.get(f"{world.path}/service-hook-projects/").json()) == 1


def test_without_a_webhook_url_there_is_no_hook_and_no_project_of_it(world: World) -> None:
    (hook,) = hooks(world)
    world.owner.post(f"{world.path}/service-hook-projects/", {"projects": ["web"]})
    update(world, webhook_url="", events=[])
    assert hooks(world) == []
    with world.region.database.session():
        assert not ServiceHookProject.select().where(ServiceHookProject.service_hook == hook.id).exists()


def test_a_hook_comes_back_with_the_webhook_url(world: World) -> None:
    update(world, webhook_url="", events=[])
    update(world, webhook_url="https://again.example/", events=["issue"])
    assert [hook.url for hook in hooks(world)] == ["https://again.example/"]


def test_a_pending_installation_has_a_hook_and_a_deleted_one_has_none(world: World) -> None:
    installation = world.create_public_app(verify_install=True)
    world.silos.replicate()
    assert len(hooks(world, installation)) == 1
    uninstall(world.silos.control, uuid=installation.uuid, actor=world.owner_user.user)
    world.silos.replicate()
    assert hooks(world, installation) == []


def test_many_installations_get_their_hooks_in_one_batch(world: World) -> None:
    installations = [world.create_public_app() for _ in range(5)]
    world.silos.replicate()
    assert [len(hooks(world, installation)) for installation in installations] == [1] * 5
