"""How control answers: what it checks, whom it refuses, and what it reads from.

Owns the order, check, wait for replicas, read, and the rule that a region acts only for its own organizations.
"""

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from google.protobuf.message import Message

from control_silo.services.control import Control
from control_silo.services.interest import calling_region, region_of_organization
from shared.app_service.pages import page_of
from shared.app_service.request import check_request
from shared.asking.ask import Asking
from shared.consistency import required
from shared.errors import CallerNotOwner, ReplicaBehind
from shared.rpc.consistency import rpc_names

Servicer = TypeVar("Servicer", bound=type)


class ControlAnswers:
    """Calls that control answers from its own tables."""

    def __init__(self, control: Control, asking: Asking) -> None:
        """Args:
        control: whose tables answer.
        asking: asks apps.
        """
        self.control = control
        self.asking = asking

    @contextlib.contextmanager
    def reading(self, request: Message) -> Iterator[None]:
        """A snapshot to answer a request from, once the request is known to be complete.

        Raises:
            InvalidInput: the request is not complete.
            ReplicaBehind: the reader has seen an organization that has not arrived here.
        """
        check_request(request)
        # Control holds replicas too, of organizations; for those it may be the one that is behind.
        if not self.control.freshness.wait(required()):
            raise ReplicaBehind
        with self.control.database.snapshot():
            yield


def in_pages(servicer: Servicer) -> Servicer:
    """Decorates a servicer: each of its lists is answered in pages to whoever asks for some."""
    for name in rpc_names(servicer):
        setattr(servicer, name, _in_pages(getattr(servicer, name)))
    return servicer


def _in_pages(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def call(self: Any, request: Any, context: Any) -> Any:
        # Of every method: what is no list passes through as it is, and a new list cannot be forgotten.
        return page_of(method(self, request, context), request)

    return call


def require_owner(organization_id: int) -> None:
    """Returns when whoever calls may act for the organization. Needs a session.

    Services and operators may act for every organization.

    Raises:
        CallerNotOwner: the caller is a region, and the organization lives elsewhere or nowhere.
    """
    region = calling_region()
    # An organization that is nowhere is nobody's, and a region least of all may act for it.
    if region is not None and region_of_organization(organization_id) != region:
        raise CallerNotOwner(metadata={"caller": region, "organization_id": str(organization_id)})
