"""One run of ``silo dev``: the app and its manifest, and each thing that the app is told or asked while it runs."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shared.cli.app_update import changes_between, find_app, send_manifest
from shared.cli.dev.diagnosis import explain
from shared.cli.dev.environment_file import read_variable, write_variables
from shared.cli.manifest import read_manifest
from shared.cli.rest import RestClient, segment
from shared.errors import SiloError

ANSWER_SECONDS = 5.0
"""How long an answer is waited for; one that comes later is shown by `silo deliveries show`."""
# Polled, and not streamed: the stream tells what is sent, and an answer is only in the log.
_LOOK_SECONDS = 0.02
_WATCH_SECONDS = 0.5
_TOKEN = "SENTRY_AUTH_TOKEN"  # noqa: S105 - the name of a variable


@dataclass(frozen=True)
class Told:
    """A delivery with the app's answer to it."""

    delivery: Mapping[str, Any]
    attempt: Mapping[str, Any] | None
    """None: there was none in time."""
    problem: str = ""
    """What is wrong, in a sentence."""

    def as_json(self) -> dict[str, Any]:
        return {"type": "delivery", **self.delivery, "attempt": self.attempt, "problem": self.problem}


@dataclass
class Session:
    """The app that is developed."""

    api: RestClient
    browser: RestClient
    """Calls with a session, for what is kept to browsers."""
    manifest: Path
    organization: str
    say: Callable[[str], None]
    app: dict[str, Any] = field(default_factory=dict)
    """What REST shows of it, credentials included."""
    newest: Told | None = None
    stopping: threading.Event = field(default_factory=threading.Event)

    def apply_manifest(self) -> None:
        """Makes the app, or makes it equal to its manifest.

        Raises:
            ConfigInvalid: the manifest cannot be read.
            SiloError: control refuses it.
        """
        wanted = read_manifest(str(self.manifest))
        wanted["organization"] = self.organization
        found = find_app(self.api, wanted, owner=self.organization)
        if found is None:
            self.app = self.api.post("/sentry-apps/", wanted)
            self.say(f"Made {self.app['slug']} from {self.manifest}.")
            return
        # Made equal and not anew: its installations and tokens go on working.
        self.app = dict(found)
        changes = changes_between(found, wanted)
        if changes:
            self.app = send_manifest(self.api, found["slug"], wanted)
            self.say(f"{self.app['slug']} is as {self.manifest} says now: {', '.join(each.field for each in changes)}.")

    def write_credentials(self, path: Path, *, url: str) -> None:
        """Writes what the app needs to know, under the names that the original's examples read."""
        variables = {"SENTRY_URL": url, "SENTRY_CLIENT_ID": self.app["clientId"]}
        secret = self.app.get("clientSecret") or ""
        # Masked, it is asterisks alone: that is what control shows to who may not see it, or too late.
        if secret.strip("*"):
            variables["SENTRY_CLIENT_SECRET"] = secret
        else:
            self.say(
                f"The client secret is not shown any more: `silo app rotate-secret {self.app['slug']}` gives another."
            )
        # An internal app acts by a token of its own; one is enough for all runs.
        if self.app["status"] == "internal" and not read_variable(path, _TOKEN):
            made = self.browser.post(f"/sentry-apps/{segment(self.app['slug'])}/api-tokens/")
            variables[_TOKEN] = made["token"]
        if write_variables(path, variables):
            self.say(f"Wrote {', '.join(variables)} to {path}.")

    def watch_manifest(self) -> None:
        """Applies the manifest whenever the file has changed; what is wrong with it is said, and watching goes on."""
        seen = _changed_at(self.manifest)
        while not self.stopping.wait(_WATCH_SECONDS):
            now = _changed_at(self.manifest)
            if now in (seen, None):  # an editor may be writing it anew
                continue
            # Before it is applied: a manifest that is refused is not tried again until it changes.
            seen = now
            try:
                self.apply_manifest()
            except SiloError as error:
                self.say(f"{self.manifest}: {error.message} {_fields_of(error)}".rstrip())

    def await_answer(self, delivery: Mapping[str, Any], *, after: int = 0) -> Told:
        """The delivery with what the app answered at its own address, after so many attempts."""
        deadline = time.monotonic() + ANSWER_SECONDS
        path = f"/sentry-apps/{segment(self.app['slug'])}/deliveries/{segment(delivery['id'])}/"
        while time.monotonic() < deadline and not self.stopping.is_set():
            shown = self.api.get(path)
            if len(shown["attempts"]) > after:
                return self.told(delivery, shown["attempts"][-1])
            self.stopping.wait(_LOOK_SECONDS)
        return self.told(delivery, None)

    def told(self, delivery: Mapping[str, Any], attempt: Mapping[str, Any] | None, *, url: str = "") -> Told:
        """The delivery with an answer, and with what that says of the app."""
        called = url or str(self.app.get("webhookUrl") or "")
        problem = (
            explain(attempt, url=called, body=delivery["body"]) if attempt else f"No answer in {ANSWER_SECONDS:.0f} s."
        )
        self.newest = Told(delivery, attempt, problem)
        return self.newest

    def send_again(self) -> Told | None:
        """Redelivers what came last, and waits for the answer; None where nothing came yet."""
        if self.newest is None:
            return None
        delivery = self.newest.delivery
        path = f"/sentry-apps/{segment(self.app['slug'])}/deliveries/{segment(delivery['id'])}/"
        before = len(self.api.get(path)["attempts"])
        self.api.post(f"{path}redeliver/")
        return self.await_answer(delivery, after=before)

    def tell(self, event: str) -> None:
        """Has the app told of an event that does not happen."""
        path = f"/sentry-apps/{segment(self.app['slug'])}/test/"
        self.api.post(path, {"event": event, "organization": self.organization})
        self.say(f"{event} is on its way.")


def _changed_at(path: Path) -> int | None:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return None


def _fields_of(error: SiloError) -> str:
    return "; ".join(f"{name}: {' '.join(texts)}" for name, texts in (error.fields or {}).items())
