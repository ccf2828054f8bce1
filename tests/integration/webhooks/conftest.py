"""Deliveries on either engine, a frozen clock, a real receiver, and a sender that a test steps."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from shared.clock import FrozenClock
from shared.database.connect import connect
from shared.database.database import Database
from shared.domain.signature import sign_webhook
from shared.domain.webhook import PLATFORM, webhook_content, webhook_payload
from shared.outbox.message import OutboxMessage, Rejection, migrate_outbox
from shared.outgoing.client import AppClient
from shared.outgoing.reach import Reach
from shared.request_log import RequestLogEntry
from shared.webhooks.attempt import Recipient
from shared.webhooks.delivery import Delivery, DeliveryAttempt, migrate_webhooks
from shared.webhooks.enqueue import NewDelivery, enqueue_deliveries
from shared.webhooks.sender import Sender
from tests.integration.third_party import ThirdPartyApp, running_app

HOOK = "/hook"
APP_ID = 7


@dataclass
class Post:
    """Shorthand for what the tests do to deliveries."""

    database: Database
    clock: FrozenClock
    client: AppClient
    receiver: ThirdPartyApp
    recipients: dict[int, Recipient | Rejection]
    """By app."""
    poisoned: set[int] = field(default_factory=set)
    """Deliveries whose preparing fails."""

    def enqueue(self, *, app_id: int = APP_ID, event: str = "installation.created", data: Any = None) -> int:
        payload = webhook_payload(event, installation_uuid="u-u-i-d", data={"n": data}, actor=PLATFORM)
        new = NewDelivery(
            sentry_app_id=app_id,
            installation_id=70,
            organization_id=1,
            event=event,
            signed=sign_webhook(payload, secret="a secret that is gone"),
        )
        with self.database.transaction() as tx:
            enqueue_deliveries(tx, [new], now=self.clock.now())
            return int(Delivery.select().order_by(Delivery.id.desc()).get().id)

    def happens(self, *app_ids: int, issue_id: int | None = 5, data: Any = None) -> list[int]:
        """Something that happens to an issue, of which apps are told; answers the deliveries' ids, in order."""
        content = webhook_content(data={"n": data}, actor=PLATFORM)
        new = [
            NewDelivery(
                sentry_app_id=app_id,
                installation_id=10 * app_id,
                installation_uuid=f"uuid-{app_id}",
                organization_id=1,
                issue_id=issue_id,
                event="issue.created",
                content=content,
            )
            for app_id in app_ids or [APP_ID]
        ]
        with self.database.transaction() as tx:
            enqueue_deliveries(tx, new, now=self.clock.now())
            newest = Delivery.select(Delivery.id).order_by(Delivery.id.desc()).limit(len(new))
            return sorted(each.id for each in newest)

    def sender(self) -> Sender:
        def prepare(delivery: Delivery) -> Recipient | Rejection:
            if delivery.id in self.poisoned:
                raise KeyError(delivery.id)
            return self.recipients[delivery.sentry_app_id]

        return Sender(self.database, clock=self.clock, client=self.client, prepare=prepare, seed=1)

    def send(self) -> int:
        """Sends until nothing is due and waits for what becomes of it; answers how many calls were made."""
        sender, calls = self.sender(), 0
        while sender.send_due():
            sender.wait()
            calls += sender.settle_ended()
        return calls

    def changes(self, **fields: Any) -> None:
        """Changes the recipient."""
        recipient = self.recipients[APP_ID]
        assert isinstance(recipient, Recipient)
        self.recipients[APP_ID] = replace(recipient, **fields)

    def find(self, delivery_id: int) -> Delivery:
        with self.database.session():
            return Delivery.get_by_id(delivery_id)

    def exists(self, delivery_id: int) -> bool:
        with self.database.session():
            return bool(Delivery.select().where(Delivery.id == delivery_id).exists())

    def attempts(self, delivery_id: int) -> list[DeliveryAttempt]:
        with self.database.session():
            return list(DeliveryAttempt.select().where(DeliveryAttempt.delivery == delivery_id))

    def messages(self) -> list[OutboxMessage]:
        with self.database.session():
            return list(OutboxMessage.select().order_by(OutboxMessage.id))

    def logged(self) -> list[RequestLogEntry]:
        with self.database.session():
            return list(RequestLogEntry.select().order_by(RequestLogEntry.id))


@pytest.fixture
def post(database_url: str) -> Iterator[Post]:
    clock = FrozenClock()
    database, client = connect(database_url, create=True, clock=clock), AppClient(Reach(allow_private=True))
    migrate_outbox(database)
    migrate_webhooks(database)
    with database.transaction():
        RequestLogEntry.create_table()
    with running_app() as receiver:
        receiver.answers(HOOK)
        recipient = Recipient(
            url=receiver.url + HOOK, custom_headers=(), client_secret=receiver.secret, is_internal=False
        )
        yield Post(database, clock, client, receiver, {APP_ID: recipient})
        client.close()
        database.close()


@pytest.fixture
def refuse(post: Post) -> Callable[[int], None]:
    """Makes the receiver answer with a status."""

    def answers(status: int) -> None:
        post.receiver.answers(HOOK, status=status, body=b'{"why": "not now"}')

    return answers


@pytest.fixture
def clears_always(monkeypatch: pytest.MonkeyPatch) -> None:
    """What there is no room for is cleared away whenever something has ended, and not now and then."""
    monkeypatch.setattr("shared.webhooks.ended.CLEARED_EVERY", 1)
