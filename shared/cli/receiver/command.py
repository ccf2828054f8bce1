"""``silo receiver``: runs the example app on this machine."""

from typing import Annotated

import typer
import uvicorn

from shared.cli import rest
from shared.cli.access import access_of
from shared.cli.invocation import SiloCommand
from shared.cli.manifest import RECEIVER_PORT
from shared.cli.output import JsonOption, examples, note, print_json
from shared.cli.receiver.kanban import Happened, Kanban, build
from shared.errors import ConfigInvalid

app = typer.Typer(add_completion=False)

_HOST = "127.0.0.1"
_MARKS = {True: "verified", False: "NOT GENUINE: signed with another secret, or by nobody", None: ""}


@app.command(
    cls=SiloCommand, epilog=examples("silo receiver acme-kanban", "silo receiver acme-kanban --port 3001 --json")
)
def receiver(
    ctx: typer.Context,
    slug: Annotated[str, typer.Argument(metavar="APP", help="Slug or id of the app that it is.")] = "acme-kanban",
    port: Annotated[int, typer.Option(min=0, max=65535, help="On 127.0.0.1; 0: any that is free.")] = RECEIVER_PORT,
    as_json: JsonOption = False,
) -> None:
    """Be the app of `silo app example`: verify webhooks, answer its components, and show what comes.

    Knows the app's client secret from the platform, finishes installs that wait for the app, and keeps its cards in
    memory. With --json each line is one thing that came.
    """
    access = access_of(ctx)
    with rest.connect(access) as api:
        shown = api.get(f"/sentry-apps/{rest.segment(slug)}/")
    secret = shown.get("clientSecret") or ""
    if not secret.strip("*"):
        raise ConfigInvalid(f"The client secret of {slug} is not shown any more: `silo app rotate-secret {slug}`.")

    def show(happened: Happened) -> None:
        if as_json:
            print_json({"what": happened.what, "genuine": happened.is_genuine})
        else:
            print(f"{happened.what:<32} {_MARKS[happened.is_genuine]}".rstrip(), flush=True)

    kanban = Kanban(
        client_id=shown["clientId"],
        client_secret=secret,
        api=access.control_http,
        public_url=f"http://localhost:{port}",
        show=show,
    )
    config = uvicorn.Config(build(kanban), host=_HOST, port=port, log_level="error", access_log=False, lifespan="off")
    server = uvicorn.Server(config)
    note(f"{shown['name']} listens on http://localhost:{port}. Ctrl-C ends it.")
    server.run()
    if not server.started:
        raise ConfigInvalid(f"Port {port} of {_HOST} is in use: --port takes another, for the manifest too.")
