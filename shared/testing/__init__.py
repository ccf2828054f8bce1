"""For other people's tests: control and its regions in one process, and a server to be their app.

Usage:

    with running_platform() as platform, running_receiver() as receiver:
        app = platform.create_app("My app", events=["issue"], webhook_url=f"{receiver.url}/webhook")
        platform.report_error("It broke")
        platform.settle()
        (created,) = receiver.webhooks("issue.created")
        assert created.is_signed(app.client_secret)

Nothing happens by itself: what was written reaches the regions and the apps when ``settle`` is called, and time stands
still until ``advance``. Under pytest the fixtures ``silo_platform``, ``silo_receiver`` and ``silo_app`` are there
without an import.
"""

from shared.testing.platform import App, Platform, running_platform
from shared.testing.receiver import ReceivedRequest, Receiver, running_receiver

__all__ = ["App", "Platform", "ReceivedRequest", "Receiver", "running_platform", "running_receiver"]
