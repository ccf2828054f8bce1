"""Mails to the owners of apps: what they say, and the thread that sends them, each at least once.

A notice is a message of the outbox: claimed by one worker at a time, tried again when the mail server is away, and
shown with the others to operators. One that a worker dies with is sent again under the same ``Message-ID``.
"""

import threading
from collections.abc import Mapping, Sequence

import structlog

from control_silo.models.app import SentryApp
from control_silo.models.health import OwnerNotice
from control_silo.services.app_health import NOTICE_CATEGORY, OWNERS, Notice
from control_silo.services.control import Control
from control_silo.services.user import notification_emails
from shared.errors import SiloError
from shared.mail import Mail
from shared.outbox.claim import Retry, acknowledge, claim, retry_or_park
from shared.outbox.message import Claim, Rejection

log = structlog.get_logger(__name__)

# Mails wait for nobody's bell: a second more or less is nothing to a mail.
LOOK_SECONDS = 1.0
LEASE_SECONDS = 120.0
"""A mail server may take ten seconds for each of its steps."""
MAX_ATTEMPTS = 12
"""About two days; then an operator has to retry it."""
# Long enough that a mail server which is being moved is not asked all night.
_LONGEST_WAIT_SECONDS = 6 * 3600.0

_SUBJECTS: Mapping[Notice, str] = {
    Notice.CIRCUIT_OPENED: "{name}: webhooks are held back, because calls take too long",
    Notice.PARKED: "{name}: a webhook was given up",
    Notice.WELL: "{name}: webhooks arrive again",
}
_TEXTS: Mapping[Notice, str] = {
    Notice.CIRCUIT_OPENED: (
        "More than half of the last calls to {name} ({slug}) took all the time that they may take. It is sent nothing "
        "for now but a probe from time to time. Nothing is lost: what it is to be told waits, and is sent when it "
        "answers in time."
    ),
    Notice.PARKED: (
        "A webhook of {name} ({slug}) could not be delivered and was given up. It is kept with its answers, and is not "
        "sent again by itself. Further ones that are given up before the app answers again are not told one by one."
    ),
    Notice.WELL: "{name} ({slug}) answers its webhooks again.",
}
_ADVICE = (
    "What was sent, what came back, and sending it again:",
    "  GET  /api/0/sentry-apps/{slug}/deliveries/?failed=true",
    "  POST /api/0/sentry-apps/{slug}/deliveries/redeliver/",
    "or `silo deliveries list {slug}` and `silo deliveries redeliver`.",
)


class OwnerMails:
    """A thread of a worker; any number of workers may send."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="owner-mails", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends after the mail that is being sent. Idempotent, and harmless before ``start``."""
        self._stopping.set()
        if self._thread.is_alive():
            # Without a bound: the mail under way is bounded by the mail server's own deadlines.
            self._thread.join()

    def send_due(self) -> int:
        """Sends what is due; answers how many notices left."""
        sent = 0
        # One by one: what is claimed must be sent before its lease ends.
        while claims := claim(self._control.database, OWNERS, limit=1, lease_seconds=LEASE_SECONDS):
            sent += self._send(claims[0])
            if self._stopping.is_set():
                break
        return sent

    def _send(self, claimed: Claim) -> bool:
        mails = self._mails(claimed)
        if mails and not self._control.mailer.send(mails):
            refused = Rejection("MAIL_NOT_ACCEPTED", "The mail server took none of the mails.", permanent=False)
            is_last = claimed.attempts + 1 >= MAX_ATTEMPTS
            # Doubled from a minute on: most mail servers are away for less.
            wait = None if is_last else min(60.0 * 2**claimed.attempts, _LONGEST_WAIT_SECONDS)
            retry_or_park(self._control.database, [Retry(claimed, refused, wait)])
            return False
        # After the mails: who dies in between sends them again, which a `Message-ID` lets a mailbox see.
        acknowledge(self._control.database, [claimed])
        with self._control.database.transaction():
            OwnerNotice.delete().where(OwnerNotice.id == claimed.object_id).execute()
        return bool(mails)

    def _mails(self, claimed: Claim) -> Sequence[Mail]:
        """None: the notice was sent before, its app is gone, or there is nobody to tell."""
        with self._control.database.session():
            notice = OwnerNotice.get_or_none(OwnerNotice.id == claimed.object_id)
            if notice is None or claimed.category != NOTICE_CATEGORY:
                return ()
            app = SentryApp.get_or_none(SentryApp.id == notice.sentry_app_id)
            # Its owner knows that it is gone.
            if app is None or app.date_deleted:
                return ()
            to = notification_emails(organization_id=app.owner_id, creator_label=app.creator_label or "")
        return [_mail(app, notice, recipient=recipient) for recipient in to]

    def _run(self) -> None:
        while not self._stopping.wait(LOOK_SECONDS):
            try:
                self.send_due()
            except SiloError as exc:
                log.info("owner_mails.wait", reason=exc.reason)
            except Exception as exc:
                log.exception("owner_mails.failed", exc_info=exc)


def _mail(app: SentryApp, notice: OwnerNotice, *, recipient: str) -> Mail:
    names = {"name": app.name, "slug": app.slug}
    kind = Notice(notice.notice)
    lines = [_TEXTS[kind], f"Noticed at {notice.happened_at:%Y-%m-%d %H:%M:%S} UTC."]
    if kind is not Notice.WELL:
        lines += ["", *_ADVICE]
    return Mail(
        recipient=recipient,
        subject=_SUBJECTS[kind].format(**names),
        text="\n".join(lines).format(**names) + "\n",
        sent_at=notice.happened_at,
        # By the notice, so that every attempt at it is one mail.
        key=f"app-health-{notice.id}",
    )
