import pytest

from shared.app_service import pages
from shared.app_service.pages import every_page, page_of
from shared.errors import InvalidInput
from shared.pb.hybridcloud.apps.v1 import app_pb2, component_calls_pb2
from shared.pb.hybridcloud.apps.v1.app_calls_pb2 import (
    GetSentryAppsForOrganizationRequest as Request,
)
from shared.pb.hybridcloud.apps.v1.app_calls_pb2 import (
    GetSentryAppsForOrganizationResponse as Response,
)


def whole(*, apps: int = 7) -> Response:
    return Response(sentry_apps=[app_pb2.RpcSentryApp(id=each, name="Kanban") for each in range(apps)])


def read(size: int, *, apps: int = 7) -> list[list[int]]:
    def ask(request: Request) -> Response:
        return page_of(whole(apps=apps), Request(page_size=size, page_token=request.page_token))

    return [[app.id for app in page.sentry_apps] for page in every_page(Request(), ask)]


@pytest.mark.parametrize("size", [1, 3, 7, 8])
def test_the_pages_together_are_the_list(size: int) -> None:
    found = read(size)
    assert [each for page in found for each in page] == list(range(7))
    assert all(len(page) <= size for page in found)


def test_an_empty_list_is_one_empty_page() -> None:
    assert read(3, apps=0) == [[]]


def test_a_page_is_no_larger_than_a_page_may_be_but_never_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "MAX_PAGE_BYTES", 2 * whole().sentry_apps[1].ByteSize())
    assert [len(page) for page in read(100)] == [2, 2, 2, 1]
    monkeypatch.setattr(pages, "MAX_PAGE_BYTES", 1)
    assert [len(page) for page in read(100)] == [1] * 7


def test_who_asks_for_no_page_gets_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "MAX_PAGE_BYTES", 1)
    assert page_of(whole(), Request()) == whole()
    request = component_calls_pb2.FindAppComponentsRequest(app_id=1)
    answer = component_calls_pb2.FindAppComponentsResponse()
    assert page_of(answer, request) is answer


@pytest.mark.parametrize("token", ["a", "-1", "1.0", "\u0663", "1" * 11, " 1"])
def test_a_token_that_was_never_given_out_is_refused(token: str) -> None:
    with pytest.raises(InvalidInput, match="page_token"):
        page_of(whole(), Request(page_size=1, page_token=token))


def test_a_page_of_less_than_nothing_is_refused() -> None:
    with pytest.raises(InvalidInput, match="page_size"):
        page_of(whole(), Request(page_size=-1))
