"""The address at which clients reach a silo, where it is not the one that it is asked at: behind a proxy that ends TLS.

The operator says it. No header of a request is believed instead: ``X-Forwarded-Proto`` and its like can be sent by
anybody. Whatever names an own address, or asks whether the client's way is safe, then finds it in the request.
"""

from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from shared.http.forwarded import IS_FORWARDED, as_sent_to


class PublicAddress:
    """Requests look as if they were sent there; those that another silo forwarded look as the client sent them."""

    def __init__(self, app: ASGIApp, *, url: str) -> None:
        """Args:
        app: sees the requests.
        url: ``https://silo.example``; of a longer one the beginning.
        """
        self._app = app
        place = urlsplit(url)
        self._protocol, self._host = place.scheme, place.netloc

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and IS_FORWARDED not in scope:
            scope = as_sent_to(scope, protocol=self._protocol, host=self._host)
        await self._app(scope, receive, send)
