"""The outboxes of a platform: which silos send to a destination, and asking several of them side by side.

Owns who sends where: control to the regions, the regions to control, every silo to apps.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

from shared.cli.access import Access
from shared.domain.peer import CONTROL
from shared.errors import RegionNotFound, SiloError
from shared.pb.hybridcloud.apps.v1 import app_calls_pb2, app_service_pb2_grpc
from shared.pb.hybridcloud.operations.v1 import outbox_pb2, outbox_service_pb2, outbox_service_pb2_grpc
from shared.wake import APP_PREFIX

TIMEOUT_SECONDS = 10.0
_PAGE_SIZE = 1000

Stub = outbox_service_pb2_grpc.OutboxServiceStub
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Answers(Generic[Answer]):
    """What several silos said, by name: control first, then the regions in the order of names."""

    given: Mapping[str, Answer]
    refused: Mapping[str, SiloError]
    """What the silos raised that did not answer, or said no."""


def all_silos(access: Access) -> dict[str, str]:
    """Where every silo listens, by name.

    Raises:
        ConfigInvalid: control cannot even be asked.
    """
    regions = access.all_regions()
    return {CONTROL: access.control_grpc, **{name: regions[name] for name in sorted(regions)}}


def destination_named(access: Access, name: str) -> str:
    """The destination that is meant: ``control``, a region's name, or ``app:`` and an app's id, also by its slug.

    Raises:
        RegionNotFound: there is no silo of that name, and no app of that slug.
    """
    app = name.removeprefix(APP_PREFIX)
    is_app = app != name
    if is_app and app.isdecimal():
        return name
    silos = all_silos(access)
    if not is_app and name in silos:
        return name
    request = app_calls_pb2.GetSentryAppBySlugRequest(slug=app)
    with access.channel(CONTROL) as channel:
        answer = app_service_pb2_grpc.AppServiceStub(channel).GetSentryAppBySlug(request, timeout=TIMEOUT_SECONDS)
    if answer.HasField("sentry_app"):
        return f"{APP_PREFIX}{answer.sentry_app.id}"
    raise RegionNotFound(
        f"There is no destination {name!r}; there are: {', '.join(silos)}, and apps, by slug or {APP_PREFIX}ID."
    )


def senders_to(access: Access, destination: str, *, at: str | None = None) -> dict[str, str]:
    """Where the silos listen that send to a destination, by name.

    Args:
        access: the platform.
        destination: ``control``, a region's name, or ``app:`` and an app's id.
        at: only this silo.

    Raises:
        ConfigInvalid: control cannot even be asked.
        RegionNotFound: there is no such destination, or the silo does not send there.
    """
    silos = all_silos(access)
    if destination.startswith(APP_PREFIX):
        found = silos
    elif destination in silos:
        # No region sends to a region.
        found = {name: silos[name] for name in silos if (name == CONTROL) != (destination == CONTROL)}
    else:
        raise RegionNotFound(f"There is no destination {destination!r}.")
    if at is None:
        return found
    if at not in found:
        raise RegionNotFound(f"{at!r} sends nothing to {destination}; what does: {', '.join(found)}.")
    return {at: found[at]}


def ask(access: Access, silos: Mapping[str, str], call: Callable[[Stub], Answer]) -> Answers[Answer]:
    """Makes the call at each silo, side by side.

    Raises:
        SiloError: none of them answered; what the first one said.
    """
    # Side by side: a silo that is away costs its timeout once.
    with ThreadPoolExecutor(max(1, len(silos))) as pool:
        answers = dict(zip(silos, pool.map(lambda silo: _ask(access, silo, silos[silo], call), silos), strict=True))
    given = {silo: answer for silo, answer in answers.items() if not isinstance(answer, SiloError)}
    refused = {silo: answer for silo, answer in answers.items() if isinstance(answer, SiloError)}
    # One that answered is worth showing; where none did, the first says what is wrong with all.
    if refused and not given:
        raise next(iter(refused.values()))
    return Answers(given, refused)


def parked_of(stub: Stub, wanted: outbox_pb2.ParkedFilter, *, limit: int) -> list[outbox_pb2.ParkedMessage]:
    """The parked messages of one silo, page after page, ``limit`` at most."""
    found: list[outbox_pb2.ParkedMessage] = []
    token = ""
    while len(found) < limit:
        size = min(limit - len(found), _PAGE_SIZE)
        page = outbox_service_pb2.ListParkedMessagesRequest(filter=wanted, page_size=size, page_token=token)
        answer = stub.ListParkedMessages(page, timeout=TIMEOUT_SECONDS)
        found.extend(answer.messages)
        token = answer.next_page_token
        if not token:
            break
    return found


def _ask(access: Access, silo: str, address: str, call: Callable[[Stub], Answer]) -> Answer | SiloError:
    try:
        with access.channel(silo, address=address) as channel:
            return call(Stub(channel))
    except SiloError as exc:
        return exc
