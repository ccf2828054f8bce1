"""Who is behind the credentials of a request: replicas know apps, control knows people (docs/adr/0004).

Owns the order of asking, and what holds while control is away. Refuses to know HTTP, and what a principal may do.
"""

from region_silo.services.app_token import find_app_principal
from region_silo.services.freshness import Freshness
from region_silo.services.identity_memory import IdentityMemory
from region_silo.services.principal import Principal
from region_silo.services.region import Region
from shared.away import silo_away
from shared.circuit import Circuit
from shared.consistency import required
from shared.domain.credential import Credential, CredentialKind
from shared.domain.peer import CONTROL
from shared.errors import (
    CredentialsInvalid,
    DeadlineExceeded,
    ReplicaBehind,
    SiloUnreachable,
    Unauthenticated,
    Unavailable,
)
from shared.pb.hybridcloud.users.v1 import identity_service_pb2, identity_service_pb2_grpc
from shared.rpc.aliases import Channel

ASK_SECONDS = 2.0
"""How long control may take to say who someone is."""

Answer = identity_service_pb2.AuthenticateResponse


class Identities:
    """Resolves credentials; safe to share between threads. Makes calls, so never inside a session or transaction."""

    def __init__(
        self, region: Region, control: Channel, freshness: Freshness, *, memory: IdentityMemory | None = None
    ) -> None:
        """Args:
        region: whose replicas know apps' tokens.
        control: the channel to control, which knows everyone.
        freshness: how new the replicas are.
        memory: what control said lately; None: a memory of the usual size.
        """
        self._region = region
        self._control = identity_service_pb2_grpc.IdentityServiceStub(control)
        self._freshness = freshness
        self._memory = memory or IdentityMemory()
        self._circuit = Circuit(region.clock)

    def identify(self, credential: Credential) -> Principal:
        """Who shows the credential.

        Raises:
            CredentialsInvalid: it is unknown or over, or its owner may not sign in.
            SiloUnreachable: only control could tell, and it is away.
            ReplicaBehind: likewise, and only because the replicas are older than what the reader has seen.
        """
        is_fresh = credential.kind is CredentialKind.TOKEN and self._freshness.wait(required())
        if is_fresh:
            with self._region.database.session():
                app = find_app_principal(self._region, credential)
            if app:
                return app
        try:
            answer = self._answer_for(credential)
        except SiloUnreachable as exc:
            if credential.kind is CredentialKind.TOKEN and not is_fresh:
                raise ReplicaBehind from exc
            raise
        if not answer.HasField("principal"):
            raise CredentialsInvalid(answer.refusal or None)
        principal = Principal.from_message(answer.principal)
        if principal.expires_at and principal.expires_at <= self._region.clock.now():
            raise CredentialsInvalid("Token expired" if principal.token else "The session is over; sign in again.")
        return principal

    def _answer_for(self, credential: Credential) -> Answer:
        now = self._region.clock.now()
        known = self._memory.find(credential)
        if known and known.is_fresh(now):
            return known.answer
        try:
            answer = self._ask(credential)
        except SiloUnreachable:
            if known and known.is_usable_unreached(now):
                return known.answer
            raise
        # An app is asked about only until its replicas arrive; remembering it would outlive their news of its end.
        if not answer.principal.HasField("app"):
            self._memory.remember(credential, answer, now=now)
        return answer

    def _ask(self, credential: Credential) -> Answer:
        if not self._circuit.admits():
            raise silo_away(CONTROL)
        try:
            answer: Answer = self._control.Authenticate(_request(credential), timeout=ASK_SECONDS)
        except (Unavailable, DeadlineExceeded, Unauthenticated) as exc:
            # Unauthenticated: control refuses this silo's signature, of which the client must not be accused.
            self._circuit.failed()
            raise silo_away(CONTROL) from exc
        except BaseException:
            self._circuit.abandoned()
            raise
        self._circuit.answered()
        return answer


def _request(credential: Credential) -> identity_service_pb2.AuthenticateRequest:
    if credential.kind is CredentialKind.TOKEN:
        return identity_service_pb2.AuthenticateRequest(token_hash=credential.hash)
    return identity_service_pb2.AuthenticateRequest(session_hash=credential.hash)
