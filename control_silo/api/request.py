"""One request to control: its body, and who asks. Owns authentication at the edge; refuses to know any endpoint."""

import contextlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request

from control_silo.models.region import OrganizationReplica
from control_silo.services.authentication import authenticate_session, authenticate_token
from control_silo.services.control import Control
from control_silo.services.organization import find_organization
from control_silo.services.principal import Principal
from shared.consistency import required
from shared.domain.path_key import path_key
from shared.errors import CredentialsMissing, OrganizationNotFound, PermissionDenied, ReplicaBehind
from shared.http.cors import check_cookie_use, check_origin
from shared.http.credentials import bearer_token, session_key
from shared.http.request import B_co, ReceivedRequest, receive


@dataclass(frozen=True)
class ApiRequest(ReceivedRequest[B_co]):
    """A request whose body was received and not yet looked at."""

    control: Control

    @contextlib.contextmanager
    def signed_in(self, *, scopes: Collection[str] | None = None) -> Iterator[Principal]:
        """Opens a session of the database and says who asks.

        Args:
            scopes: what the endpoint demands of a token before it reads anything, one of them; None for nothing.

        Raises:
            Unauthenticated: nobody known.
            PermissionDenied: the token lacks the scopes.
            Refused: an app's token is used from an origin that the app does not allow.
            ReplicaBehind: as ``await_replicas``.
        """
        # Before the session is opened: whoever waits holds no connection.
        self.await_replicas()
        with self.control.database.session():
            principal = self.find_principal()
            if principal is None:
                raise CredentialsMissing
            # Before anything of the path is read: a token without the scope cannot find out what exists.
            if scopes is not None and not principal.passes(scopes):
                raise PermissionDenied
            yield principal

    def await_replicas(self) -> None:
        """Returns once control knows the organizations that the reader has seen. Outside any session of the database.

        Nobody waits who is not known: a stranger's word for what they have seen would hold a thread.

        Raises:
            CredentialsInvalid, Refused: as ``find_principal``.
            ReplicaBehind: they have not arrived.
        """
        # Without a consistency token there is nothing to wait for, and it is asked only once who asks.
        if not (seen := required()):
            return
        with self.control.database.session():
            is_known = self.find_principal() is not None
        if is_known and not self.control.freshness.wait(seen):
            raise ReplicaBehind

    def find_principal(self) -> Principal | None:
        """Who asks; None when the request carries no credentials. Needs a session of the database.

        Raises:
            CredentialsInvalid: it carries some that are wrong.
            PermissionDenied: a page of another site may have sent it.
            Refused: as ``signed_in``.
        """
        # A token before a cookie: browsers send the cookie unasked, a token was put there on purpose.
        token = bearer_token(self.http)
        if token is not None:
            principal = authenticate_token(self.control, token)
            self._check_origin(principal)
            return principal
        key = session_key(self.http)
        if not key:
            return None
        # A page of another site can make a browser send its cookie, but no token.
        check_cookie_use(self.http)
        return authenticate_session(self.control, key)

    @contextlib.contextmanager
    def superuser(self) -> Iterator[Principal]:
        """Signs in like ``signed_in``, superusers alone."""
        with self.signed_in() as principal:
            if not principal.is_superuser:
                raise PermissionDenied
            yield principal

    def _check_origin(self, principal: Principal) -> None:
        if principal.acting_app:
            check_origin(self.http, allowed=principal.acting_app.allowed_origins)


async def read_request(request: Request) -> ApiRequest:
    """The dependency of every endpoint."""
    control = cast(Control, request.app.state.control)
    return ApiRequest(*await receive(request), control)


Incoming = Annotated[ApiRequest[B_co], Depends(read_request)]
"""``Incoming[AppBody]``: a request with such a body; ``Incoming``: one without."""


def get_organization_of_path(id_or_slug: str) -> OrganizationReplica:
    """The organization that a path names by id or slug. Needs a session.

    Raises:
        OrganizationNotFound: there is none.
    """
    key = path_key(id_or_slug)
    organization = None if key is None else find_organization(key)
    if organization is None:
        raise OrganizationNotFound
    return organization
