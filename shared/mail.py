"""Mails that a silo sends, and the ways out: an SMTP server, a folder, or the log. Chosen by URL (``SILO_MAIL_URL``).

Owns the form of a mail and the talk with the server. Refuses to know what mails say, and never sends one by itself:
whoever sends holds no transaction.
"""

import ipaddress
import re
import smtplib
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime, make_msgid
from pathlib import Path
from typing import Protocol
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit
from uuid import uuid4

import structlog

from shared.errors import ConfigInvalid

SERVER_SECONDS = 10.0
"""How long an SMTP server may take for each step."""
DEFAULT_SENDER = "silo@localhost"
URL_FORMS = "smtp://[user:password@]host[:port][?from=address], smtps://… or file:///path/of/a/folder"

_ADDRESS = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+")
_TROUBLE = (OSError, MessageError, ValueError, IndexError)
"""What a server, a disk and an address that is none raise; what ``smtplib`` raises are all kinds of ``OSError``."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Mail:
    recipient: str
    subject: str
    text: str
    sent_at: datetime
    reply_to: str | None = None
    """Who is answered; None: the sender."""
    key: str | None = None
    """What a mail has in common with itself when it is sent again, by which readers show it once; None: nothing."""


class Mailer(Protocol):
    """A way out."""

    def send(self, mails: Sequence[Mail]) -> int:
        """How many of the mails were accepted; why others were not is in the log."""


@dataclass(frozen=True)
class LogMailer:
    """Counts mails in the log and sends none: for a silo that was told of no mail server."""

    def send(self, mails: Sequence[Mail]) -> int:
        log.warning("mails not sent, since SILO_MAIL_URL is not set", count=len(mails))
        return len(mails)


NO_SERVER = LogMailer()
"""The way out where none was named."""


@dataclass(frozen=True)
class FolderMailer:
    """Writes each mail to a file of its own, ``.eml``, readable by its owner alone."""

    folder: Path
    sender: str = DEFAULT_SENDER

    def send(self, mails: Sequence[Mail]) -> int:
        return _count(self._write, mails)

    def _write(self, mail: Mail) -> None:
        # Before the file is begun: an address that is none leaves nothing behind.
        content = _rendered(mail, sender=self.sender).as_bytes()
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = f"{mail.sent_at:%Y%m%dT%H%M%SZ}-{uuid4().hex[:12]}"
        # Hidden, and renamed when it is whole: whoever reads the folder never meets half a mail.
        begun = self.folder / f".{name}"
        # Closed to others before anything is in it.
        begun.touch(mode=0o600, exist_ok=False)
        begun.write_bytes(content)
        begun.rename(self.folder / f"{name}.eml")


@dataclass(frozen=True)
class SmtpMailer:
    """Hands mails to a server. A password never travels in clear, except to this machine."""

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    is_tls: bool = False
    """From the first byte; otherwise with STARTTLS where there is a password."""
    sender: str = DEFAULT_SENDER

    def send(self, mails: Sequence[Mail]) -> int:
        accepted = 0
        try:
            with self._connect() as server:
                accepted = _count(lambda mail: self._hand_over(server, mail), mails)
        except _TROUBLE as exc:
            log.warning("mail server failed", host=self.host, error=type(exc).__name__, accepted=accepted)
        return accepted

    def _connect(self) -> smtplib.SMTP:
        if self.is_tls:
            context = ssl.create_default_context()
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=SERVER_SECONDS, context=context)
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=SERVER_SECONDS)
        try:
            self._sign_in(server)
        # Whatever ends it, the connection is not left to the server's patience.
        except BaseException:
            server.close()
            raise
        return server

    def _sign_in(self, server: smtplib.SMTP) -> None:
        if not self.password:
            return
        server.ehlo()
        # Asked of a server elsewhere even if it offers none: that raises, and the password stays here.
        if not self.is_tls and (server.has_extn("starttls") or not _is_this_machine(self.host)):
            server.starttls(context=ssl.create_default_context())
        server.login(self.user, self.password)

    def _hand_over(self, server: smtplib.SMTP, mail: Mail) -> None:
        server.send_message(_rendered(mail, sender=self.sender), self.sender, [mail.recipient])


def parse_mailer(url: str) -> Mailer:
    """The way out that a URL names.

    Raises:
        ConfigInvalid: it is of none of the forms; the URL is not repeated, since it may hold a password.
    """
    try:
        parts = urlsplit(url)
        sender = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query))).get("from", DEFAULT_SENDER)
        if is_address(sender) and parts.scheme == "file" and parts.path and not parts.netloc:
            return FolderMailer(Path(unquote(parts.path)), sender)
        if is_address(sender) and parts.scheme in {"smtp", "smtps"} and parts.hostname:
            return _smtp(parts, host=parts.hostname, sender=sender)
    except ValueError as exc:
        raise ConfigInvalid(f"SILO_MAIL_URL must be {URL_FORMS}.") from exc
    raise ConfigInvalid(f"SILO_MAIL_URL must be {URL_FORMS}.")


def is_address(text: str) -> bool:
    """Whether this is one address and nothing else."""
    return _ADDRESS.fullmatch(text) is not None and text.isprintable()


def _smtp(parts: SplitResult, *, host: str, sender: str) -> SmtpMailer:
    is_tls, password = parts.scheme == "smtps", unquote(parts.password or "")
    # By their registered use: encrypted from the start, submission by who signs in, and the way between servers.
    usual_port = 465 if is_tls else 587 if password else 25
    return SmtpMailer(
        host=host,
        port=parts.port or usual_port,
        user=unquote(parts.username or ""),
        password=password,
        is_tls=is_tls,
        sender=sender,
    )


def _rendered(mail: Mail, *, sender: str) -> EmailMessage:
    """Raises:
    ValueError, MessageError, IndexError: the recipient is no address.
    """
    message = EmailMessage(policy=SMTP_POLICY)
    message["From"] = Address(addr_spec=sender)
    message["To"] = Address(addr_spec=mail.recipient)
    if mail.reply_to:
        message["Reply-To"] = Address(addr_spec=mail.reply_to)
    # In one line: an app's name is part of it, and a line break would begin another header.
    message["Subject"] = " ".join(mail.subject.split())
    message["Date"] = format_datetime(mail.sent_at)
    domain = sender.rpartition("@")[2]
    message["Message-ID"] = f"<{mail.key}@{domain}>" if mail.key else make_msgid(domain=domain)
    # Lines of any length, as people write them, would break the limit of SMTP otherwise.
    message.set_content(mail.text, cte="quoted-printable")
    return message


def _count(hand_over: Callable[[Mail], None], mails: Sequence[Mail]) -> int:
    accepted = 0
    for mail in mails:
        try:
            hand_over(mail)
            accepted += 1
        except _TROUBLE as exc:
            # The kind of the error alone: its text would repeat people's addresses.
            log.warning("mail not accepted", error=type(exc).__name__)
    return accepted


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
