"""``docs/webhooks.md``: every webhook as it was sent, with its headers, and how to verify it.

python -m tests.contract.webhooks.page          play it on SQLite and write the page
"""

import itertools
import json
import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shared.domain.event import AppEvent, Told
from shared.domain.happening import Broadcast
from shared.http.webhook_document import HEADERS
from shared.process import configure_logging
from tests.contract.rest.region_story import tell_of_projects
from tests.contract.rest.stage import Stage, open_stage
from tests.integration.third_party import ReceivedRequest

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "webhooks.md"
TOLD = [event for event in AppEvent if event.row.told is not Told.ASKED]
PAYLOAD = {"run_id": 7, "group_id": 1025}
"""Of what happens elsewhere, which says whatever it is given."""
APP = {
    "name": "Kanban",
    "organization": "acme",
    "isInternal": True,
    "scopes": ["event:read", "org:read"],
    "events": ["issue", "error", "comment"],
    # Nothing here is about time, and a busy machine may be slow to answer.
    "webhookTimeoutSeconds": 30,
}
_TRANSPORT = {"host", "accept", "accept-encoding", "connection", "user-agent", "content-length"}
_INTRODUCTION = """\
# Webhooks

What apps are told, each as it was sent: this page is written by a test that receives them
(`python -m tests.contract.webhooks.page`), and held to what is sent by `tests/contract/webhooks`. Values of chance have
names in angle brackets. An app is told by `POST` to its webhook URL; any status from 200 to 299 says that it has heard.
To have one sent to your own app: `silo deliveries test APP EVENT`, or `POST /api/0/sentry-apps/<app>/test/`.

| header | what it says |
|---|---|
{headers}

## Verifying

In Python, over the bytes as they came ([`examples/verify_webhook.py`](../examples/verify_webhook.py)):

```python
{python}
```

In Node, also where a framework has parsed the body already
([`examples/verify_webhook.mjs`](../examples/verify_webhook.mjs)):

```js
{node}
```
"""


def play(stage: Stage) -> dict[AppEvent, ReceivedRequest]:
    """Has every event told to an app; answers what it received."""
    app = APP | {"webhookUrl": f"{stage.third_party.url}/hook"}
    slug = stage.ask("control", "POST", "/sentry-apps/", app)["slug"]
    # An internal app's slug ends in digits of chance.
    stage.naming.name(slug, "slug of the app")
    stage.third_party.answers("/hook")
    tell_of_projects(stage)
    stage.send_webhooks()
    received: dict[AppEvent, ReceivedRequest] = {}
    for event in TOLD:
        body = {"event": event.value, "payload": PAYLOAD if event.row.detail is Broadcast else {}}
        stage.ask("control", "POST", f"/sentry-apps/{slug}/test/", body)
        stage.send_webhooks()
        received[event] = stage.third_party.requests[-1]
    return received


def secret_of(stage: Stage) -> str:
    (app,) = stage.ask("control", "GET", "/sentry-apps/?status=internal", by="superuser")
    return str(app["clientSecret"])


def page(stage: Stage, received: dict[AppEvent, ReceivedRequest]) -> str:
    """The page."""
    examples = {name: (ROOT / "examples" / file).read_text("utf-8").strip() for name, file in _EXAMPLES.items()}
    introduction = _INTRODUCTION.replace(
        "{headers}", "\n".join(f"| `{name}` | {said} |" for name, said in HEADERS.items())
    )
    for name, text in examples.items():
        introduction = introduction.replace(f"{{{name}}}", text)
    sections = [section for event, request in received.items() for section in _section(stage, event, request)]
    return "\n".join([introduction, "## Events", "", *sections])


_EXAMPLES = {"python": "verify_webhook.py", "node": "verify_webhook.mjs"}


def _section(stage: Stage, event: AppEvent, request: ReceivedRequest) -> Iterator[str]:
    yield f"### `{event.value}`\n"
    yield f"{event.happens}\n"
    headers = {name: value for name, value in sorted(request.headers.items()) if name not in _TRANSPORT}
    # A name of chance for what chance made, in the headers and the body alike.
    shown: dict[str, Any] = stage.naming.replaced({"headers": headers, "body": request.json})
    lines = [f"{name}: {value}" for name, value in shown["headers"].items()]
    yield "\n".join(["```http", *lines, "", json.dumps(shown["body"], indent=2, ensure_ascii=False), "```", ""])


def main() -> None:
    configure_logging(level=logging.ERROR)
    numbers = itertools.count(1)
    with (
        tempfile.TemporaryDirectory(prefix="silo-webhooks-") as folder,
        open_stage(lambda: f"sqlite:///{folder}/{next(numbers)}.db") as stage,
    ):
        PAGE.write_text(page(stage, play(stage)), "utf-8")
    print(f"wrote {PAGE}")


if __name__ == "__main__":
    main()
