import functools
from typing import Any

import pytest
from google.protobuf.message import Message

from shared.app_service import pages
from shared.app_service.pages import every_page
from shared.errors import CallerNotOwner, SiloError, SiloUnreachable
from shared.pb.hybridcloud.apps.v1 import app_service_pb2
from tests.integration.region.requests import FORWARDED, LOCAL
from tests.integration.region.world import World

ALL = {**LOCAL, **FORWARDED}
WRITES = {
    "LinkProvider",
    "UpdateSentryApp",
    "DisableSentryapp",
    "CreateInternalIntegrationForChannelRequest",
    "TriggerSentryAppActionCreators",
}


@pytest.mark.parametrize("silo", ["us", "de"])
@pytest.mark.parametrize("name", ALL)
def test_a_region_answers_every_read_as_control_answers_it(world: World, name: str, silo: str) -> None:
    request = ALL[name](world)
    assert _outcome(world, silo, request) == _outcome(world, "control", request, caller=silo)


@pytest.mark.parametrize("silo", ["us", "de", "control"])
@pytest.mark.parametrize("name", LOCAL)
def test_the_pages_of_a_list_are_the_list_on_every_silo(world: World, name: str, silo: str) -> None:
    request: Any = ALL[name](world)
    answer = world.silos.ask(silo, request)
    if "page_size" not in request.DESCRIPTOR.fields_by_name:
        return
    found = every_page(request, lambda each: world.silos.ask(silo, _one(each)))
    put_together = functools.reduce(lambda one, other: one.MergeFrom(other) or one, found, type(answer)())
    put_together.ClearField("next_page_token")
    assert put_together == answer


def test_a_list_that_is_too_large_for_a_page_is_read_to_its_end(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    request: Any = LOCAL["apps of an organization"](world)
    whole = world.silos.ask("us", request).sentry_apps
    monkeypatch.setattr(pages, "MAX_PAGE_BYTES", 1)
    found = [page.sentry_apps for page in every_page(request, lambda each: world.silos.ask("us", each))]
    assert [len(page) for page in found] == [1] * len(whole)
    assert [app for page in found for app in page] == list(whole)


def test_the_token_of_an_installation_is_for_the_region_of_its_organization(world: World) -> None:
    request = ALL["token of a provider"](world)
    assert not world.silos.ask("us", request).ListFields()
    with pytest.raises(CallerNotOwner):
        world.silos.ask("de", request)


@pytest.mark.usefixtures("control_away")
@pytest.mark.parametrize("name", LOCAL)
def test_what_a_region_holds_is_answered_while_control_is_away(world: World, name: str) -> None:
    answer = world.silos.ask("us", LOCAL[name](world))
    world.silos.start("control")
    try:
        assert answer == world.silos.ask("control", LOCAL[name](world))
    finally:
        world.silos.stop("control")


@pytest.mark.usefixtures("control_away")
@pytest.mark.parametrize("name", FORWARDED)
def test_what_a_region_does_not_hold_is_unavailable_while_control_is_away(world: World, name: str) -> None:
    with pytest.raises(SiloUnreachable):
        world.silos.ask("us", FORWARDED[name](world))


def test_every_method_is_asked_here_or_is_a_write(world: World) -> None:
    service = app_service_pb2.DESCRIPTOR.services_by_name["AppService"]
    asked = {type(make(world)).__name__.removesuffix("Request") for make in ALL.values()}
    assert asked | WRITES == {method.name for method in service.methods}


def test_answers_are_not_all_empty(world: World) -> None:
    empty = {name for name, make in LOCAL.items() if not world.silos.ask("us", make(world)).ListFields()}
    assert empty == {
        "apps by no proxy users",
        "internal apps of no such name",
        "objects of no installation",
        "installations by a token of the other kind",
        "pending installation by id",
        "deleted installation by id",
        "components of an app without any",
        "component that an app has not",
    }


def _one(request: Any) -> Any:
    """The same request for pages of one."""
    request.page_size = 1
    return request


def _outcome(world: World, silo: str, request: Message, *, caller: str = "service:test") -> object:
    """The answer, or the error's kind."""
    try:
        return world.silos.ask(silo, request, caller=caller)
    except SiloError as exc:
        return type(exc)
