"""The body of a request on its way to another silo, in pieces. Owns how long one may take; refuses to know silos.

Connections to a silo are few and everyone's. So one is taken only when there is a piece to send, and given up when
the next one is late: whoever sends slowly waits alone.
"""

from collections.abc import AsyncIterator
from typing import Self

import anyio
from starlette.requests import Request

from shared.http.errors import Refused

PIECE_BYTES = 65_536
"""How much is gathered before it is passed on; most bodies are smaller and are passed on whole."""
PIECE_SECONDS = 15.0
"""How long a client may take for each piece: slower than 4 KiB a second is no client but a burden."""
TOO_SLOW = "The body took too long to arrive."


class RelayedBody:
    """A body that is read piece by piece. Never holds more than one."""

    def __init__(self, request: Request, *, piece_seconds: float) -> None:
        self._chunks = request.stream()
        self._piece_seconds = piece_seconds
        self._piece = b""
        # Without a body nothing is awaited: most requests are reads.
        self._is_over = not _is_announced(request)

    @classmethod
    async def begun(cls, request: Request, *, piece_seconds: float) -> Self:
        """A body whose first piece has arrived.

        Raises:
            Refused: it took too long.
        """
        body = cls(request, piece_seconds=piece_seconds)
        if not body._is_over:
            body._piece = await body._next_piece()
        return body

    @property
    def is_here(self) -> bool:
        """Whether all of it has arrived."""
        return self._is_over

    @property
    def content(self) -> bytes | AsyncIterator[bytes] | None:
        """The body, for sending it once: whole, in pieces, or None when the request has none."""
        return self._pieces() if not self._is_over else self._piece or None

    async def _pieces(self) -> AsyncIterator[bytes]:
        yield self._piece
        while not self._is_over:
            yield await self._next_piece()

    async def _next_piece(self) -> bytes:
        piece = bytearray()
        try:
            with anyio.fail_after(self._piece_seconds):
                async for chunk in self._chunks:
                    piece += chunk
                    # The time begins anew for the next one: what counts is the rate, not the size.
                    if len(piece) >= PIECE_BYTES:
                        return bytes(piece)
        except TimeoutError as exc:
            raise Refused(408, {"detail": TOO_SLOW}) from exc
        self._is_over = True
        return bytes(piece)


def _is_announced(request: Request) -> bool:
    return request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers
