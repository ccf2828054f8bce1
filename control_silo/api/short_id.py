"""A short id by itself, ``WEB-1``: its issue may live in any region where the client has an organization.

Control knows no issues, so it asks one region after the other, with the client's own credentials. Owns that asking.
"""

from collections.abc import Sequence
from urllib.parse import quote

from starlette.requests import Request

from shared.consistency import TOKEN_NAME
from shared.domain.http_address import SiloAddress
from shared.errors import NotFound, SiloError, SiloUnreachable
from shared.http.forwarded import HOST_HEADER, PROOF_HEADER, PROTOCOL_HEADER
from shared.http.relay import Relay

_PASSED_ON = frozenset(
    name.encode()
    for name in ("host", "authorization", "cookie", TOKEN_NAME, PROOF_HEADER, HOST_HEADER, PROTOCOL_HEADER)
)
"""Headers that say who asks, of which silo, what they have seen, and who has forwarded the question already."""


async def region_that_knows_issue(relay: Relay, request: Request, *, among: Sequence[SiloAddress]) -> SiloAddress:
    """The first of the regions that shows the client the issue of the path; else the first that refuses to.

    Raises:
        NotFound: no region knows it.
        SiloUnreachable: likewise, but one of them is away; or the address of one leads here.
    """
    for region in among:
        relay.refuse_circle(request, to=region)
    question, refusing = _question(request), []
    unanswered: SiloError = NotFound()
    for region in among:
        try:
            status = await relay.ask(question, to=region)
        except SiloUnreachable as away:
            unanswered = away
            continue
        if status < 400:
            return region
        if status != 404:
            refusing.append(region)
    if refusing:
        return refusing[0]
    raise unanswered


def _question(request: Request) -> Request:
    path = f"/api/0/issues/{request.path_params['issue_id']}/"
    return Request(
        {
            **request.scope,
            "method": "HEAD",
            "path": path,
            "raw_path": quote(path).encode(),
            "query_string": b"",
            "headers": [(name, value) for name, value in request.headers.raw if name.lower() in _PASSED_ON],
        }
    )
