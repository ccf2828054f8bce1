"""What control said lately about credentials. Owns how long it is believed, and that the memory is bounded."""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.domain.credential import Credential
from shared.pb.hybridcloud.users.v1 import identity_service_pb2

FRESH_SECONDS = 5
"""How long control is not asked again about someone it knew: as late may a changed role be noticed."""
UNREACHABLE_SECONDS = 600
"""How long an answer is good while control cannot be asked: whoever worked a moment ago goes on working."""
REFUSAL_SECONDS = 1
"""How long a refusal is believed: enough against a client in a loop, too short to be seen by whoever just signed in."""
MAX_REMEMBERED = 10_000
"""Credentials remembered at most; the one that was not seen for longest goes first."""


@dataclass(frozen=True)
class Remembered:
    """An answer of control's, and when it was given."""

    answer: identity_service_pb2.AuthenticateResponse = field(repr=False)
    at: datetime

    def is_fresh(self, now: datetime) -> bool:
        """Whether control need not be asked."""
        seconds = FRESH_SECONDS if self.answer.HasField("principal") else REFUSAL_SECONDS
        return now - self.at < timedelta(seconds=seconds)

    def is_usable_unreached(self, now: datetime) -> bool:
        """Whether the answer is good while control cannot be asked; a refusal never is."""
        is_known = self.answer.HasField("principal")
        return is_known and now - self.at < timedelta(seconds=UNREACHABLE_SECONDS)


class IdentityMemory:
    """Answers by credential; safe to share between threads."""

    def __init__(self, *, max_remembered: int = MAX_REMEMBERED) -> None:
        self._max_remembered = max_remembered
        self._answers: OrderedDict[Credential, Remembered] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, credential: Credential) -> Remembered | None:
        """What was said last; None when that is forgotten."""
        with self._lock:
            found = self._answers.get(credential)
            if found:
                self._answers.move_to_end(credential)
            return found

    def remember(
        self, credential: Credential, answer: identity_service_pb2.AuthenticateResponse, *, now: datetime
    ) -> None:
        with self._lock:
            self._answers[credential] = Remembered(answer, now)
            self._answers.move_to_end(credential)
            if len(self._answers) > self._max_remembered:
                self._answers.popitem(last=False)

    def __len__(self) -> int:
        return len(self._answers)
