"""Silos that give none of each other up because the machine is busy, for tests of what they answer and not of when."""

import contextlib
from collections.abc import Iterator

import pytest

PATIENT_SECONDS = 60.0
_LIMITS = (
    "region_silo.services.control.ASK_SECONDS",
    "shared.http.relay.CONNECT_SECONDS",
    "shared.http.relay.QUESTION_SECONDS",
)
"""How long one silo waits for another before it counts as away."""


@contextlib.contextmanager
def patient_silos() -> Iterator[None]:
    """Silos that are started inside wait for each other as long as a test may take."""
    with pytest.MonkeyPatch.context() as patch:
        for limit in _LIMITS:
            patch.setattr(limit, PATIENT_SECONDS)
        yield
