"""An operator's retry of parked deliveries, while others change them, on PostgreSQL: SQLite has one writer."""

from collections.abc import Iterator

import pytest

from shared.outbox.message import Rejection
from shared.outbox.operate import ParkedFilter, retry_parked
from shared.webhooks.deliveries import show_pending
from shared.webhooks.delivery import Delivery, DeliveryState, destination_of
from tests.integration.contention import Contention, contention
from tests.integration.webhooks.conftest import APP_ID, Post

pytestmark = pytest.mark.postgres


@pytest.fixture
def database_url(postgres_url: str) -> str:
    return postgres_url


@pytest.fixture
def beside(post: Post) -> Iterator[Contention]:
    with contention(post.database) as beside:
        yield beside


def retry(post: Post) -> int:
    with post.database.transaction() as tx:
        retried = retry_parked(tx, ParkedFilter(destination=destination_of(APP_ID)))
        show_pending(tx, retried)
    return len(retried)


def parked(post: Post) -> int:
    """A delivery that was parked."""
    delivery_id = post.enqueue()
    post.send()
    return delivery_id


def test_a_retry_never_waits_for_whoever_changes_the_delivery(post: Post, beside: Contention) -> None:
    """They may wait for its message, which the retry holds."""
    post.recipients[APP_ID] = Rejection("APP_NOT_FOUND", "It is gone.", permanent=True)
    first, second = parked(post), parked(post)
    with post.database.transaction():
        Delivery.update(state=DeliveryState.PENDING).where(Delivery.id == first).execute()
        assert beside.start(lambda: retry(post)).result() == 2
    assert post.find(second).state == DeliveryState.PENDING
