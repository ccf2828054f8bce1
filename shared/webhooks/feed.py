"""What is told to an app in one silo, in an order in which whoever goes on after a place misses nothing (DESIGN §10).

A delivery stands where the transaction was begun that made it, or that made it due again. On PostgreSQL its id is given
out before the commit, so that a smaller one may be seen after a larger one: no row is read before every transaction
that began earlier has ended. SQLite writes one transaction after the other, and counts both in one.
Owns places and that order; refuses to know who listens.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from shared.database.columns import instant_text
from shared.database.commit_order import is_settled, last_settled
from shared.database.database import Database
from shared.database.statement import instant_mark
from shared.domain.path_key import find_id
from shared.domain.region_id import MAX_ID
from shared.errors import InvalidInput
from shared.pb.hybridcloud.requests.v1 import delivery_pb2
from shared.webhooks.attempt import Recipient, make_attempt
from shared.webhooks.deliveries import show_whole
from shared.webhooks.delivery import Delivery, fill_bodies
from shared.webhooks.lane import Prepare

# Each is signed anew, which costs a tenth of a millisecond or so; a listener comes again at once while there is more.
MAX_READ = 50
"""Deliveries in one answer."""
MAX_BYTES = 2_000_000
"""How much of bodies is in one answer between silos; a single delivery is answered however large it is."""

_PLACE = re.compile(r"(\d{1,19})-(\d{1,19})", re.ASCII)
_LENGTH = """
COALESCE(length(body), 0) + COALESCE((SELECT length(text) FROM delivery_content c WHERE c.id = content_id), 0)"""


@dataclass(frozen=True, kw_only=True, order=True)
class FeedPlace:
    """After which delivery to go on; the first is after none."""

    written_in: int = 0
    id: int = 0

    def __str__(self) -> str:
        return f"{self.written_in}-{self.id}"

    @classmethod
    def parse(cls, text: str) -> "FeedPlace":
        """Raises:
        InvalidInput: it is no place.
        """
        found = _PLACE.fullmatch(text)
        numbers = [find_id(part) for part in found.groups()] if found else [None]
        if None in numbers:
            raise InvalidInput.at("after", "this is no place in a feed.")
        written_in, delivery_id = (int(number or 0) for number in numbers)
        return cls(written_in=written_in, id=delivery_id)


@dataclass(frozen=True)
class FeedPage:
    """What comes next, and where to go on after it."""

    items: tuple[delivery_pb2.FeedItem, ...]
    place: FeedPlace


def read_feed(
    database: Database,
    sentry_app_id: int,
    *,
    after: FeedPlace,
    since: datetime | None,
    prepare: Prepare,
    now: datetime,
) -> FeedPage:
    """What comes next, with the headers that it would be sent with now, signed and stamped afresh.

    Args:
        database: of the silo.
        sentry_app_id: of the app.
        after: where to go on.
        since: passes over what happened earlier; None: nothing.
        prepare: says who would be told, and so what to sign with.
        now: the present.
    """
    items: list[delivery_pb2.FeedItem] = []
    # One moment for the end and the rows: what commits in between is after the place and is read next.
    with database.snapshot():
        # A place after everything that can be read now, and before whatever cannot.
        end = FeedPlace(written_in=last_settled(database, "written_in", table="delivery"), id=MAX_ID)
        ids, has_more = _next_ids(database, sentry_app_id, after, since)
        found = {each.id: each for each in Delivery.select().where(Delivery.id.in_(ids))}
        fill_bodies(list(found.values()))
        for delivery in (found[each] for each in ids):
            recipient = prepare(delivery)
            if isinstance(recipient, Recipient):
                items.append(_item(delivery, recipient, now))
            elif recipient.permanent:
                # Nobody can be told of it any more, but who listens has passed it.
                items.append(delivery_pb2.FeedItem(place=str(_place_of(delivery))))
            else:
                # Its credential is still on the way: going on past it would leave it out for good.
                return FeedPage(tuple(items), FeedPlace.parse(items[-1].place) if items else after)
    # Where there was nothing more one is at the end, also of what is older than was asked for.
    last = FeedPlace.parse(items[-1].place) if items else after
    return FeedPage(tuple(items), last if has_more else max(last, end))


def _next_ids(
    database: Database, sentry_app_id: int, after: FeedPlace, since: datetime | None
) -> tuple[list[int], bool]:
    """Ids in their order, and whether there are more."""
    settled = is_settled(database, "written_in")
    earliest = f"AND created_at >= {instant_mark(database)}" if since else ""
    statement = (
        f"SELECT id, {_LENGTH} FROM delivery "  # noqa: S608 - no values
        f"WHERE sentry_app_id = ? AND (written_in, id) > (?, ?) {settled} {earliest} "
        # One more than is answered, by which it is known that there is more.
        f"ORDER BY written_in, id LIMIT {MAX_READ + 1}"
    )
    values = (sentry_app_id, after.written_in, after.id, *([instant_text(since)] if since else []))
    rows = database.rows(statement, values)
    ids: list[int] = []
    room = MAX_BYTES
    for delivery_id, size in rows[:MAX_READ]:
        room -= size
        # The first one goes however large it is, or a listener would stand before it for ever.
        if ids and room < 0:
            break
        ids.append(delivery_id)
    return ids, len(ids) < len(rows)


def _place_of(delivery: Delivery) -> FeedPlace:
    return FeedPlace(written_in=delivery.written_in, id=delivery.id)


def _item(delivery: Delivery, recipient: Recipient, now: datetime) -> delivery_pb2.FeedItem:
    attempt = make_attempt(delivery, recipient, at=now)
    return delivery_pb2.FeedItem(
        delivery=show_whole(delivery, ()),
        headers=attempt.own_headers,
        method=attempt.request.method,
        place=str(_place_of(delivery)),
    )
