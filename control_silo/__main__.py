"""``python -m control_silo serve | worker | migrate``: the only reader of this silo's environment."""

import json
import os
from functools import partial
from typing import Annotated

import typer

from control_silo.bootstrap import migrate, open_alone, open_control
from control_silo.config import ControlConfig, ControlDatabaseConfig
from control_silo.process import ControlServe, ControlWork
from control_silo.services.user import ensure_superuser
from shared.clock import SystemClock
from shared.database.connect import connect
from shared.errors import SiloError
from shared.process import Runnable, Stop, configure_logging, leave, run_until_stopped

app = typer.Typer(
    help="The control silo: owns apps, installations, users and tokens for the whole world.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command("serve")
def serve_command(
    no_worker: Annotated[bool, typer.Option("--no-worker", help="Leave the outbox to `worker` processes.")] = False,
) -> None:
    """Serves gRPC and HTTP, and delivers what changed, until SIGINT or SIGTERM.

    Example: SILO_RPC_KEYS=us/us-1:… SILO_SEAL_KEY=… python -m control_silo serve
    """
    # Before the configuration is read, whose problems are logged.
    configure_logging()

    # Built by who runs it, so that a bad configuration and a signal while it starts end the process in one way.
    def build(stop: Stop) -> Runnable:
        config = ControlConfig.from_environment(os.environ)
        return ControlServe(open_control(config, clock=SystemClock()), config, with_worker=not no_worker)

    run_until_stopped(build)


@app.command("worker")
def worker_command() -> None:
    """Delivers what changed to the regions, until SIGINT or SIGTERM. Any number may run.

    Example: SILO_RPC_KEYS=us/us-1:… SILO_SEAL_KEY=… python -m control_silo worker
    """
    configure_logging()

    def build(stop: Stop) -> Runnable:
        config = ControlConfig.from_environment(os.environ)
        return ControlWork(open_control(config, clock=SystemClock()), compare_seconds=config.compare_seconds)

    run_until_stopped(build)


@app.command("migrate")
def migrate_command(
    bootstrap: Annotated[
        bool, typer.Option("--bootstrap", help="Also make the superuser, if there is none, and print it as JSON.")
    ] = False,
) -> None:
    """Creates the database if need be and brings it up to date; may be run any number of times.

    Example: CONTROL_DATABASE_URL=sqlite:///control.db python -m control_silo migrate --bootstrap
    """
    try:
        url = ControlDatabaseConfig.from_environment(os.environ).database_url
        database = connect(url.get_secret_value(), create=True)
        for name in migrate(database, say=partial(typer.echo, err=True)):
            # On standard error: standard output is the one line of JSON that scripts read.
            typer.echo(f"applied {name}", err=True)
        if bootstrap:
            typer.echo(json.dumps({"superuser": ensure_superuser(open_alone(database, clock=SystemClock()))}))
        database.close()
    except SiloError as exc:
        leave(exc)


if __name__ == "__main__":
    app()
