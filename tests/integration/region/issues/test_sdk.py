"""An unmodified SDK sends, over TCP, what it sends everywhere."""

from collections.abc import Iterator

import pytest
import sentry_sdk

from tests.integration.region.issues.world import World


@pytest.fixture(params=["gzip", "br"])
def sdk(world: World, request: pytest.FixtureRequest) -> Iterator[sentry_sdk.Scope]:
    """The Python SDK, pointed at the project ``web``."""
    (key,) = world.owner.get(f"/projects/{world.org}/web/keys/").json()
    client = sentry_sdk.Client(
        key["dsn"]["public"],
        release="shop@1.2",
        environment="staging",
        default_integrations=False,
        _experiments={"transport_compression_algo": request.param},
    )
    with sentry_sdk.new_scope() as scope:
        scope.set_client(client)
        yield scope
    client.close(timeout=10)


def test_an_exception_that_the_sdk_caught_becomes_an_issue(world: World, sdk: sentry_sdk.Scope) -> None:
    try:
        _divide(1, 0)
    except ZeroDivisionError as error:
        sdk.capture_exception(error)
    sdk.client.flush(timeout=10)
    issue = world.issue()
    assert issue["title"] == "ZeroDivisionError: division by zero"
    assert (issue["level"], issue["platform"]) == ("error", "python")
    assert issue["culprit"] == f"{__name__} in _divide"


def test_the_sdks_context_is_found_in_the_event(world: World, sdk: sentry_sdk.Scope) -> None:
    sdk.set_user({"id": "7", "email": "ann@shop.example"})
    sdk.set_tag("page", "cart")
    sdk.add_breadcrumb({"message": "clicked"})
    event_id = sdk.capture_message("cart is empty", level="warning")
    sdk.client.flush(timeout=10)
    event = world.owner.get(f"/issues/{world.issue()['id']}/events/latest/").json()
    tags = {tag["key"]: tag["value"] for tag in event["tags"]}
    assert (event["eventID"], event["user"]["id"]) == (event_id, "7")
    assert tags.items() >= {"page": "cart", "level": "warning", "environment": "staging", "release": "shop@1.2"}.items()
    assert [entry["type"] for entry in event["entries"]] == ["message", "breadcrumbs"]


def test_a_session_of_the_sdk_is_taken_and_makes_no_issue(world: World, sdk: sentry_sdk.Scope) -> None:
    sentry_sdk.start_session()
    sentry_sdk.end_session()
    sdk.client.flush(timeout=10)
    assert world.issues() == []


def _divide(dividend: int, divisor: int) -> float:
    return dividend / divisor
