"""What happens in a storm: each event is one thing that somebody does, or that happens to them, told in one line.

Owns what each does, and how often it comes relative to the others.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from control_silo.replication.kinds import KINDS
from control_silo.services.organization import create_organization
from shared.consistency import TOKEN_NAME, collecting, encode
from shared.domain.peer import CONTROL
from shared.errors import Conflict, Forbidden, InvalidInput, LimitReached, NotFound, SiloError
from shared.outbox.claim import LEASE_SECONDS
from shared.pb.hybridcloud.apps.v1 import app_calls_pb2
from shared.simulation.fault import Fault
from shared.simulation.ledger import ContractBroken
from simulator.asked import Name
from simulator.choice import choose_change
from simulator.silo import SimulatedLane
from simulator.trouble import Troubles
from simulator.world import World

_REFUSALS = (Conflict, Forbidden, InvalidInput, LimitReached, NotFound)
"""What may be said to somebody who changes something, whatever becomes of regions."""
# Old ones are kept by somebody, too, but what they prove is soon proved by newer ones.
_TOKENS_KEPT = 10
_GIVING_WAY_SECONDS = 5.0
"""How long comparing waits between its steps in a storm: what it waits for there is seldom over sooner."""


@dataclass(frozen=True)
class Receipt:
    """What somebody holds who has changed an app: the token of the answer, and what it says that they have seen."""

    app_id: int
    token: str
    moment: int
    """All that was answered up to then."""
    lost: int
    """How often control had been restored by then: whoever does that expects nothing of before."""
    name: Name | None = None
    """And this name."""


class Events(Troubles):
    """What can happen in a world. ``rng`` is another one in each step."""

    def __init__(self, world: World, tell: Callable[[str], None]) -> None:
        super().__init__(world, tell)
        self._receipts: list[Receipt] = []

    def write(self) -> None:
        """Somebody changes something at control."""
        world, control = self.world, self.world.control
        if not control.is_up:
            self._tell("nobody can change anything: control is down")
            return
        change = choose_change(world.model, self.rng)
        # How often control had called by then: a write waits for no region, so that it makes no call.
        change.began, life, calls = world.model.moment(), control.life, world.network.made_by[CONTROL]
        with world.living(CONTROL), collecting() as written:
            try:
                change.make(control.control, world.actor())
            except _REFUSALS as exc:
                self._tell(f"{change}: refused, {exc.reason}")
                return
            except SiloError as exc:
                raise ContractBroken(f"6: a write fails: {change}: {exc.reason}: {exc.message}") from exc
        if world.network.made_by[CONTROL] != calls:
            raise ContractBroken(f"6: a write calls a region: {change}.")
        # It died, and whoever asked looks whether it was done before: that is all that they can do.
        if life.is_over and not change.is_made(world.windows[CONTROL]):
            self._tell(f"{change}: not made")
            return
        change.note(world.windows[CONTROL])
        self._tell(f"{change}: made{', but not answered' if life.is_over else ''}")
        if not life.is_over and change.app_id and written:
            self._keep(Receipt(change.app_id, encode(written), world.model.moment(), len(world.model.lost)))

    def rename_by_region(self) -> None:
        """A service of the platform renames an app at the region that owns it, which forwards that to control."""
        model = self.world.model
        apps = model.live_apps()
        if not apps:
            return
        app, lost = self.rng.choice(apps), len(model.lost)
        region, name = model.organizations[app.owner_id][1], Name(f"App {model.moment()}", model.moment())
        # Before it is asked for: a region may show it before its answer arrives.
        app.names.append(name)
        request = app_calls_pb2.UpdateSentryAppRequest(id=app.id)
        request.attrs.name = name.text
        self._tell(f"{region} is asked to call app {app.id} {name.text}")
        try:
            answer, call = self.world.reader(region).UpdateSentryApp.with_call(request, timeout=10.0)
        except SiloError as exc:
            self._tell(f"no answer about {name.text}: {exc.reason}")
            return
        if not answer.HasField("sentry_app") or len(model.lost) > lost:
            return  # control has forgotten it meanwhile, if it was made at all
        name.ended = model.moment()
        self._tell(f"app {app.id} is called {name.text}")
        token = dict(call.trailing_metadata() or ()).get(TOKEN_NAME, "")
        if token:
            # What was asked while this was under way may have come after it: the token says nothing of that.
            self._keep(Receipt(app.id, str(token), name.began, lost, name))

    def found(self) -> None:
        """An organization is founded in a region, which control has to ask for it."""
        world, control = self.world, self.world.control
        if not control.is_up:
            return
        region = self.rng.choice(list(world.regions))
        slug = f"organization-{world.model.moment()}"
        # Whatever is answered: it may be founded later, by the reservation that stands.
        world.model.asked_slugs.add(slug)
        with world.living(CONTROL):
            try:
                made = create_organization(control.control, slug=slug, name=slug, region=region, kinds=KINDS)
            except SiloError as exc:
                self._tell(f"{slug} is not founded in {region}: {exc.reason}")
                return
            world.model.organizations[made.id] = (slug, region)
            self._tell(f"{slug} is founded in {region}")

    def read(self) -> None:
        """Somebody who has changed an app asks a region for it, and shows what was answered then."""
        model = self.world.model
        # A token from before a restore speaks of versions that are given out anew.
        receipts = [each for each in self._receipts if each.lost == len(model.lost)]
        if not receipts:
            return
        receipt, region = self.rng.choice(receipts), self.rng.choice(list(self.world.regions))
        request = app_calls_pb2.GetSentryAppByIdRequest(id=receipt.app_id)
        try:
            answer = self.world.reader(region).GetSentryAppById(
                request, timeout=10.0, metadata=((TOKEN_NAME, receipt.token),)
            )
        except SiloError as exc:
            self._tell(f"{region} cannot tell a reader of app {receipt.app_id}: {exc.reason}")
            return
        name = answer.sentry_app.name if answer.HasField("sentry_app") else None
        self._tell(f"{region} tells a reader that app {receipt.app_id} is {name or 'not there'}")
        if receipt.lost == len(model.lost):
            model.answered(region, receipt.app_id, name, since=receipt.moment, seen=receipt.name)

    def look_up(self) -> None:
        """Somebody who has changed nothing asks a region for an app."""
        model = self.world.model
        if not model.apps:
            return
        app, region, lost = self.rng.choice(list(model.apps.values())), self.rng.choice(self.world.regions), model.lost
        before, restored = model.shown(region, app.id), len(lost)
        request = app_calls_pb2.GetSentryAppByIdRequest(id=app.id)
        try:
            answer = self.world.reader(region).GetSentryAppById(request, timeout=10.0)
        except SiloError as exc:
            self._tell(f"{region} cannot tell anybody of app {app.id}: {exc.reason}")
            return
        name = answer.sentry_app.name if answer.HasField("sentry_app") else None
        self._tell(f"{region} tells somebody that app {app.id} is {name or 'not there'}")
        if restored == len(lost):
            model.told(region, app.id, name, before=before)

    def work(self) -> None:
        """A worker takes a turn."""
        free = [lane for lane in self.world.lanes if not lane.is_busy]
        if free:
            self.take_turn(self.rng.choice(free))

    def take_turn(self, lane: SimulatedLane) -> int:
        """One turn of a lane; answers how many messages it delivered."""
        # Until its call is over, in which other events happen: no worker works twice at once.
        lane.is_busy = True
        delivered = 0
        with self.world.living(lane.life.silo):
            result = lane.drain.run_once()
            lane.is_busy, delivered = False, result.delivered
            if result.claimed:
                rejected = f", {result.rejected} rejected" if result.rejected else ""
                self._tell(f"{lane.name} claimed {result.claimed}, delivered {result.delivered}{rejected}")
        return delivered

    def compare_alone(self) -> None:
        """A worker compares what its destination holds, as it does when its lane opens and every so often."""
        free = [lane for lane in self.world.lanes if not lane.is_comparing]
        if free:
            self.take_look(self.rng.choice(free))

    def take_look(self, lane: SimulatedLane) -> bool:
        """One round of comparing; whether it came to its end and found nothing."""
        lane.is_comparing, found = True, None
        with self.world.living(lane.life.silo):
            try:
                found = lane.comparing.run_once(pause=partial(self._give_way, lane))
            except SiloError as exc:
                self._tell(f"{lane.name} compares in vain: {exc.reason}")
            lane.is_comparing = False
        if found and found.found:
            differing = ", ".join(f"{count} {sort}" for sort, count in sorted(found.found.items()))
            self._tell(f"{lane.name} compares and finds {differing}")
        return found is not None and not found.found

    def _give_way(self, lane: SimulatedLane, seconds: float) -> bool:
        """What happens between two steps of comparing: the world moves on, and its process does not stop."""
        is_calm = self.world.network.is_fair
        self.world.clock.advance(seconds if is_calm else max(seconds, _GIVING_WAY_SECONDS))
        self.world.network.meanwhile()
        if is_calm:
            # In the calm nothing moves on by itself, and what a step has made due is waited for.
            for each in self.world.lanes:
                if each.destination == lane.destination and each.life is lane.life:
                    self.take_turn(each)
        # It may have died while it gave way.
        lane.life.check()
        return False

    def wait(self) -> None:
        """Time passes; those who work hold on to what they have claimed, or do not."""
        seconds = self.rng.choice((0.05, 0.5, 2.0, LEASE_SECONDS + 1.0, 30.0))
        self.world.clock.advance(seconds)
        self._tell(f"{seconds} s pass")
        for lane in self.world.lanes:
            if lane.is_busy and self.rng.random() < 0.7:
                with self.world.living(lane.life.silo):
                    # By hand: the thread that renews them would do so in real time.
                    lane.drain.leases.renew()

    def _keep(self, receipt: Receipt) -> None:
        self._receipts.append(receipt)
        del self._receipts[:-_TOKENS_KEPT]


Event = Callable[[Events], None]

# Work outweighs writes, or a backlog would grow for the whole storm and nothing arrive before the calm.
_ALWAYS: Mapping[Event, int] = {
    Events.write: 80,
    Events.rename_by_region: 16,
    Events.found: 4,
    Events.read: 20,
    Events.look_up: 20,
    Events.work: 128,
    Events.wait: 24,
    Events.compare: 1,
    Events.pause: 4,
    Events.resume: 12,
    Events.retry: 4,
}
_BY_FAULT: Mapping[Fault, Mapping[Event, int]] = {
    Fault.DUPLICATE: {Events.replay: 16},
    Fault.REORDER: {Events.deliver_late: 16},
    # Starting more often than killing: a world in which everything is down learns nothing.
    Fault.CRASH: {Events.start: 40, Events.register: 20, Events.kill: 4},
    Fault.PARTITION: {Events.part: 10},
    Fault.CLOCK: {Events.skew: 6},
    Fault.RESTORE: {Events.copy: 6, Events.restore: 4, Events.compare_alone: 6, Events.register: 20},
    Fault.HALF_OPEN: {Events.hang: 6},
}


def weights_of(faults: frozenset[Fault]) -> Mapping[Event, int]:
    """How often each event comes when these faults are on."""
    weights = dict(_ALWAYS)
    for fault, events in _BY_FAULT.items():
        weights |= events if fault in faults else {}
    return weights
