"""``silo dev``: one app from its manifest to its webhooks, live, in one command."""

import contextlib
import json
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from shared.cli import rest
from shared.cli.access import Access, access_of
from shared.cli.app_install import OrgOption, default_organization
from shared.cli.dev.installing import install
from shared.cli.dev.keyboard import keys
from shared.cli.dev.session import Session, Told
from shared.cli.invocation import SiloCommand, invocation_of
from shared.cli.listen import client_for, forward, log_answer, target_of
from shared.cli.local.addresses import DEFAULT_HTTP_PORT
from shared.cli.local.data_directory import DataDirectory
from shared.cli.local.running_platform import Wanted, raising_on_stop, running_platform
from shared.cli.output import JsonOption, examples, note, print_json
from shared.cli.stream import follow
from shared.cli.topology import find_topology
from shared.errors import SiloError

app = typer.Typer(add_completion=False)

_PROBE_SECONDS = 2.0
# More than an app is told at once by hand; further ones wait for their turn and are shown all the same.
_WAITING = 32
"""Answers that are waited for at once."""
_HELP = "Keys: l look into the last one, a send it again, t trigger an event, i install anew, q quit."
_DEFAULT_EVENT = "issue.created"


@app.command(
    cls=SiloCommand,
    epilog=examples(
        "silo dev kanban.json",
        "silo dev kanban.json --forward-to http://localhost:3000/webhook --env-file .env",
    ),
)
def dev(
    ctx: typer.Context,
    manifest: Annotated[
        Path, typer.Argument(metavar="MANIFEST", help="File in JSON or YAML; read again as it changes.")
    ],
    forward_to: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Your server, where the manifest's webhookUrl leads elsewhere."),
    ] = None,
    organization: OrgOption = None,
    env_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where the app's credentials go; other lines stay.")
    ] = None,
    seconds: Annotated[int | None, typer.Option(min=0, help="How long. Default: until Ctrl-C or q.")] = None,
    http_port: Annotated[
        int, typer.Option("--http-port", min=0, max=65535, help="Of control, if a platform has to be started.")
    ] = DEFAULT_HTTP_PORT,
    as_json: JsonOption = False,
) -> None:
    """Make an app from its manifest, install it, and show each webhook and question with what the app answered.

    Starts a platform if none runs, and stops it at the end. Plays the browser's part of an install that is verified.
    Says in a sentence what is wrong with an answer. With --json each line is one thing that happened.
    """
    shown = _Shown(as_json=as_json)
    target = target_of(forward_to) if forward_to else None
    with contextlib.suppress(KeyboardInterrupt), raising_on_stop(), contextlib.ExitStack() as stack:
        access = stack.enter_context(_platform(ctx, http_port=http_port))
        session = Session(
            api=stack.enter_context(rest.connect(access)),
            browser=stack.enter_context(rest.connect_session(access)),
            manifest=manifest,
            organization=organization or default_organization(access),
            say=shown.say,
        )
        # First of all: what is wrong with the manifest is said before anything is started around it.
        session.apply_manifest()
        if env_file:
            session.write_credentials(env_file, url=access.control_http)
        client = stack.enter_context(client_for(target))
        # A pool, since each answer is waited for: a slow one would else hold back what came after it.
        pool = stack.enter_context(ThreadPoolExecutor(_WAITING))
        # The last that is entered is the first that ends: everybody is told before the pool waits for them.
        stack.callback(session.stopping.set)
        run = _Run(session, access, shown, client, target)
        # Before the install, of which the app is told already. Nobody waits for the end of what hangs in a connection.
        threading.Thread(target=run.follow, args=(pool, seconds), daemon=True).start()
        threading.Thread(target=session.watch_manifest, daemon=True).start()
        run.begin_install()
        shown.say(
            f"Waiting for what {session.app['slug']} is told. {_HELP if sys.stdin.isatty() else 'Ctrl-C ends it.'}"
        )
        for key in keys(session.stopping):
            if key == "q":
                break
            run.press(key)


