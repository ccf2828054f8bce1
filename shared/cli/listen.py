"""``silo listen``: what an app is told, brought to a server without a public address."""

import time
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlsplit

import httpx
import typer

from shared.cli import rest
from shared.cli.access import access_of
from shared.cli.invocation import SiloCommand
from shared.cli.output import JsonOption, examples, note, print_json
from shared.cli.rest import RestClient, segment
from shared.cli.stream import follow
from shared.clock import Clock
from shared.errors import ConfigInvalid, SiloError
from shared.outgoing.trust import authorities

app = typer.Typer(add_completion=False)

TIMEOUT_SECONDS = 30.0
"""For the local server: whoever debugs it may have stopped it at a line."""
# As much as a silo keeps of an answer.
MAX_LOGGED_BYTES = 8192
_NO_ANSWER = 0


@app.command(
    cls=SiloCommand,
    epilog=examples(
        "silo listen my-app --forward-to http://localhost:3000/webhook",
        "silo listen my-app --forward-to http://localhost:3000/webhook --since 2030-01-01T00:00:00Z --json",
        "silo listen my-app --channel",
    ),
)
def listen(
    ctx: typer.Context,
    slug: Annotated[str, typer.Argument(metavar="APP", help="Slug or id of an app.")],
    forward_to: Annotated[
        str | None, typer.Option(metavar="URL", help="Your server. Without it webhooks are shown alone.")
    ] = None,
    since: Annotated[str, typer.Option(metavar="TIME", help="From when on, ISO 8601. Default: from now on.")] = "",
    seconds: Annotated[int | None, typer.Option(min=0, help="How long. Default: until Ctrl-C.")] = None,
    channel: Annotated[
        bool, typer.Option("--channel", help="Print the address for clients of smee.io, which is a secret, and end.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Bring an app's webhooks and questions to your own machine, byte for byte with their headers, as they happen.

    What your server answers is shown, and logged with the delivery. The app's own address is called all the same.
    Goes on by itself where it was when the connection breaks; with --json each line is one delivery.
    """
    # Before anything is asked: a bad URL is said without a server.
    target = target_of(forward_to) if forward_to else None
    access = access_of(ctx)
    with rest.connect(access) as api:
        if channel:
            _show_channel(api, slug, as_json=as_json)
            return
        where = f" and forwarding to {forward_to}" if forward_to else ""
        note(f"Listening to {slug}{where}. Ctrl-C ends it.")
        try:
            with client_for(target) as client:
                for delivery in follow(api, slug, since=since, seconds=seconds):
                    # One after the other, in the order in which they happened: whoever debugs reads them so.
                    answer = forward(client, target, delivery, clock=access.clock) if target else None
                    _show(delivery, answer, as_json=as_json)
                    if answer:
                        log_answer(api, slug, delivery, answer)
        except KeyboardInterrupt:
            return


def target_of(url: str) -> str:
    """Raises:
    ConfigInvalid: it is no address of a server.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ConfigInvalid(f"--forward-to takes a URL such as http://localhost:3000/webhook, not {url!r}.")
    return url


def client_for(target: str | None) -> httpx.Client:
    """A client to forward with; None: one that is not used."""
    url = target or ""
    return httpx.Client(
        timeout=TIMEOUT_SECONDS,
        # A proxy of the environment is for the world outside; it would not find this machine's server.
        trust_env=not rest.is_loopback(url),
        # The trust store is read once and takes long; plain HTTP needs none.
        verify=authorities() if url.startswith("https:") else False,
    )


def forward(client: httpx.Client, target: str, delivery: Mapping[str, Any], *, clock: Clock) -> dict[str, Any]:
    """What the server answered, as ``attempts/`` takes it."""
    url = target
    if delivery["askedPath"]:
        # What an app is asked by path is asked at the server's own, as it is at the app's.
        parts = urlsplit(target)
        url = f"{parts.scheme}://{parts.netloc}{delivery['askedPath']}"
    attempt: dict[str, Any] = {"startedAt": clock.now().isoformat(), "requestHeaders": delivery["headers"]}
    begun_at = time.monotonic()
    try:
        # The very bytes that are signed: a body is printed in ASCII.
        body = delivery["body"].encode("ascii")
        answer = client.request(delivery["method"], url, headers=delivery["headers"], content=body)
    # Logged like an answer: that the server was down is what its owner wants to see later.
    except httpx.HTTPError as exc:
        attempt |= {"responseCode": _NO_ANSWER, "error": str(exc) or type(exc).__name__, "response": None}
    else:
        text = answer.content[:MAX_LOGGED_BYTES].decode("utf-8", "replace").replace("\x00", "\N{REPLACEMENT CHARACTER}")
        attempt |= {
            "responseCode": answer.status_code,
            "error": None,
            "response": {"headers": dict(answer.headers), "body": text},
        }
    return attempt | {"durationMs": round((time.monotonic() - begun_at) * 1000)}


def _show(delivery: Mapping[str, Any], answer: Mapping[str, Any] | None, *, as_json: bool) -> None:
    if as_json:
        print_json({**delivery, "answer": answer})
        return
    said = ""
    if answer:
        said = f"  {answer['error'] or answer['responseCode']} in {answer['durationMs']} ms"
    print(f"{delivery['dateCreated'][:19]}Z  {delivery['id']:<12} {delivery['event']}{said}", flush=True)
    if answer and answer["response"] and answer["responseCode"] >= 400:
        print(f"    {answer['response']['body'][:500]}", flush=True)


def log_answer(api: RestClient, slug: str, delivery: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
    """The delivery was brought, whatever becomes of its log."""
    try:
        api.post(f"/sentry-apps/{segment(slug)}/deliveries/{segment(delivery['id'])}/attempts/", answer)
    except SiloError as error:
        note(f"{delivery['id']}: the answer was not logged: {error.message}")


def _show_channel(api: RestClient, slug: str, *, as_json: bool) -> None:
    found = api.get(f"/sentry-apps/{segment(slug)}/channel/")
    if as_json:
        print_json(found)
    else:
        print(found["url"])
        note("Whoever has it may listen, until the client secret is rotated.")
