"""The network between the silos: every call goes over a link, as the bytes that were signed, and meets its fate there.

A link is an in-process server that carries what it is sent to the silo behind it, so that silos and callers are wired
to it as they would be to a proxy on the way. Owns what becomes of calls, and which of them are still on their way.
"""

import contextlib
import random
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import grpc
from typing_extensions import override

from shared.clock import FrozenClock
from shared.rpc.address import IN_PROCESS_PREFIX
from shared.rpc.inprocess import InProcessChannel, InProcessServer
from shared.simulation.fault import Fault
from simulator.crash import Crash, Fuse, Life
from simulator.fate import FAULTS, FINE_WEIGHT, WEIGHTS, Fate

_PATIENCE_SECONDS = 2.0
"""How long a caller waits before it gives up. Deadlines are longer, of which a simulation learns nothing more."""
# Older ones would be refused for their time alone, and teach nothing.
MAX_KEPT = 30
"""Requests that are on their way, or were copied, at a time."""


@dataclass(frozen=True)
class Sent:
    """A request on the wire."""

    link: "Link"
    method: str
    body: bytes
    metadata: Any

    @property
    def name(self) -> str:
        return self.method.rpartition("/")[2]


@dataclass(eq=False)
class Link(grpc.GenericRpcHandler):  # type: ignore[type-arg]  # generic in its stubs alone
    """The way from one to another: a caller's name, or a silo's, to a silo."""

    network: "Network"
    caller: str
    callee: str
    is_cut: bool = False
    is_half_open: bool = False

    def __post_init__(self) -> None:
        self.name = f"simulated-{self.caller.replace(':', '-')}-to-{self.callee}"
        self.address = f"{IN_PROCESS_PREFIX}{self.name}"
        # A real server, so that callers dial, sign, retry and give up as they would over TCP.
        self._server = InProcessServer(self.name)
        self._server.add_generic_rpc_handlers([self])
        self._server.start()
        self._onwards = InProcessChannel(own_name(self.callee))

    @override
    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        # Without a parser: a link carries bytes, of which the signature is.
        return grpc.unary_unary_rpc_method_handler(partial(self._serve, handler_call_details.method))

    def close(self) -> None:
        self._onwards.close()
        self._server.stop()

    def carry(self, sent: Sent) -> tuple[bytes, grpc.Call]:
        """Brings a request to the silo.

        Raises:
            grpc.RpcError: it refused, or died while it answered.
        """
        return self._onwards.unary_unary(sent.method, None, None).with_call(sent.body, metadata=sent.metadata)

    def _serve(self, method: str, body: bytes, context: grpc.ServicerContext) -> bytes:
        sent = Sent(self, method, body, context.invocation_metadata())
        try:
            payload, call = self.network.transmit(sent)
        except Away as exc:
            context.abort(exc.code, str(exc))
        except grpc.RpcError as exc:
            # Trailers too: they say why it was refused, and what a reader has seen.
            _pass_on(exc, context)
            context.abort(exc.code(), exc.details() or "")
        _pass_on(call, context)
        return payload


def _pass_on(call: Any, context: grpc.ServicerContext) -> None:
    context.set_trailing_metadata(call.trailing_metadata() or ())


class Away(Exception):
    """The caller hears nothing from the silo."""

    def __init__(self, fate: Fate, code: grpc.StatusCode = grpc.StatusCode.UNAVAILABLE) -> None:
        super().__init__(fate.value)
        self.code = code


