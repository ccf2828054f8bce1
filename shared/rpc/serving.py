"""One call while it is served: who calls is judged, what is raised becomes a status, and a line of the log says it.

Owns the judgement of a call, by its signature and by the silo's table of rights, whether it is made at the doorway or
by the thread that serves. Refuses to know handlers.
"""

import re
import time
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

import grpc

from shared import errors
from shared.repetition import Sentences
from shared.rpc import served
from shared.rpc.calls import REQUEST_ID_KEY
from shared.rpc.inprocess.context import Aborted, InProcessContext
from shared.rpc.retry import takes_nothing_back
from shared.rpc.rights import Rights
from shared.rpc.served import ServedCall
from shared.rpc.signature import Verifier, is_reflection
from shared.rpc.status import to_status
from shared.rpc.tls import require_certificate_of

# A header of anybody's, which ends up in the log.
_MAX_REQUEST_ID = 64
_OF_STRANGERS = Sentences()
_REQUEST_ID = re.compile(rf"[0-9A-Za-z._-]{{1,{_MAX_REQUEST_ID}}}")
_NO_DEADLINE_SECONDS = 365 * 24 * 3600
"""gRPC reports an absent deadline as a time that is centuries away."""

judged: ContextVar[str | errors.SiloError | None] = ContextVar("judged", default=None)
"""What the doorway found: the caller, or why the call is refused. None where nobody stood there, as in-process."""


@dataclass(frozen=True)
class Judge:
    """Who is let in to a silo."""

    verifier: Verifier
    """Knows the keys and this silo's name."""
    rights: Rights | None
    """Which kinds of callers may call which methods; None: all."""
    binds_certificates: bool = False
    """Whether callers show a certificate, which must be their own."""

    def refuse_repeated(self, method: str, *, metadata: Mapping[str, str | bytes]) -> None:
        """Returns when no server of this silo has accepted the verified call before, or it takes nothing back.

        It may wait for the database: not at the doorway.

        Raises:
            NonceReplayed: one has.
            SiloError: nobody can know.
        """
        if takes_nothing_back(method) or is_reflection(method):
            return
        if not self.verifier.accept_once(metadata):
            raise errors.NonceReplayed

    def caller_of(self, method: str, *, metadata: Mapping[str, str | bytes], body: bytes, is_served: bool) -> str:
        """The caller of a call that is let in.

        Args:
            method: ``/package.Service/Method``.
            metadata: of the call.
            body: its message; empty for a request stream.
            is_served: whether there is such a method; whoever calls one that is not is refused later, with its name.

        Raises:
            Unauthenticated: a leaf of it says what is wrong with the signature.
            PermissionDenied: callers of this kind may not call the method.
        """
        # Who it is before what they may: a refusal for want of rights is told to nobody who is unknown.
        caller = self.verifier.verify(method, metadata=metadata, body=body)
        if self.rights is not None and is_served and not is_reflection(method):
            self.rights.require(method, caller=caller)
        return caller


