"""What other people's tests are given works as its documentation says."""

import httpx
import sentry_sdk
from grpc import Channel

from shared.pb.hybridcloud.apps.v1 import app_service_pb2, app_service_pb2_grpc
from shared.testing import App, Platform, Receiver


def test_an_app_is_told_of_an_error(silo_platform: Platform, silo_app: App, silo_receiver: Receiver) -> None:
    silo_platform.report_error("It broke")
    silo_platform.settle()
    (created,) = silo_receiver.webhooks("issue.created")
    assert created.is_signed(silo_app.client_secret)
    assert created.json["data"]["issue"]["title"] == "It broke"


def test_an_sdk_reports_to_the_platform(silo_platform: Platform, silo_app: App, silo_receiver: Receiver) -> None:
    client = sentry_sdk.Client(dsn=silo_platform.dsn)
    with sentry_sdk.isolation_scope() as scope:
        scope.set_client(client)
        sentry_sdk.capture_message("From an SDK", level="error")
    client.close(timeout=10)
    silo_platform.settle()
    assert silo_receiver.webhooks("issue.created")[0].json["data"]["issue"]["title"] == "From an SDK"


def test_an_app_that_fails_is_told_again_when_time_has_passed(
    silo_platform: Platform, silo_app: App, silo_receiver: Receiver
) -> None:
    silo_receiver.answers("/webhook", status=503)
    silo_platform.tell(silo_app, "issue.created")
    first = len(silo_receiver.webhooks())
    silo_receiver.answers("/webhook")
    silo_platform.settle()
    assert len(silo_receiver.webhooks()) == first
    silo_platform.advance(3600)
    silo_platform.settle()
    assert len({each.headers["request-id"] for each in silo_receiver.webhooks()}) < len(silo_receiver.webhooks())


def test_an_app_acts_by_its_token(silo_platform: Platform, silo_app: App) -> None:
    headers = {"Authorization": f"Bearer {silo_app.token}"}
    found = httpx.get(f"{silo_platform.url}/api/0/organizations/acme/projects/", headers=headers, trust_env=False)
    assert [each["slug"] for each in found.json()] == ["web"]


def test_a_region_answers_while_control_is_away_and_hears_of_everything_after(
    silo_platform: Platform, silo_app: App
) -> None:
    silo_platform.lose("control")
    assert read(silo_platform.channel("us"), silo_app.slug).sentry_app.name == "Test app"
    silo_platform.bring_back("control")
    later = silo_platform.create_app("Later")
    assert read(silo_platform.channel("us"), later.slug).sentry_app.name == "Later"


def read(channel: Channel, slug: str) -> app_service_pb2.GetSentryAppBySlugResponse:
    request = app_service_pb2.GetSentryAppBySlugRequest(slug=slug)
    return app_service_pb2_grpc.AppServiceStub(channel).GetSentryAppBySlug(request)