@dataclass
class Network:
    """All links, their troubles, and whoever is alive at their ends."""

    clock: FrozenClock
    fuse: Fuse
    faults: Collection[Fault]
    rng: random.Random = field(default_factory=lambda: random.Random(0))
    """Decides; another one in each step."""
    meanwhile: Callable[[], None] = lambda: None
    """Lets the world move on while a call is under way."""
    tell: Callable[[str], None] = lambda line: None
    died: Callable[[Life], None] = lambda life: None
    """Told of a silo that died while it answered."""
    watch: Callable[[Sent], None] = lambda sent: None
    """Sees every request that arrives."""
    is_fair: bool = False
    lives: dict[str, Life] = field(default_factory=dict)
    """The processes that are there, by their silos' names."""
    links: dict[tuple[str, str], Link] = field(default_factory=dict)
    on_the_way: list[Sent] = field(default_factory=list)
    copies: list[Sent] = field(default_factory=list)
    fates: Counter[Fate] = field(default_factory=Counter)
    """How many calls had which fate."""
    happened: Counter[Fault] = field(default_factory=Counter)
    """How often each fault decided about a call, before all became fair."""
    refusals: Counter[str] = field(default_factory=Counter)
    """How many calls were answered with an error, by its status."""
    made_by: Counter[str] = field(default_factory=Counter)
    """How many calls each caller made."""

    def link(self, caller: str, callee: str) -> Link:
        """The way from the one to the other."""
        if (caller, callee) not in self.links:
            self.links[caller, callee] = Link(self, caller, callee)
        return self.links[caller, callee]

    def close(self) -> None:
        for link in self.links.values():
            link.close()

    @contextlib.contextmanager
    def still(self) -> Iterator[None]:
        """Lets nothing else happen while calls are under way, until the block ends."""
        # A silo that starts calls others before it serves; what happened meanwhile would find it half there.
        before, self.meanwhile = self.meanwhile, lambda: None
        try:
            yield
        finally:
            self.meanwhile = before

    def transmit(self, sent: Sent) -> tuple[bytes, grpc.Call]:
        """A call, with all that happens to it on the way.

        Raises:
            Away: the caller gets no answer.
            grpc.RpcError: the answer is a refusal.
            Crash: the caller died meanwhile.
        """
        caller = self.lives.get(sent.link.caller)
        self.made_by[sent.link.caller] += 1
        if caller:
            # A process dies between any two things that it does; a call is two of them.
            self.fuse.burn(caller, f"before {sent.name} to {sent.link.callee}")
        try:
            return self._meet(sent, self._fate(sent))
        finally:
            if caller:
                # Who died while it waited hears no answer, whatever that was.
                caller.check()
                self.fuse.burn(caller, f"after {sent.name} to {sent.link.callee}")

    def arrive(self, sent: Sent) -> tuple[bytes, grpc.Call]:
        """The request reaches the silo, if that is there.

        Raises:
            Away: it is not, or died while it answered.
            grpc.RpcError: it refused.
        """
        life = self.lives.get(sent.link.callee)
        # Looked at on arrival and not when it was sent: a late request may find another life.
        if life is None or life.is_over:
            raise Away(Fate.DOWN)
        self.watch(sent)
        try:
            return sent.link.carry(sent)
        except Crash as crash:
            # Calls go on from silo to silo: it may be the caller's own death, further up.
            if crash.life is not life:
                raise
            self.died(life)
            raise Away(Fate.DOWN) from None
        except grpc.RpcError as exc:
            self.refusals[exc.code().name] += 1
            raise

    def _fate(self, sent: Sent) -> Fate:
        if sent.link.is_cut:
            fate = Fate.CUT_OFF
        elif sent.link.is_half_open:
            fate = Fate.SWALLOWED
        elif self.is_fair:
            fate = Fate.FINE
        else:
            # In the order of the table, so that a seed means the same whichever faults are asked for.
            weights = {Fate.FINE: FINE_WEIGHT}
            for fault, of_fault in WEIGHTS.items():
                weights |= of_fault if fault in self.faults else {}
            (fate,) = self.rng.choices(list(weights), list(weights.values()))
        self.fates[fate] += 1
        if fate in FAULTS and not self.is_fair:
            self.happened[FAULTS[fate]] += 1
        if fate is not Fate.FINE:
            self.tell(f"{sent.name} from {sent.link.caller} to {sent.link.callee}: {fate}")
        return fate

    def _meet(self, sent: Sent, fate: Fate) -> tuple[bytes, grpc.Call]:
        if fate in {Fate.REQUEST_LOST, Fate.CUT_OFF}:
            raise Away(fate)
        if fate is Fate.OVERTAKEN:
            self._keep(self.on_the_way, sent)
            # The request is kept and may arrive in any later step, after others that were sent after it.
            self._give_up(fate)
        if fate is Fate.LATE:
            self.meanwhile()
        # Its end was lost on the way there, or on the way back; the caller cannot tell.
        if fate is Fate.SWALLOWED and self.rng.random() < 0.5:
            self._give_up(fate)
        answer = self.arrive(sent)
        if fate in {Fate.TWICE, Fate.COPIED}:
            self._repeat(sent, fate)
        if fate is Fate.SLOW:
            self.meanwhile()
        if fate is Fate.SWALLOWED:
            self._give_up(fate)
        if fate is Fate.ANSWER_LOST:
            raise Away(fate)
        return answer

    def _give_up(self, fate: Fate) -> None:
        self.meanwhile()
        # Virtual seconds: nobody waits.
        self.clock.advance(_PATIENCE_SECONDS)
        raise Away(fate, grpc.StatusCode.DEADLINE_EXCEEDED)

    def _repeat(self, sent: Sent, fate: Fate) -> None:
        if fate is Fate.COPIED:
            self._keep(self.copies, sent)
            return
        self.deliver_again(sent)

    def deliver_again(self, sent: Sent) -> str:
        """Brings a request a second time, or late; answers what became of it in a word. Nobody waits for the answer."""
        try:
            self.arrive(sent)
        except Away as exc:
            return str(exc)
        except grpc.RpcError as exc:
            return str(exc.code().name)
        return "accepted"

    def _keep(self, where: list[Sent], sent: Sent) -> None:
        where.append(sent)
        del where[:-MAX_KEPT]


def own_name(silo: str) -> str:
    """Under which in-process name a silo listens itself."""
    return f"simulated-{silo}"
