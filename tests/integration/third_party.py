"""The tests' word for what ``shared.testing`` calls a receiver: here it stands for somebody else's app."""

from shared.testing.receiver import ReceivedRequest
from shared.testing.receiver import Receiver as ThirdPartyApp
from shared.testing.receiver import running_receiver as running_app

__all__ = ["ReceivedRequest", "ThirdPartyApp", "running_app"]
