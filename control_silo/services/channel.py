"""The key of an app's channel: whoever has it may listen to what the app is told, without signing in.

It is made of the client secret, so that it is kept nowhere and ends with it: another secret makes another key.
"""

import hmac

from control_silo.models.app import SentryApp
from control_silo.services.find_app import find_app_of_path
from shared.errors import NotFound

_PURPOSE = "silo-channel-v1"


def channel_key(app: SentryApp) -> str:
    """64 hex characters. Needs a session.

    Raises:
        NotFound: the app has no client secret.
    """
    if app.application is None:
        raise NotFound
    return hmac.new(app.application.client_secret.encode(), f"{_PURPOSE}:{app.uuid}".encode(), "sha256").hexdigest()


def get_app_of_channel(id_or_slug: str, key: str) -> SentryApp:
    """The app that a channel's address names. Needs a session.

    Raises:
        NotFound: there is no such app, or the key is another's.
    """
    details = find_app_of_path(id_or_slug)
    # Compared in constant time, and as bytes: a path may hold anything.
    if details is None or not hmac.compare_digest(
        channel_key(details.app).encode(), key.encode("utf-8", "surrogatepass")
    ):
        raise NotFound
    return details.app
