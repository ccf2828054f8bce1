"""What an app is told and asked anywhere, for whoever listens: the feeds of all silos, put side by side.

A place here is the place in each silo's feed. Silos are asked in turn and nothing orders one's deliveries against
another's; each one's own are in its order, and whoever goes on after a place misses none of them. A region that is away
is asked again later, from where it was left.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from control_silo.services.app_deliveries import DeliveryName, NamedDelivery, region_known
from control_silo.services.asked_regions import REGIONS_DEADLINE_SECONDS, ask_regions, regions_of_app
from control_silo.services.control import Control
from control_silo.services.region_answers import believed_deliveries, believed_page
from control_silo.services.webhook import prepare
from shared.domain.instant import instant_json, parse_iso
from shared.domain.peer import CONTROL, silo_away
from shared.errors import InvalidInput, RequestRefused
from shared.pb.hybridcloud.requests.v1 import app_request_service_pb2 as pb
from shared.pb.hybridcloud.requests.v1 import delivery_pb2
from shared.rpc.aliases import Future
from shared.webhooks.elsewhere import add_attempt
from shared.webhooks.feed import FeedPage, FeedPlace, read_feed

WRONG_PLACE = "Last-Event-ID is none that this stream has given out."
# It comes in a header of whoever listens, who may write anything there.
MAX_PLACE_CHARACTERS = 10_000

_SILO_PLACE = re.compile(r"([A-Za-z0-9_-]{1,64}):(\d{1,19}-\d{1,19})", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class WorldPlace:
    """Where somebody is who listens: ``2030-01-01T00:00:00Z,control:4-4,us:7-12``."""

    since: datetime
    """From when on, in a silo that has no place yet."""
    places: Mapping[str, str] = field(default_factory=dict)
    """By silo."""

    def __str__(self) -> str:
        silos = (f"{silo}:{place}" for silo, place in sorted(self.places.items()))
        return ",".join((instant_json(self.since), *silos))

    def after(self, silo: str, place: str) -> "WorldPlace":
        """Where one is after an item of a silo."""
        return replace(self, places={**self.places, silo: place})

    @classmethod
    def parse(cls, text: str) -> "WorldPlace":
        """Raises:
        RequestRefused: it is no such place.
        """
        # Cut and not refused: what is cut in two fits no pattern, and is refused below.
        since, *silos = text[:MAX_PLACE_CHARACTERS].split(",")
        found = [_SILO_PLACE.fullmatch(each) for each in silos]
        try:
            places = {each[1]: str(FeedPlace.parse(each[2])) for each in found if each}
            begun_at = parse_iso(since)
        except (ValueError, InvalidInput) as exc:
            raise RequestRefused(WRONG_PLACE) from exc
        # A place that is only half understood would pass over what it does not name.
        if None in found:
            raise RequestRefused(WRONG_PLACE)
        return cls(since=begun_at, places=places)


@dataclass(frozen=True, kw_only=True)
class Heard:
    """A delivery as it is shown, and where one is after it."""

    named: NamedDelivery
    method: str
    headers: Mapping[str, str] = field(repr=False)
    """Those of the platform, signed and stamped just now."""
    place: WorldPlace


@dataclass(frozen=True)
class FeedResult:
    """What came next."""

    heard: tuple[Heard, ...]
    place: WorldPlace
    """Where one is after all of it."""


def read_world(control: Control, app_id: int, *, after: WorldPlace) -> FeedResult:
    """What comes next in any silo, at most 50 of each. Must not be called in a session."""

    def start(name: str, timeout: float) -> Future:
        request = pb.ReadFeedRequest(sentry_app_id=app_id, cell_name=name, after=after.places.get(name, ""))
        # A region that came since, or was away at first, begins where the listener began.
        if name not in after.places:
            request.since.FromDatetime(after.since)
        return control.regions.app_requests(name).ReadFeed.future(request, timeout=timeout)

    own_place = after.places.get(CONTROL)
    # Before the regions are asked, so that no session is open while they take their time.
    own: FeedPage = read_feed(
        control.database,
        app_id,
        after=FeedPlace.parse(own_place) if own_place else FeedPlace(),
        since=None if own_place else after.since,
        prepare=prepare,
        now=control.clock.now(),
    )
    answers: Mapping[str, pb.ReadFeedResponse | None] = ask_regions(
        control, start, deadline_seconds=REGIONS_DEADLINE_SECONDS, names=regions_of_app(control, app_id)
    )
    pages = {CONTROL: (list(own.items), str(own.place))}
    pages |= {name: believed_page(name, answer) for name, answer in answers.items() if answer}
    heard: list[Heard] = []
    place = after
    # Silo by silo: each item's place says how far one is in all of them, so that a listener can break off after any.
    for silo, (items, end) in pages.items():
        for item in items:
            place = place.after(silo, item.place)
            if item.HasField("delivery"):
                heard.append(_heard(silo, item, place))
        # Also where nothing was told: what was passed over is not looked at again.
        place = place.after(silo, end) if end else place
    return FeedResult(tuple(heard), place)


def _heard(silo: str, item: delivery_pb2.FeedItem, place: WorldPlace) -> Heard:
    named = NamedDelivery(name=DeliveryName(silo=silo, id=item.delivery.id), delivery=item.delivery)
    return Heard(named=named, method=item.method or "POST", headers=dict(item.headers), place=place)


def log_attempt(
    control: Control, app_id: int, name: DeliveryName, attempt: delivery_pb2.RpcDeliveryAttempt
) -> NamedDelivery:
    """Logs what somebody answered to whom a delivery was shown. Must not be called in a session.

    Raises:
        NotFound: the app has no such delivery.
        SiloUnreachable, DeadlineExceeded: its region is away.
    """
    if name.silo == CONTROL:
        found = add_attempt(control.database, attempt, sentry_app_id=app_id, delivery_id=name.id)
        return NamedDelivery(name=name, delivery=found)
    request = pb.AddAttemptRequest(sentry_app_id=app_id, cell_name=name.silo, delivery_id=name.id, attempt=attempt)
    with region_known():
        stub = control.regions.app_requests(name.silo)
    answer = stub.AddAttempt(request, timeout=REGIONS_DEADLINE_SECONDS)
    believed = believed_deliveries(name.silo, [answer.delivery], limit=1)
    # An answer that nobody can show is as good as none.
    if not believed:
        raise silo_away(name.silo)
    return NamedDelivery(name=name, delivery=believed[0])
