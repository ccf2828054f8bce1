"""Errors that travel inside answers: ``RpcSentryAppError`` (spec §3.4). Owns the translation."""

from typing import Self

from shared.domain.app_error import AppError, AppErrorType, client_error
from shared.errors import RequestRefused, ValidationFailed
from shared.pb.hybridcloud.region.v1 import sentry_app_error_pb2
from shared.rpc.json_struct import struct_of


class Refusal:
    """A block that catches what belongs into an answer; whatever else is raised becomes the call's status."""

    error: sentry_app_error_pb2.RpcSentryAppError | None = None
    """What was caught; None when nothing was."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        if isinstance(error, AppError):
            self.error = error_message(error)
        elif isinstance(error, ValidationFailed):
            self.error = _invalid(error)
        elif isinstance(error, RequestRefused):
            self.error = error_message(client_error(error.message))
        return self.error is not None


def error_message(error: AppError) -> sentry_app_error_pb2.RpcSentryAppError:
    """The error as a message; facts that are not there stay absent."""
    message = sentry_app_error_pb2.RpcSentryAppError(
        error_type=error.type.value, status_code=error.status, message=error.message
    )
    if error.public_context:
        message.public_context.CopyFrom(struct_of(error.public_context))
    if error.webhook_context:
        message.webhook_context.CopyFrom(struct_of(error.webhook_context))
    return message


def _invalid(error: ValidationFailed) -> sentry_app_error_pb2.RpcSentryAppError:
    texts = [text for texts in error.fields.values() for text in texts]
    return sentry_app_error_pb2.RpcSentryAppError(
        error_type=AppErrorType.CLIENT.value,
        status_code=400,
        message=texts[0] if texts else error.message,
        public_dict=struct_of(dict(error.fields)) if error.fields else None,
    )
