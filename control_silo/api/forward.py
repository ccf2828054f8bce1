"""Paths that regions own, and how control finds the region: one table. A request to any of them is carried there.

A client may send everything to control, or some of it to the region that an organization's ``regionUrl`` names: the
answers are the same. Nothing is redirected: a redirect to another host drops the bearer token. Who asks is found out
here; the region is told, as far as it may know them, and is shown no credentials (DESIGN §6).
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from control_silo.api.gathered import gather
from control_silo.api.recent_writes import RecentWrites, remember_writes
from control_silo.api.request import ApiRequest
from control_silo.services.control import Control
from control_silo.services.placement import (
    region_of_app,
    region_of_id,
    region_of_installation,
    region_of_organization,
    regions_of_principal,
)
from control_silo.services.principal import Principal, principal_message
from shared.consistency import TOKEN_NAME
from shared.domain.http_address import SiloAddress
from shared.domain.path_key import find_id
from shared.errors import CredentialsMissing, MalformedBody, NotFound, PermissionDenied, SiloError, SiloUnreachable
from shared.http.event_pages import BAD_PROJECT, EVENT_PATHS, UNREAL, answer_pages
from shared.http.relay import Relay, close_with, forward_paths
from shared.http.relayed_answer import RelayedAnswer
from shared.http.threads import ThreadPool

READ_PROJECTS = frozenset({"project:read", "project:write", "project:admin"})
"""What a list of projects asks of a token, one of them, also where there is no region to ask it."""

Find = Callable[[ApiRequest, Principal | None], Sequence[SiloAddress]]
"""Finds the region for who asks; several, where control cannot tell which of them it is."""


def _by_organization(request: ApiRequest, principal: Principal | None) -> Sequence[SiloAddress]:
    return [region_of_organization(request.control, request.http.path_params["organization_id_or_slug"])]


def _by_installation(request: ApiRequest, principal: Principal | None) -> Sequence[SiloAddress]:
    return [region_of_installation(request.control, request.http.path_params["uuid"])]


def _by_app(request: ApiRequest, principal: Principal | None) -> Sequence[SiloAddress]:
    return [region_of_app(request.control, request.http.path_params["sentry_app_id_or_slug"])]


def _by_project(request: ApiRequest, principal: Principal | None) -> Sequence[SiloAddress]:
    """SDKs send events here; they show a project's key, which control does not know, and are refused as regions do."""
    project_id: str = request.http.path_params["project_id"]
    if find_id(project_id) is None:
        raise MalformedBody(BAD_PROJECT)
    try:
        return [region_of_id(request.control, project_id)]
    except NotFound as exc:
        raise PermissionDenied("event submission rejected with_reason: ProjectId") from exc


def _by_issue(request: ApiRequest, principal: Principal | None) -> Sequence[SiloAddress]:
    issue_id: str = request.http.path_params["issue_id"]
    if issue_id.isdecimal():
        return [region_of_id(request.control, issue_id)]
    # A short id, ``WEB-1``, means something only in an organization, or among one's own projects.
    organization = request.http.query_params.get("organization_id_or_slug")
    if organization:
        return [region_of_organization(request.control, organization)]
    if principal is None:
        raise CredentialsMissing
    return regions_of_principal(request.control, principal)


def _by_principal(request: ApiRequest, principal: Principal | None) -> Sequence[SiloAddress]:
    """Every region where somebody could have something; for whoever is in none, none."""
    if principal is None:
        raise CredentialsMissing
    if not principal.passes(READ_PROJECTS):
        raise PermissionDenied
    return regions_of_principal(request.control, principal)


_ORGANIZATION = "/api/0/organizations/{organization_id_or_slug}"
_INSTALLATION = "/api/0/sentry-app-installations/{uuid}"

REGION_OWNED: dict[str, Find] = {
    f"{_ORGANIZATION}/": _by_organization,
    f"{_ORGANIZATION}/alert-rules/{{rest:path}}": _by_organization,
    f"{_ORGANIZATION}/eventids/{{rest:path}}": _by_organization,
    f"{_ORGANIZATION}/events/{{rest:path}}": _by_organization,
    f"{_ORGANIZATION}/issues/{{rest:path}}": _by_organization,
    f"{_ORGANIZATION}/projects/{{rest:path}}": _by_organization,
    f"{_ORGANIZATION}/sentry-app-components/": _by_organization,
    f"{_ORGANIZATION}/shortids/{{rest:path}}": _by_organization,
    "/api/0/projects/": _by_principal,
    "/api/0/projects/{organization_id_or_slug}/{rest:path}": _by_organization,
    "/api/0/issues/{issue_id}/{rest:path}": _by_issue,
    f"{_INSTALLATION}/external-issues/{{rest:path}}": _by_installation,
    f"{_INSTALLATION}/external-issue-actions/{{rest:path}}": _by_installation,
    f"{_INSTALLATION}/external-requests/{{rest:path}}": _by_installation,
    f"{_INSTALLATION}/service-hook-projects/{{rest:path}}": _by_installation,
    "/api/0/sentry-apps/{sentry_app_id_or_slug}/interaction/": _by_app,
    **{f"/api/{{project_id}}/{path}/": _by_project for path in EVENT_PATHS},
    UNREAL: _by_project,
}
"""Path by path, with every method, how the region is found."""

