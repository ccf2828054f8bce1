"""Installing the app that is developed, with the part of the browser that its user would have in it."""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx

from shared.cli.rest import RestClient, segment

HANDSHAKE_SECONDS = 10.0
"""How long an app gets to say that its half of the install is done."""
_LOOK_SECONDS = 0.1
_RETRY_SECONDS = 0.5
_PENDING = "pending"


def install(
    api: RestClient, app: Mapping[str, Any], organization: str, *, say: Callable[[str], None], stopping: threading.Event
) -> None:
    """Has the app installed in the organization, and says how that went; an app that does not run yet is waited for.

    Raises:
        SiloError: control refuses it.
    """
    path = f"/organizations/{segment(organization)}/sentry-app-installations/"
    made = api.post(path, {"slug": app["slug"]})
    if made["status"] != _PENDING:
        say(f"Installed in {organization}.")
        return
    # What the install page does once somebody has agreed: it sends their browser to the app.
    if app.get("redirectUrl"):
        _send_browser(app["redirectUrl"], made, organization, say=say, stopping=stopping)
    if _is_finished(api, made["uuid"], stopping):
        say(f"Installed in {organization}: your app exchanged the code and said so.")
    else:
        say(
            f"Not finished: the app verifies its installs, and did not within {HANDSHAKE_SECONDS:.0f} s. It has to "
            f"POST the code to /api/0/sentry-app-installations/{made['uuid']}/authorizations/ and PUT "
            '{"status": "installed"} with the token that it gets.'
        )


def _send_browser(
    url: str,
    made: Mapping[str, Any],
    organization: str,
    *,
    say: Callable[[str], None],
    stopping: threading.Event,
) -> None:
    query = {"code": made["code"], "installationId": made["uuid"], "orgSlug": organization}
    params, has_waited = {**httpx.QueryParams(urlsplit(url).query), **query}, False
    with httpx.Client(timeout=HANDSHAKE_SECONDS, trust_env=False) as client:
        while not stopping.is_set():
            try:
                answer = client.get(url, params=params)
            except httpx.ConnectError:
                if not has_waited:
                    say(f"Nothing listens at {url}, the manifest's redirectUrl: waiting for your app to start.")
                has_waited = True
                stopping.wait(_RETRY_SECONDS)
            except httpx.HTTPError as exc:
                say(f"Your app's redirectUrl {url} does not answer: {exc}.")
                return
            else:
                say(f"A browser went to {url} with code, installationId and orgSlug: {answer.status_code}.")
                return


def _is_finished(api: RestClient, uuid: str, stopping: threading.Event) -> bool:
    deadline = time.monotonic() + HANDSHAKE_SECONDS
    while time.monotonic() < deadline and not stopping.is_set():
        if api.get(f"/sentry-app-installations/{segment(uuid)}/")["status"] != _PENDING:
            return True
        stopping.wait(_LOOK_SECONDS)
    return False
