"""One request to a region: its body, and who asks. Owns authentication at the edge; refuses to know any endpoint."""

import contextlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request

from region_silo.services.app_reader import AppReader
from region_silo.services.authentication import Authenticator
from region_silo.services.members import Members
from region_silo.services.principal import Principal
from region_silo.services.region import Region
from region_silo.services.site import Site
from shared.asking.ask import Asking
from shared.domain.credential import Credential, CredentialKind
from shared.errors import CredentialsMissing, PermissionDenied
from shared.http.cors import check_cookie_use, check_origin
from shared.http.credentials import bearer_token, session_key
from shared.http.forwarded import IS_FORWARDED, PRINCIPAL
from shared.http.limits import RequestLimit
from shared.http.pagination import public_url
from shared.http.request import B_co, ReceivedRequest, receive
from shared.http.threads import ThreadPool

ASKING_THREADS = ThreadPool("asking", threads=40, max_waiting=64)
"""Where requests run that wait for apps: more than may wait at a time (``HTTP_CALLERS``), so that whoever may not is
told at once. However many apps are slow, all other requests have their threads."""


@dataclass(frozen=True)
class ApiTools:
    """What every endpoint of a region works with, constructed once."""

    region: Region
    authenticator: Authenticator
    apps: AppReader
    members: Members
    asking: Asking
    event_quota: RequestLimit
    """What the key of each project may send, in this process."""


@dataclass(frozen=True)
class ApiRequest(ReceivedRequest[B_co]):
    """A request whose body was received and not yet looked at."""

    tools: ApiTools

    @property
    def region(self) -> Region:
        return self.tools.region

    @property
    def control_url(self) -> str:
        """Base URL of what control serves, photos and pages too: as the client knows it, or this region was told.

        Where neither is so, the region's own, so that the address is one at all.
        """
        asked = public_url(self.http)
        return asked if self.http.scope.get(IS_FORWARDED) else self.region.control_url or asked

    def site(self, organization_slug: str) -> Site:
        """Where this client finds an organization's things."""
        return Site(base_url=self.control_url, organization_slug=organization_slug)

    @contextlib.contextmanager
    def signed_in(self, *, scopes: Collection[str] | None = None) -> Iterator[Principal]:
        """Says who asks, and opens a session of the database.

        Control may have to be asked who it is; the session is opened only afterwards, so that no connection waits.

        Args:
            scopes: what the endpoint demands of a token before it reads anything, one of them; None for nothing.

        Raises:
            Unauthenticated: nobody known.
            PermissionDenied: the token lacks the scopes.
            Refused: an app's token is used from an origin that the app does not allow.
            SiloUnreachable, ReplicaBehind: only control knows who it is, and it is away.
        """
        principal = self.find_principal()
        if principal is None:
            raise CredentialsMissing
        # Before the body and before what the path names: settled.md has scopes checked first.
        if scopes is not None and not principal.passes(scopes):
            raise PermissionDenied
        with self.region.database.session():
            yield principal

    def find_principal(self) -> Principal | None:
        """Who asks; None when the request carries no credentials. Outside any session of the database.

        Raises:
            CredentialsInvalid: it carries some that are wrong.
            PermissionDenied: a page of another site may have sent it.
            Refused, SiloUnreachable, ReplicaBehind: as ``signed_in``.
        """
        if IS_FORWARDED in self.http.scope:
            # Control was shown the credentials, and has judged the origin; what else the request carries counts not.
            asserted: bytes | None = self.http.scope[PRINCIPAL]
            return self.tools.authenticator.believe(asserted) if asserted else None
        # A token before the cookie: a page that sends both means the token.
        token = bearer_token(self.http)
        if token is not None:
            principal = self.tools.authenticator.authenticate(Credential.of(CredentialKind.TOKEN, token))
            if principal.acting_app:
                check_origin(self.http, allowed=principal.acting_app.allowed_origins)
            return principal
        key = session_key(self.http)
        if not key:
            return None
        # Before anybody is asked whose it is: a forged request must not even keep control busy.
        check_cookie_use(self.http)
        return self.tools.authenticator.authenticate(Credential.of(CredentialKind.SESSION, key))


async def read_request(request: Request) -> ApiRequest:
    """The dependency of every endpoint."""
    tools = cast(ApiTools, request.app.state.tools)
    return ApiRequest(*await receive(request), tools)


Incoming = Annotated[ApiRequest[B_co], Depends(read_request)]
"""``Incoming[CommentBody]``: a request with such a body; ``Incoming``: one without."""
