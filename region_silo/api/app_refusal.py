"""Errors between a person, the platform and an app, as HTTP answers: their own status, ``detail``, ``context``."""

from collections.abc import Iterator
from contextlib import contextmanager

from shared.domain.app_error import AppError
from shared.http.errors import Refused


@contextmanager
def app_refusals() -> Iterator[None]:
    """Turns an ``AppError`` that is raised inside the block into the answer."""
    try:
        yield
    except AppError as error:
        raise Refused(error.status, error.to_json()) from error
