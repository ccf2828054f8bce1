"""What goes wrong between a person, the platform and an app, and whose fault it is (spec §3.4).

Owns the three kinds and the facts that go to the person and to the app's developer. Not a leaf of the error tree: its
status is often the app's own, and over gRPC it is a part of an answer. An edge turns it into whatever its answers are.
"""

from collections.abc import Mapping
from enum import StrEnum

from shared.domain.json_value import JsonValue

SENTRY_ERROR = "An issue occured during the integration platform process. Sentry error ID: {error_id}"
"""What a client is told when the fault is the platform's; the spelling is the original's, and clients match on it."""


# Three and no more: they decide who is shown what, and whose error rate it counts towards.
class AppErrorType(StrEnum):
    """Whose fault it is."""

    CLIENT = "client"
    """The request's."""
    INTEGRATOR = "integrator"
    """The app's."""
    SENTRY = "sentry"
    """The platform's."""


class AppError(Exception):
    """Something between a person, the platform and an app went wrong."""

    def __init__(
        self,
        message: str,
        *,
        type: AppErrorType,
        status: int,
        public_context: Mapping[str, JsonValue] | None = None,
        webhook_context: Mapping[str, JsonValue] | None = None,
    ) -> None:
        """Args:
        message: a sentence for the one who asked.
        type: whose fault it is.
        status: HTTP status for the one who asked.
        public_context: facts for the one who asked.
        webhook_context: facts for the app's developer; never shown to others.
        """
        super().__init__(message)
        self.message = message
        self.type = type
        self.status = status
        # Copies: who raises it may go on filling what it was made of.
        self.public_context = dict(public_context or {})
        self.webhook_context = dict(webhook_context or {})

    def to_json(self, *, error_id: str | None = None) -> dict[str, JsonValue]:
        """The body of an answer with ``status``.

        Args:
            error_id: under which the log has more; named where the fault is the platform's.
        """
        if self.type is AppErrorType.SENTRY:
            # The sentence is for the log alone: a fault of ours may quote what nobody outside should read.
            return {"detail": SENTRY_ERROR.format(error_id=error_id)}
        context: dict[str, JsonValue] = {"context": self.public_context} if self.public_context else {}
        return {"detail": self.message, **context}


def client_error(message: str, *, status: int = 400, context: Mapping[str, JsonValue] | None = None) -> AppError:
    """The request's fault.

    Args:
        message: a sentence for the one who asked.
        status: HTTP status.
        context: facts for the one who asked.
    """
    return AppError(message, type=AppErrorType.CLIENT, status=status, public_context=context)


def integrator_error(message: str, *, status: int = 400, facts: Mapping[str, JsonValue] | None = None) -> AppError:
    """The app's fault.

    Args:
        message: a sentence for the one who asked.
        status: HTTP status.
        facts: for the app's developer.
    """
    return AppError(message, type=AppErrorType.INTEGRATOR, status=status, webhook_context=facts)


def sentry_error(message: str, *, facts: Mapping[str, JsonValue] | None = None) -> AppError:
    """The platform's fault.

    Args:
        message: a sentence for the log.
        facts: for the app's developer.
    """
    return AppError(message, type=AppErrorType.SENTRY, status=500, webhook_context=facts)
