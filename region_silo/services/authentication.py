"""Who is behind the credentials of a request: replicas know apps, control knows people (docs/adr/0004).

Owns the order of asking, how long control's word is believed, and what holds while control is away. Refuses to know
HTTP, and what a principal may do.
"""

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cachetools import LRUCache

from region_silo.services.control import ControlClient
from region_silo.services.principal import Principal, find_app_principal, read_principal
from region_silo.services.region import Region
from shared.consistency import required
from shared.domain.credential import Credential, CredentialKind
from shared.errors import CredentialsInvalid, ReplicaBehind, SiloUnreachable
from shared.pb.hybridcloud.users.v1 import identity_service_pb2, principal_pb2

FRESH_SECONDS = 5
"""How long control is not asked again about someone it knew: as late may a changed role be noticed."""
UNREACHABLE_SECONDS = 600
"""How long an answer is good while control cannot be asked: whoever worked a moment ago goes on working."""
REFUSAL_SECONDS = 1
"""How long a refusal is believed: enough against a client in a loop, too short to be seen by whoever just signed in."""
MAX_REMEMBERED = 10_000
"""Credentials remembered at most; the one that was not seen for longest goes first."""

Answer = identity_service_pb2.AuthenticateResponse


@dataclass(frozen=True)
class Remembered:
    """An answer of control's, and when it was given."""

    answer: Answer = field(repr=False)
    at: datetime

    def is_fresh(self, now: datetime) -> bool:
        """Whether control need not be asked."""
        # A refusal is forgotten sooner: a token may be made a moment after it was tried.
        seconds = FRESH_SECONDS if self.answer.HasField("principal") else REFUSAL_SECONDS
        return now - self.at < timedelta(seconds=seconds)

    def is_usable_unreached(self, now: datetime) -> bool:
        """Whether the answer is good while control cannot be asked; a refusal never is."""
        is_known = self.answer.HasField("principal")
        return is_known and now - self.at < timedelta(seconds=UNREACHABLE_SECONDS)


class AnswerMemory:
    """What control said lately, by credential; safe to share between threads."""

    def __init__(self, *, max_remembered: int = MAX_REMEMBERED) -> None:
        # Bounded, or whoever tries made-up tokens would fill it.
        self._answers: LRUCache[Credential, Remembered] = LRUCache(max_remembered)
        self._lock = threading.Lock()

    def find(self, credential: Credential) -> Remembered | None:
        """What was said last; None when that is forgotten."""
        with self._lock:
            # Under the lock too: reading moves the entry to the end of the line.
            return self._answers.get(credential)

    def remember(self, credential: Credential, answer: Answer, *, now: datetime) -> None:
        with self._lock:
            self._answers[credential] = Remembered(answer, now)

    def __len__(self) -> int:
        return len(self._answers)


class Authenticator:
    """Resolves credentials; safe to share between threads. Makes calls, so never inside a session or transaction."""

    def __init__(self, region: Region, control: ControlClient) -> None:
        """Args:
        region: whose replicas know apps' tokens.
        control: knows everyone.
        """
        self._region = region
        self._control = control
        self._memory = AnswerMemory()

    def authenticate(self, credential: Credential) -> Principal:
        """Who shows the credential.

        Raises:
            CredentialsInvalid: it is unknown or over, or its owner may not sign in.
            SiloUnreachable: only control could tell, and it is away.
            ReplicaBehind: likewise, and only because the replicas are older than what the reader has seen.
        """
        # Apps first, from the replicas: they work on while control is away.
        app = self._find_app(credential) if credential.kind is CredentialKind.TOKEN else None
        if app:
            return app
        try:
            answer = self._answer_for(credential)
        except SiloUnreachable as exc:
            # Said apart from "away": the client may ask again at once, and the replica will have come.
            if credential.kind is CredentialKind.TOKEN and not self._region.freshness.is_fresh(required()):
                raise ReplicaBehind from exc
            raise
        if not answer.HasField("principal"):
            raise CredentialsInvalid(answer.refusal or None)
        return self._unless_over(read_principal(answer.principal))

    def believe(self, asserted: bytes) -> Principal:
        """Who asks, as control says beside a request that it forwards.

        Args:
            asserted: the principal, serialized.

        Raises:
            CredentialsInvalid: their credentials have ended since.
        """
        return self._unless_over(read_principal(principal_pb2.Principal.FromString(asserted)))

    def _unless_over(self, principal: Principal) -> Principal:
        # Control's word may be older than the end of the credentials that it vouched for.
        if principal.expires_at and principal.expires_at <= self._region.clock.now():
            raise CredentialsInvalid("Token expired" if principal.token_id else "The session is over; sign in again.")
        return principal

    def _find_app(self, credential: Credential) -> Principal | None:
        """The app whose token it is, as replicas know it that are as new as what the reader has seen."""
        with self._region.database.session():
            app = find_app_principal(self._region, credential)
        # Only whoever is known is waited for: a stranger's word for what they have seen would hold a thread.
        if app is None or not (seen := required()):
            return app
        # Not new enough in time: control is asked, which knows.
        if not self._region.freshness.wait(seen):
            return None
        with self._region.database.session():
            return find_app_principal(self._region, credential)

    def _answer_for(self, credential: Credential) -> Answer:
        now = self._region.clock.now()
        known = self._memory.find(credential)
        if known and known.is_fresh(now):
            return known.answer
        try:
            answer = self._control.ask(self._control.identities.Authenticate, _request(credential))
        except SiloUnreachable:
            # Only now is an older answer good: while control can be asked, what it says counts.
            if known and known.is_usable_unreached(now):
                return known.answer
            raise
        # An app is asked about only until its replicas arrive; remembering it would outlive their news of its end.
        if not answer.principal.HasField("app"):
            self._memory.remember(credential, answer, now=now)
        return answer


def _request(credential: Credential) -> identity_service_pb2.AuthenticateRequest:
    if credential.kind is CredentialKind.TOKEN:
        return identity_service_pb2.AuthenticateRequest(token_hash=credential.hash)
    return identity_service_pb2.AuthenticateRequest(session_hash=credential.hash)
