"""An answer while it comes in: how far it came, and what it is worth if it does not come to its end."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import httpx

from shared.errors import AppDisconnected, AppStalled, AppTooSlow, SiloError
from shared.outgoing.request import AppAnswer

_STALLED = "The answer did not come to its end in time."
_FAULTS: Mapping[type[SiloError], str] = {
    AppTooSlow: _STALLED,
    AppStalled: _STALLED,
    AppDisconnected: "The connection ended before the answer did.",
}


@dataclass
class Progress:
    """How far a request came, for whoever looks at it after its deadline."""

    is_unanswered: bool = False
    """Whether it had its place among the others, and the app had not begun to answer."""
    begun: AppAnswer | None = None
    """The answer without its body, once it began."""
    body: bytearray = field(default_factory=bytearray)
    """What came of it so far."""

    async def read(self, response: httpx.Response, *, limit: int) -> AppAnswer:
        """Reads the body as it came, up to the limit: unpacking could make gigabytes of a few bytes."""
        # From here on it has begun to answer: what takes too long now is stalled, not slow.
        self.is_unanswered = False
        headers = {name.lower(): value for name, value in response.headers.items()}
        self.begun = AppAnswer(status=response.status_code, headers=headers, body=b"")
        async for chunk in response.aiter_raw():
            self.body += chunk
            # One chunk past the limit at most is in memory.
            if len(self.body) > limit:
                return replace(self.begun, body=bytes(self.body[:limit]), is_truncated=True)
        return replace(self.begun, body=bytes(self.body))

    def broken_off(self, error: SiloError) -> AppAnswer | None:
        """What there is of the answer that an error ended; None: it had not begun."""
        if self.begun is None:
            return None
        is_late = not isinstance(error, AppDisconnected)
        fault = _FAULTS[type(error)]
        return replace(self.begun, body=bytes(self.body), is_truncated=True, fault=fault, is_late=is_late)
