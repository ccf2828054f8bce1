"""The fixtures that pytest offers wherever this project is installed."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from shared.testing.platform import App, Platform
    from shared.testing.receiver import Receiver

# Nothing of the platform is imported before a test asks for it: every run of pytest loads this module.


@pytest.fixture
def silo_platform() -> "Iterator[Platform]":
    """A platform of this test's own."""
    from shared.testing.platform import running_platform  # noqa: PLC0415

    with running_platform() as platform:
        yield platform


@pytest.fixture
def silo_receiver() -> "Iterator[Receiver]":
    """A server to be an app; it answers ``/webhook`` with 200."""
    from shared.testing.receiver import running_receiver  # noqa: PLC0415

    with running_receiver() as receiver:
        receiver.answers("/webhook")
        yield receiver


@pytest.fixture
def silo_app(silo_platform: "Platform", silo_receiver: "Receiver") -> "App":
    """An internal app of the platform that is told of issues, errors and comments at the receiver's ``/webhook``."""
    return silo_platform.create_app(
        "Test app",
        webhook_url=f"{silo_receiver.url}/webhook",
        events=["issue", "error", "comment"],
        scopes=["event:write", "project:read", "org:read"],
    )
