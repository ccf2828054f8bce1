from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as email_policy
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from shared.errors import ConfigInvalid
from shared.mail import NO_SERVER, FolderMailer, Mail, Mailer, SmtpMailer, is_address, parse_mailer

MAIL = Mail(
    recipient="jane@acme.example",
    reply_to="team@silo.example",
    subject="Grüße\nBcc: everyone@acme.example",
    text="Zeile 1\nZeile 2 – Ende\n",
    sent_at=datetime(2030, 1, 1, 12, tzinfo=UTC),
)


def only(folder: Path) -> EmailMessage:
    (path,) = folder.iterdir()
    mail = message_from_bytes(path.read_bytes(), policy=email_policy)
    assert isinstance(mail, EmailMessage)
    return mail


@pytest.mark.parametrize(
    ("url", "mailer"),
    [
        ("smtp://mail.example", SmtpMailer("mail.example", 25)),
        ("smtp://mail.example:2525", SmtpMailer("mail.example", 2525)),
        ("smtp://me:s%40cret@mail.example", SmtpMailer("mail.example", 587, "me", "s@cret")),
        ("smtps://me:x@mail.example", SmtpMailer("mail.example", 465, "me", "x", is_tls=True)),
        ("smtp://[::1]?from=apps@a.example", SmtpMailer("::1", 25, sender="apps@a.example")),
        ("file:///var/mail%20box", FolderMailer(Path("/var/mail box"))),
        ("file:///m?from=apps@a.example", FolderMailer(Path("/m"), sender="apps@a.example")),
    ],
)
def test_a_url_names_a_way_out(url: str, mailer: Mailer) -> None:
    assert parse_mailer(url) == mailer


@pytest.mark.parametrize(
    "url",
    [
        *("mail.example", "http://mail.example", "smtp://", "smtp://host:port", "smtp://host:99999", "smtp://[::1"),
        *("file://host/mail", "file://", "smtp://me:hunter2@host?from=nobody", "smtp://me:hunter2@host?colour"),
    ],
)
def test_a_url_of_another_form_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(ConfigInvalid, match="SILO_MAIL_URL must be smtp://") as refused:
        parse_mailer(url)
    assert "hunter2" not in refused.value.message


def test_a_password_is_never_printed() -> None:
    assert "hunter2" not in repr(parse_mailer("smtp://me:hunter2@mail.example"))


def test_a_mail_in_a_folder_reads_as_it_was_written_by_its_owner_alone(tmp_path: Path) -> None:
    assert FolderMailer(tmp_path / "mail", sender="apps@a.example").send([MAIL]) == 1
    mail = only(tmp_path / "mail")
    headers = {name: str(mail[name]) for name in ("From", "To", "Reply-To", "Date")}
    assert headers == {
        "From": "apps@a.example",
        "To": "jane@acme.example",
        "Reply-To": "team@silo.example",
        "Date": "Tue, 01 Jan 2030 12:00:00 +0000",
    }
    assert mail.get_content().splitlines() == MAIL.text.splitlines()
    assert [path.stat().st_mode & 0o777 for path in (tmp_path / "mail").iterdir()] == [0o600]


def test_a_subject_stays_one_header(tmp_path: Path) -> None:
    FolderMailer(tmp_path).send([MAIL])
    assert (only(tmp_path)["Subject"], only(tmp_path)["Bcc"]) == ("Grüße Bcc: everyone@acme.example", None)


@pytest.mark.parametrize("recipient", ["", "nobody", "a@b.example, c@d.example", "a@b.example\nBcc: c@d.example", "<>"])
def test_a_recipient_that_is_no_address_is_not_counted_and_stops_no_other(tmp_path: Path, recipient: str) -> None:
    with capture_logs() as logs:
        assert FolderMailer(tmp_path).send([replace(MAIL, recipient=recipient), MAIL]) == 1
    assert [line["event"] for line in logs] == ["mail not accepted"]
    assert only(tmp_path)["To"] == "jane@acme.example"


def test_a_folder_that_cannot_be_written_takes_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert FolderMailer(tmp_path / "file" / "mail").send([MAIL]) == 0


def test_without_a_server_mails_are_counted_in_the_log_and_nothing_of_them_is_told() -> None:
    with capture_logs() as logs:
        assert NO_SERVER.send([MAIL, MAIL]) == 2
    assert [(line["count"], set(line)) for line in logs] == [(2, {"count", "event", "log_level"})]


@pytest.mark.parametrize("text", ["", "a", "a@", "@b", "a b@c", "a@b, c@d", "a@b\n", "<a@b>"])
def test_what_is_no_single_address_is_none(text: str) -> None:
    assert not is_address(text)