class Serving:
    """One call while it is served; whatever is raised within it becomes the call's status."""

    __slots__ = ("_call", "_context", "_judge", "_log", "_method", "_started")

    def __init__(self, method: str, context: grpc.ServicerContext, *, judge: Judge, log: Any) -> None:
        self._method = method
        self._context: Any = context
        self._judge = judge
        self._log = log
        self._call = ServedCall()
        self._started = time.perf_counter()

    def __enter__(self) -> Self:
        return self

    def admit(self, body: bytes, *, is_served: bool = True) -> None:
        """Judges the call; from here on its caller, request id and deadline are known to whatever serves it.

        Raises:
            Unauthenticated, PermissionDenied: see ``Judge.caller_of``.
        """
        metadata = _metadata_of(self._context)
        self._call.request_id = _request_id(metadata)
        found = judged.get()
        # Judged at the doorway, where a refusal costs least; raised here, where it becomes the call's status and a line
        # of the log.
        if isinstance(found, errors.SiloError):
            raise found
        if found is None:
            found = self._judge.caller_of(self._method, metadata=metadata, body=body, is_served=is_served)
        self._call.caller = found
        if self._judge.binds_certificates:
            # After the signature: a certificate says who connected, the signature who speaks.
            require_certificate_of(found, shown=self._context.auth_context())
        if is_served:
            # The last of the judgements: what is refused for another reason is not remembered as made.
            self._judge.refuse_repeated(self._method, metadata=metadata)
        self._call.deadline = _deadline(self._context)
        served.current.set(self._call)  # never reset: every call has a context of its own

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is None:
            self._complete()
        elif isinstance(error, Exception) and not _was_aborted(error, self._context):
            self._fail(error)
        else:  # the servicer aborted, or its stream was dropped: the status is decided
            self._write(code=_code_of(self._context, otherwise="CANCELLED"))

    def _complete(self) -> None:
        if self._call.trailers:
            before = self._context.trailing_metadata() or ()
            # Added: a servicer may have set some of its own.
            self._context.set_trailing_metadata((*before, *self._call.trailers))
        self._write(code=_code_of(self._context, otherwise="OK"))

    def _fail(self, error: Exception) -> None:
        known = self._known(error)
        # With the traceback, under the id that the caller is told: it is told nothing else.
        if isinstance(known, errors.Internal):
            self._log.error("rpc failed", method=self._method, request_id=self._call.request_id, exc_info=error)
        status = to_status(known, trailers=self._call.trailers)
        self._write(code=status.code.name, reason=known.reason)
        self._context.abort_with_status(status)  # raises

    def _known(self, error: Exception) -> errors.SiloError:
        """The error to tell of: of one that nobody meant to raise, only where to look."""
        if isinstance(error, errors.SiloError):
            return error
        if isinstance(error, grpc.RpcError) and not self._context.is_active():
            return errors.Cancelled()  # drawing a request from a client that gave up
        return errors.Internal(metadata={"request_id": self._call.request_id})

    def _write(self, *, code: str, reason: str = "") -> None:
        """One line per call, never with bodies; successes at debug, since a region serves thousands a second.

        Of calls whose caller is not known there are as many as strangers like: one line a minute for each reason.
        """
        write = self._log.debug if code == "OK" else self._log.info
        if not self._call.caller:
            left_out = _OF_STRANGERS.left_out(f"{code} {reason}")
            if left_out is None:
                return
            write = partial(write, left_out=left_out)
        write(
            "rpc",
            method=self._method,
            caller=self._call.caller,
            code=code,
            reason=reason,
            duration_seconds=time.perf_counter() - self._started,
            request_id=self._call.request_id,
        )


def _metadata_of(context: Any) -> dict[str, str | bytes]:
    # Without the names that gRPC gives to the halves of an entry: a tenth of the time of an in-process call.
    return dict(context.sent if isinstance(context, InProcessContext) else context.invocation_metadata())


def _request_id(metadata: Mapping[str, str | bytes]) -> str:
    """The id that the caller passes on, or else the call's nonce, which is as good as random; unverified either way."""
    passed_on = metadata.get(REQUEST_ID_KEY)
    if isinstance(passed_on, str) and _REQUEST_ID.fullmatch(passed_on):
        return passed_on
    # Cut: nobody has verified it yet, and it goes into the log.
    return str(metadata.get("silo-nonce", ""))[:_MAX_REQUEST_ID]


def _deadline(context: Any) -> float | None:
    remaining: float | None = context.time_remaining()
    if remaining is None or remaining > _NO_DEADLINE_SECONDS:
        return None
    return time.monotonic() + remaining


def _was_aborted(error: Exception, context: Any) -> bool:
    """Whether the servicer called ``context.abort``, whose exception must travel on as it is.

    gRPC raises a bare ``Exception()`` for it, once it has set the code.
    """
    return type(error) in (Exception, Aborted) and not error.args and context.code() is not None


def _code_of(context: Any, *, otherwise: str) -> str:
    code: grpc.StatusCode | None = context.code()
    return otherwise if code is None else code.name