EVENT_THREADS = ThreadPool("events on their way", threads=4, max_waiting=256)
"""Where the regions of events are looked up, which anybody sends in any number: people never wait for that."""
_PASSED_ON = frozenset({b"host", TOKEN_NAME.encode()})
"""Headers that say of which silo is asked, and what the client has seen."""


@dataclass(frozen=True)
class _Way:
    """A region that may know the answer, and who asks as that region may know them: serialized, None for nobody."""

    region: SiloAddress
    principal: bytes | None = field(repr=False)


def forward_region_paths(app: FastAPI, control: Control, relay: Relay) -> None:
    """Serves the table's paths on control, after control's own; the relay is closed when the application ends."""
    recent = RecentWrites(control)
    remember_writes(app, recent)
    for path, find in REGION_OWNED.items():
        forward_paths(app, [path], _forwarding(control, relay, recent, find))
    answer_pages(app)
    close_with(app, relay)


def _forwarding(
    control: Control, relay: Relay, recent: RecentWrites, find: Find
) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint of one row of the table."""

    async def forward(request: Request) -> Response:
        relay.refuse_circle(request)  # before it is asked who asks: the silo's own question shows no credentials
        # Their own threads: a flood of events cannot take those on which people are served.
        run = EVENT_THREADS.run if find is _by_project else run_in_threadpool
        ways = await run(_locate, ApiRequest(request, b"", None, control), find)
        if find is _by_principal and len(ways) != 1:
            return await _gathered(relay, recent, request, ways)
        # One region needs no question: it is told the request itself and says what it knows.
        way = ways[0] if len(ways) == 1 else await _way_to_issue(relay, request, among=ways)
        # The client may have written at control a moment ago what it now asks a region about.
        held_back = await recent.held_back(request, region=way.region.name)
        return await relay.forward(held_back, to=way.region, principal=way.principal)

    return forward


async def _gathered(relay: Relay, recent: RecentWrites, request: Request, ways: Sequence[_Way]) -> Response:
    told = {way.region: way.principal for way in ways}

    async def send(page: Request, region: SiloAddress) -> RelayedAnswer:
        held_back = await recent.held_back(page, region=region.name)
        return await relay.forward(held_back, to=region, principal=told[region])

    return await gather(request, list(told), send=send)


def _locate(request: ApiRequest, find: Find) -> list[_Way]:
    # First, and outside the session: the organization of the path may be one that was just made.
    request.await_replicas()
    with request.control.database.session():
        # Senders of events show a project's key, which is a region's to judge.
        principal = None if find is _by_project else request.find_principal()
        try:
            regions = find(request, principal)
        except NotFound:
            # That something does not exist is told to whoever is known, as everywhere.
            if principal is None:
                raise CredentialsMissing from None
            raise
        return [_Way(region, _told(principal, region)) for region in regions]


def _told(principal: Principal | None, region: SiloAddress) -> bytes | None:
    return None if principal is None else principal_message(principal, region=region.name).SerializeToString()


async def _way_to_issue(relay: Relay, request: Request, *, among: Sequence[_Way]) -> _Way:
    """The first of the regions that shows the client the issue of the path; else the first that refuses to.

    Raises:
        NotFound: no region knows it.
        SiloUnreachable: likewise, but one of them is away.
    """
    # Control knows no issues, so it asks the regions for the client: side by side, so that one which hangs costs its
    # own time and no other's. The first in order wins, so that the same request always leads to the same issue.
    question = _question(request)
    asked = [asyncio.ensure_future(relay.ask(question, to=way.region, principal=way.principal)) for way in among]
    try:
        return await _first_that_shows(zip(among, asked, strict=True))
    finally:
        # The first answer that counts is enough; the others would hold connections for nobody.
        for each in asked:
            each.cancel()
        await asyncio.gather(*asked, return_exceptions=True)


async def _first_that_shows(asked: Iterable[tuple[_Way, Awaitable[int]]]) -> _Way:
    refusing: list[_Way] = []
    unanswered: SiloError = NotFound()
    for way, answer in asked:
        try:
            status = await answer
        except SiloUnreachable as away:
            # Kept, and not raised: another region may know the issue. It counts more than "not found", which nobody can
            # say now.
            unanswered = away
            continue
        if status < 400:
            return way
        # A region that refuses knows the issue; its refusal is the answer if no other shows it.
        if status != 404:
            refusing.append(way)
    if refusing:
        return refusing[0]
    raise unanswered


def _question(request: Request) -> Request:
    path = f"/api/0/issues/{request.path_params['issue_id']}/"
    return Request(
        {
            **request.scope,
            # Whether it may be seen is all that is asked; the body would be thrown away.
            "method": "HEAD",
            "path": path,
            "raw_path": quote(path).encode(),
            # What the client asks for besides is for the region that has the issue.
            "query_string": b"",
            "headers": [(name, value) for name, value in request.headers.raw if name.lower() in _PASSED_ON],
        }
    )
