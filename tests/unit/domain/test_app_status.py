import pytest

from shared.domain.app_status import SentryAppInstallationStatus, SentryAppStatus


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (0, "unpublished"),
        (1, "published"),
        (2, "internal"),
        (3, "publish_request_inprogress"),
        (4, "deletion_in_progress"),
    ],
)
def test_an_apps_status_has_its_number_and_name(number: int, name: str) -> None:
    assert SentryAppStatus.as_str(number) == name
    assert SentryAppStatus.as_int(name) == number


@pytest.mark.parametrize(("number", "name"), [(0, "pending"), (1, "installed"), (2, "pending_deletion")])
def test_an_installations_status_has_its_number_and_name(number: int, name: str) -> None:
    assert SentryAppInstallationStatus.as_str(number) == name
    assert SentryAppInstallationStatus.as_int(name) == number


def test_an_unknown_number_is_refused() -> None:
    with pytest.raises(ValueError, match="5"):
        SentryAppStatus.as_str(5)


@pytest.mark.parametrize("name", ["", "PUBLISHED", "gone"])
def test_an_unknown_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is not a valid SentryAppStatus"):
        SentryAppStatus.as_int(name)
