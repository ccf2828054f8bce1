import dataclasses
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as email_policy
from pathlib import Path
from typing import Any

import pytest

from control_silo.models.region import OrganizationReplica
from shared.mail import FolderMailer, Mailer, SmtpMailer
from tests.integration.control.api.world import Caller, World
from tests.pictures import picture

PATH = "/sentry-apps/kanban/publish-request/"
BODY: dict[str, Any] = {"questionnaire": [{"question": "What does it do?", "answer": "Cards für issues."}]}
STACKTRACE_LINK = {"elements": [{"type": "stacktrace-link", "uri": "/code"}]}


@pytest.fixture
def mails(world: World, tmp_path: Path) -> Path:
    """The folder where mails go."""
    use(world, FolderMailer(tmp_path / "mail"))
    return tmp_path / "mail"


def use(world: World, mailer: Mailer) -> None:
    world.control = world.application.state.control = dataclasses.replace(world.control, mailer=mailer)


def add_picture(caller: Caller, *, color: bool) -> None:
    body = {"color": color, "avatar_type": "upload", "avatar_photo": picture()}
    assert caller.put("/sentry-apps/kanban/avatar/", body).status_code == 200


def ready(world: World, **fields: Any) -> Caller:
    """An owner whose app kanban has a logo."""
    world.app("Kanban", **fields)
    owner = world.person()
    add_picture(owner, color=True)
    return owner


def read(folder: Path) -> list[EmailMessage]:
    mails = [message_from_bytes(path.read_bytes(), policy=email_policy) for path in folder.glob("*.eml")]
    return sorted(mails, key=lambda mail: str(mail["To"]))


def status_of(caller: Caller) -> Any:
    return caller.get("/sentry-apps/kanban/").json()["status"]


def test_a_request_is_mailed_to_the_publisher_and_the_requester_who_answer_each_other(
    world: World, mails: Path
) -> None:
    owner = ready(world)
    answer = owner.post(PATH, BODY)
    assert (answer.status_code, answer.content, status_of(owner)) == (201, b"", "publish_request_inprogress")
    publisher, requester = "integrations-platform@sentry.io", "person-2@acme.example"
    assert [(mail["To"], mail["Reply-To"]) for mail in read(mails)] == [(publisher, requester), (requester, publisher)]


def test_the_mail_tells_the_app_and_every_answer(world: World, mails: Path) -> None:
    ready(world).post(PATH, BODY)
    mail = read(mails)[0]
    assert mail["Subject"] == "We've received your integration submission for kanban"
    assert "person-2@acme.example asks for the publication of Kanban (kanban), an app of acme." in mail.get_content()
    assert "What does it do?\nCards für issues.\n" in mail.get_content().replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("status", "text"),
    [
        ("published", "Cannot publish already published integration."),
        ("internal", "Cannot publish internal integration."),
        ("publish_request_inprogress", "Publish request in progress."),
        ("unpublished", "Must upload a logo for the integration."),
    ],
)
def test_an_app_that_cannot_be_published_is_refused_before_anything_else(
    world: World, mails: Path, status: str, text: str
) -> None:
    app = world.app("Kanban", status=status)
    answer = world.person().post(f"/sentry-apps/{app.slug}/publish-request/", {"questionnaire": "nonsense"})
    assert (answer.status_code, answer.json()) == (400, {"detail": text})
    assert not mails.exists()


def test_an_app_that_shows_in_issues_needs_an_icon(world: World, mails: Path) -> None:
    owner = ready(world, schema=STACKTRACE_LINK)
    text = "Must upload an icon for issue and stack trace linking integrations."
    assert owner.post(PATH, BODY).json() == {"detail": text}
    add_picture(owner, color=False)
    assert owner.post(PATH, BODY).status_code == 201


def test_a_logo_that_was_taken_away_does_not_count(world: World, mails: Path) -> None:
    owner = ready(world)
    owner.put("/sentry-apps/kanban/avatar/", {"color": True, "avatar_type": "default"})
    assert owner.post(PATH, BODY).json() == {"detail": "Must upload a logo for the integration."}


def test_an_app_whose_organization_is_gone_is_refused(world: World, mails: Path) -> None:
    ready(world)
    with world.control.database.transaction():
        OrganizationReplica.update(tombstone=True).where(OrganizationReplica.id == 1).execute()
    answer = world.superuser().post(PATH, BODY)
    assert answer.json() == {"detail": "Cannot publish a custom integration without an organization"}


@pytest.mark.parametrize(
    ("questionnaire", "refusal"),
    [
        ("?", ['Expected a list of items but got type "str".']),
        (None, ["This field may not be null."]),
        ([7], [{"non_field_errors": ["Invalid data. Expected a dictionary, but got int."]}]),
        (
            [{"question": "Q", "answer": "A"}, {"question": "Q"}],
            [{}, {"answer": ["This field is required."]}],
        ),
        (
            [{"question": None, "answer": ""}],
            [{"question": ["This field may not be null."], "answer": ["This field may not be blank."]}],
        ),
        ([{"question": "Q", "answer": ["A"]}], [{"answer": ["Not a valid string."]}]),
    ],
)
def test_answers_that_are_none_are_refused_each_at_its_place(
    world: World, mails: Path, questionnaire: Any, refusal: Any
) -> None:
    owner = ready(world)
    answer = owner.post(PATH, {"questionnaire": questionnaire})
    assert (answer.status_code, answer.json()) == (400, {"questionnaire": refusal})
    assert (status_of(owner), mails.exists()) == ("unpublished", False)


def test_a_request_without_a_questionnaire_is_refused(world: World, mails: Path) -> None:
    answer = ready(world).post(PATH, {})
    assert (answer.status_code, answer.json()) == (400, {"questionnaire": ["This field is required."]})


def test_a_request_whose_mails_do_not_leave_changes_nothing_and_can_be_made_again(world: World, mails: Path) -> None:
    owner = ready(world)
    use(world, SmtpMailer("127.0.0.1", 1))
    answer = owner.post(PATH, BODY)
    text = "Something went wrong trying to send publish confirmation email"
    assert (answer.status_code, answer.json(), status_of(owner)) == (500, {"detail": text}, "unpublished")
    use(world, FolderMailer(mails))
    assert owner.post(PATH, BODY).status_code == 201


def test_an_app_under_a_partnership_is_not_published(world: World, mails: Path) -> None:
    world.app("Kanban", metadata={"partnership_restricted": True})
    assert world.person().post(PATH, BODY).status_code == 403