@contextlib.contextmanager
def _platform(ctx: typer.Context, *, http_port: int) -> Iterator[Access]:
    """The platform that runs, or one that runs as long as the block."""
    invocation = invocation_of(ctx)
    # One that is named is never started here, whether it answers or not.
    if invocation.control or _answers(invocation.data_directory):
        yield access_of(ctx)
        return
    wanted = Wanted(directory=DataDirectory(invocation.data_directory), http_port=http_port, environ=invocation.environ)
    with running_platform(wanted, report=note):
        yield access_of(ctx)


def _answers(directory: Path) -> bool:
    topology = find_topology(directory)
    if topology is None:
        return False
    try:
        url = f"{topology.control.http}/healthz"
        return httpx.get(url, timeout=_PROBE_SECONDS, trust_env=False).is_success
    except httpx.HTTPError:
        return False


class _Shown:
    """What is printed, one thing after another whoever says it."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._lock = threading.Lock()

    def say(self, text: str) -> None:
        # Several threads tell: a line is never broken by another one.
        with self._lock:
            print_json({"type": "note", "text": text}) if self._as_json else print(text, flush=True)

    def told(self, told: Told) -> None:
        with self._lock:
            if self._as_json:
                print_json(told.as_json())
                return
            delivery, attempt = told.delivery, told.attempt
            answer = f"{attempt['responseCode'] or 'no answer'} in {attempt['durationMs']} ms" if attempt else "-"
            print(
                f"{delivery['dateCreated'][11:19]}  {delivery['event']:<28} {delivery['id']:<12} {answer}", flush=True
            )
            if told.problem:
                print(f"          {told.problem}", flush=True)

    def look(self, told: Told) -> None:
        """Everything about one delivery."""
        with self._lock:
            for name, value in sorted(told.delivery["headers"].items()):
                print(f"{name}: {value}")
            print(_pretty(told.delivery["body"]))
            response = (told.attempt or {}).get("response") or {}
            print(f"answered: {response.get('body', '') or 'nothing'}", flush=True)


@dataclass
class _Run:
    """What goes on until it is ended."""

    session: Session
    access: Access
    shown: _Shown
    client: httpx.Client
    target: str | None

    def follow(self, pool: ThreadPoolExecutor, seconds: int | None) -> None:
        """Shows what the app is told and asked, each as soon as it has answered; its end is the end of all."""
        try:
            for delivery in follow(
                self.session.api, self.session.app["slug"], seconds=seconds, stopping=self.session.stopping
            ):
                pool.submit(self._show, delivery)
        except SiloError as error:
            self.shown.say(error.message)
        except (RuntimeError, httpx.HTTPError):  # the pool, or the connection, was closed under it: all is ending
            return
        finally:
            self.session.stopping.set()

    def begin_install(self) -> None:
        """Installs beside everything else: an app may take its time to start."""
        threading.Thread(target=self._install, daemon=True).start()

    def _install(self) -> None:
        session = self.session
        try:
            install(session.api, session.app, session.organization, say=session.say, stopping=session.stopping)
        except SiloError as error:
            self.shown.say(error.message)
        except (RuntimeError, httpx.HTTPError):
            return  # all is ending

    def press(self, key: str) -> None:
        """Does what a key stands for; what is refused is said."""
        try:
            self._press(key)
        except SiloError as error:
            self.shown.say(error.message)

    def _press(self, key: str) -> None:
        newest = self.session.newest
        if key == "i":
            self.begin_install()
        elif key == "t":
            self.session.tell(_DEFAULT_EVENT)
        elif key in "la" and newest is None:
            self.shown.say("Nothing came yet.")
        elif key == "l" and newest:
            self.shown.look(newest)
        elif key == "a" and (again := self.session.send_again()):
            self.shown.told(again)
        else:
            self.shown.say(_HELP)

    def _show(self, delivery: Any) -> None:
        try:
            self.shown.told(self._answered(delivery))
        except SiloError as error:
            self.shown.say(f"{delivery['id']} {delivery['event']}: {error.message}")

    def _answered(self, delivery: Any) -> Told:
        if self.target is None:
            return self.session.await_answer(delivery)
        attempt = forward(self.client, self.target, delivery, clock=self.access.clock)
        log_answer(self.session.api, self.session.app["slug"], delivery, attempt)
        return self.session.told(delivery, {**attempt, "request": {"headers": delivery["headers"]}}, url=self.target)


def _pretty(text: str) -> str:
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:
        return text
