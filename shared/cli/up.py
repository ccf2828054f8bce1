"""``silo up``: the whole platform on this machine, until it is told to stop."""

import json
import os
import shlex
import shutil
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer

from shared.cli.invocation import DEFAULT_DATA, LocalCommand, invocation_of
from shared.cli.local.addresses import DEFAULT_HTTP_PORT
from shared.cli.local.data_directory import DataDirectory
from shared.cli.local.running_platform import RunningPlatform, Wanted, raising_on_stop, running_platform
from shared.cli.local.silo_process import SiloProcess
from shared.cli.output import JsonOption, examples, note
from shared.cli.tables import print_pairs, print_table
from shared.cli.topology import FILE_NAME, Topology

app = typer.Typer(add_completion=False)

_LOOK_SECONDS = 0.2
"""How often it looks whether a silo has died."""


@app.command(
    cls=LocalCommand,
    epilog=examples(
        "silo up",
        "silo up --data /tmp/platform --http-port 0 --json",
        "silo up --region us --region de --region jp",
    ),
)
def up(
    ctx: typer.Context,
    region: Annotated[
        list[str] | None,
        typer.Option(
            "--region", metavar="NAME", help="Any number of times. Default: as last time; at first us and de."
        ),
    ] = None,
    replaced: Annotated[
        list[str] | None,
        typer.Option("--replace", metavar="NAME", help="A region whose database is lost: a new one takes its place."),
    ] = None,
    http_port: Annotated[
        int,
        typer.Option(
            "--http-port",
            min=0,
            max=65535,
            help="Control's; the regions take the next ones. gRPC is at 50051, 50061, 50062, … with "
            f"{DEFAULT_HTTP_PORT}, and at free ports with any other. 0: free ports throughout.",
        ),
    ] = DEFAULT_HTTP_PORT,
    as_json: JsonOption = False,
) -> None:
    """Run the platform here: control and its regions, each a process, on loopback and SQLite, until Ctrl-C.

    The first start makes the organization acme in the first region, its owner and a superuser; later starts keep
    everything. topology.json in the directory says where things are, secrets included. A silo that dies is reported,
    and left to you: start it by hand at the same addresses, or start again.
    """
    invocation = invocation_of(ctx)
    wanted = Wanted(
        directory=DataDirectory(invocation.data_directory),
        http_port=http_port,
        environ=invocation.environ,
        regions=region or (),
        replaced=replaced or (),
    )
    try:
        with raising_on_stop(), running_platform(wanted, report=note) as platform:
            _announce(platform.topology, wanted.directory, as_json=as_json)
            _watch(platform)
    except KeyboardInterrupt:
        note("Stopped.")


def _announce(topology: Topology, directory: DataDirectory, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(topology.as_json()), flush=True)
        return
    silos = {"control": topology.control, **topology.regions}
    print_table(
        ("silo", "HTTP", "gRPC", "pid"), [(name, silo.http, silo.grpc, silo.pid) for name, silo in silos.items()]
    )
    print_pairs((role, f"{user.email}  password {user.password}") for role, user in topology.users.items())
    organization = topology.organization
    print_pairs(
        [
            ("organization", f"{organization.slug}, in {organization.region}"),
            ("secrets", directory.path / FILE_NAME),
            ("logs", directory.path / "logs"),
            ("API, documented", f"{topology.control.http}/docs"),
        ]
    )
    print(f"\nWhat to try next, in another terminal:\n\n{next_steps(topology, directory.path)}\n", flush=True)
    note("Ctrl-C stops everything.")


def next_steps(topology: Topology, directory: Path) -> str:
    """Lines to copy and paste; each works as it stands, in this order."""
    silo = _own_command()
    where = "" if directory == DEFAULT_DATA.absolute() else f" --data {shlex.quote(str(directory))}"
    region = list(topology.regions)[-1]
    create = json.dumps({"name": "Hello", "author": "Me", "organization": topology.organization.slug, **_HELLO})
    return "\n".join(
        (
            f"  TOKEN={topology.users['owner'].token}",
            # Through a pipe from the shell's own echo: what a program is called with, everyone on the machine can list.
            f'  echo "Authorization: Bearer $TOKEN" | curl -sS {topology.control.http}/api/0/sentry-apps/ -H @- \\',
            f"    -H 'Content-Type: application/json' -d '{create}'",
            f"  {silo} app install hello{where}",
            f'  {silo} rpc {topology.organization.region} {_BY_SLUG} \'{{"slug": "hello"}}\'{where}',
            f"  {silo} app example > kanban.json && {silo} app create kanban.json{where}",
            # The app itself, in the background: what it is told shows between the lines.
            f"  {silo} receiver acme-kanban{where} &",
            f"  {silo} app install acme-kanban{where} && {silo} app show acme-kanban{where}",
            f"  {silo} trigger issue.resolved{where}",
            f"  {silo} status --watch{where}",
            f"  kill -9 {topology.regions[region].pid}   # lose {region}; the rest goes on",
            f"  {silo} demo",
        )
    )


_HELLO = {
    "webhookUrl": "https://hello.example/webhook",
    "scopes": ["event:read"],
    "events": ["issue"],
    "verifyInstall": False,
}
_BY_SLUG = "hybridcloud.apps.v1.AppService/GetSentryAppBySlug"


def _own_command() -> str:
    """How this program was called, in a form that works again from the same directory."""
    called = Path(sys.argv[0])
    if called.name != "silo":
        return f"{shlex.quote(sys.executable)} -m shared.cli"
    on_path = shutil.which("silo")
    if on_path and Path(on_path).resolve() == called.resolve():
        return "silo"
    return shlex.quote(os.path.relpath(called) if called.is_relative_to(Path.cwd()) else str(called))


def _watch(platform: RunningPlatform) -> None:
    """Reports deaths until KeyboardInterrupt."""
    never = threading.Event()
    # A wait and not a sleep: a signal ends it at once.
    while not never.wait(_LOOK_SECONDS):
        for process in platform.take_deaths():
            note(_obituary(process))


def _obituary(process: SiloProcess) -> str:
    code = process.exit_code or 0
    how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
    return f"silo up: {process.spec.name} (process {process.pid}) {how}; the others go on. Its log: {process.spec.log}"
