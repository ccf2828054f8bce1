from datetime import timedelta

from region_silo.services.authentication import FRESH_SECONDS, REFUSAL_SECONDS, UNREACHABLE_SECONDS, AnswerMemory
from shared.clock import FrozenClock
from shared.domain.credential import Credential, CredentialKind
from shared.pb.hybridcloud.users.v1 import identity_service_pb2, principal_pb2

NOW = FrozenClock().now()
KNOWN = identity_service_pb2.AuthenticateResponse(principal=principal_pb2.Principal())
REFUSED = identity_service_pb2.AuthenticateResponse(refusal="Invalid token")


def _token(text: str) -> Credential:
    return Credential.of(CredentialKind.TOKEN, text)


def _ages(answer: identity_service_pb2.AuthenticateResponse, seconds: float) -> tuple[bool, bool]:
    memory = AnswerMemory()
    memory.remember(_token("a"), answer, now=NOW)
    known = memory.find(_token("a"))
    assert known
    later = NOW + timedelta(seconds=seconds)
    return known.is_fresh(later), known.is_usable_unreached(later)


def test_who_is_known_is_believed_for_a_while_and_longer_without_control() -> None:
    assert _ages(KNOWN, FRESH_SECONDS - 0.1) == (True, True)
    assert _ages(KNOWN, FRESH_SECONDS) == (False, True)
    assert _ages(KNOWN, UNREACHABLE_SECONDS) == (False, False)


def test_a_refusal_is_soon_forgotten() -> None:
    assert _ages(REFUSED, REFUSAL_SECONDS - 0.1) == (True, False)
    assert _ages(REFUSED, REFUSAL_SECONDS) == (False, False)


def test_the_memory_forgets_whom_it_has_not_seen_for_longest() -> None:
    memory = AnswerMemory(max_remembered=2)
    for text in ("a", "b"):
        memory.remember(_token(text), KNOWN, now=NOW)
    memory.find(_token("a"))
    memory.remember(_token("c"), KNOWN, now=NOW)
    assert [memory.find(_token(text)) is not None for text in "abc"] == [True, False, True]
    assert len(memory) == 2


def test_a_session_is_not_taken_for_a_token() -> None:
    memory = AnswerMemory()
    memory.remember(_token("a"), KNOWN, now=NOW)
    assert memory.find(Credential.of(CredentialKind.SESSION, "a")) is None


def test_nothing_remembered_is_shown() -> None:
    assert _token("secret").hash not in repr(_token("secret"))
