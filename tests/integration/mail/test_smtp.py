"""Mails through a real SMTP server, with and without TLS and a password."""

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as email_policy
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword

from shared.clock import FrozenClock
from shared.mail import Mail, SmtpMailer
from tests.certificates import write_certificate

HOST = "127.0.0.1"
MAIL = Mail(
    recipient="jane@acme.example",
    reply_to="team@silo.example",
    subject="Grüße",
    text="Zeile 1\n.\nZeile 2 – Ende\n",
    sent_at=FrozenClock().now(),
)


@dataclass
class Mailbox:
    """What a server accepted; it knows one password and refuses one recipient."""

    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Envelope, address: str, options: Any) -> str:
        if address.startswith("unwanted@"):
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=email_policy)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        self.recipients.append(list(envelope.rcpt_tos))
        return "250 OK"


def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, credentials: Any) -> AuthResult:
    is_known = isinstance(credentials, LoginPassword) and credentials.password == b"s@cret"
    return AuthResult(success=is_known, handled=False)


@contextlib.contextmanager
def serving(*, tls: ssl.SSLContext | None = None, **settings: Any) -> Iterator[tuple[Mailbox, int]]:
    """A server on this machine and its port; with ``tls`` it speaks TLS from the first byte."""
    mailbox, loop = Mailbox(), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def listen() -> asyncio.Server:
        return await loop.create_server(lambda: SMTP(mailbox, loop=loop, **settings), HOST, 0, ssl=tls)

    async def hang_up() -> None:
        server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    server = asyncio.run_coroutine_threadsafe(listen(), loop).result()
    try:
        yield mailbox, server.sockets[0].getsockname()[1]
    finally:
        asyncio.run_coroutine_threadsafe(hang_up(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.fixture
def server_side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """The server's side of TLS; whoever calls it from here believes its certificate."""
    certificate = write_certificate(tmp_path / "mail.pem", name="localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def test_a_mail_arrives_as_it_was_written() -> None:
    with serving() as (mailbox, port):
        assert SmtpMailer(HOST, port, sender="apps@silo.example").send([MAIL]) == 1
    (mail,) = mailbox.mails
    assert (mail["From"], mail["To"], mail["Subject"]) == ("apps@silo.example", "jane@acme.example", "Grüße")
    assert mail.get_content().replace("\r\n", "\n") == MAIL.text


def test_each_mail_goes_to_its_own_recipient() -> None:
    with serving() as (mailbox, port):
        assert SmtpMailer(HOST, port).send([MAIL, replace(MAIL, recipient="joe@acme.example")]) == 2
    assert mailbox.recipients == [["jane@acme.example"], ["joe@acme.example"]]


def test_a_recipient_whom_the_server_refuses_stops_no_other() -> None:
    with serving() as (mailbox, port):
        assert SmtpMailer(HOST, port).send([replace(MAIL, recipient="unwanted@acme.example"), MAIL]) == 1
    assert mailbox.recipients == [["jane@acme.example"]]


def test_nothing_is_accepted_where_nobody_listens() -> None:
    with serving() as (_, port):
        pass
    assert SmtpMailer(HOST, port).send([MAIL]) == 0


def test_a_server_that_says_nothing_costs_no_more_than_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.mail.SERVER_SECONDS", 0.05)
    with socket.create_server((HOST, 0)) as silent:
        assert SmtpMailer(HOST, silent.getsockname()[1]).send([MAIL]) == 0


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_a_password_opens_a_server_of_this_machine_in_clear() -> None:
    with serving(authenticator=authenticate, auth_required=True, auth_require_tls=False) as (mailbox, port):
        assert SmtpMailer(HOST, port, "me", "s@cret").send([MAIL]) == 1
        assert SmtpMailer(HOST, port, "me", "wrong").send([MAIL]) == 0
    assert len(mailbox.mails) == 1


def test_a_password_is_shown_after_starttls_alone(server_side: ssl.SSLContext) -> None:
    settings: dict[str, Any] = {"authenticator": authenticate, "auth_required": True, "auth_require_tls": True}
    with serving(tls_context=server_side, **settings) as (mailbox, port):
        assert SmtpMailer("localhost", port, "me", "s@cret").send([MAIL]) == 1
    assert len(mailbox.mails) == 1


def test_a_server_whose_certificate_nobody_vouches_for_hears_no_password(server_side: ssl.SSLContext) -> None:
    with serving(tls_context=server_side, authenticator=authenticate) as (mailbox, port):
        assert SmtpMailer(HOST, port, "me", "s@cret").send([MAIL]) == 0  # it vouches for another name
    assert not mailbox.mails


def test_tls_from_the_first_byte(server_side: ssl.SSLContext) -> None:
    with serving(tls=server_side) as (mailbox, port):
        assert SmtpMailer("localhost", port, is_tls=True).send([MAIL]) == 1
    assert len(mailbox.mails) == 1
