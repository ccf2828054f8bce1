"""``python -m region_silo serve | worker | migrate``: the only reader of this silo's environment."""

import os
from functools import partial
from typing import Annotated

import typer

from region_silo.bootstrap import connect_control, migrate, open_region
from region_silo.config import RegionConfig, RegionDatabaseConfig
from region_silo.process import RegionServe, RegionWork
from shared.clock import SystemClock
from shared.database.connect import connect
from shared.errors import SiloError
from shared.process import Runnable, Stop, configure_logging, leave, run_until_stopped

app = typer.Typer(
    help="A region silo: owns organizations, holds replicas of the apps that matter to them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command("serve")
def serve_command(
    no_worker: Annotated[bool, typer.Option("--no-worker", help="Leave the outbox to `worker` processes.")] = False,
) -> None:
    """Serves gRPC and HTTP, and delivers what changed here, until SIGINT or SIGTERM.

    Example: REGION_NAME=us SILO_RPC_KEYS=control/us-1:… python -m region_silo serve
    """
    configure_logging()

    def build(stop: Stop) -> Runnable:
        config, clock = RegionConfig.from_environment(os.environ), SystemClock()
        region = open_region(config, clock=clock)
        control = connect_control(region, config)
        return RegionServe(region, config, control=control, with_worker=not no_worker, refused=stop.because)

    run_until_stopped(build)


@app.command("worker")
def worker_command() -> None:
    """Delivers what changed here to control, until SIGINT or SIGTERM.

    Example: REGION_NAME=us SILO_RPC_KEYS=control/us-1:… python -m region_silo worker
    """
    configure_logging()

    def build(stop: Stop) -> Runnable:
        config, clock = RegionConfig.from_environment(os.environ), SystemClock()
        region = open_region(config, clock=clock)
        control = connect_control(region, config)
        return RegionWork(region, control=control, compare_seconds=config.compare_seconds)

    run_until_stopped(build)


@app.command("migrate")
def migrate_command() -> None:
    """Creates the database if need be and brings it up to date; may be run any number of times.

    Example: REGION_NAME=us python -m region_silo migrate
    """
    try:
        url = RegionDatabaseConfig.from_environment(os.environ).database_url
        database = connect(url.get_secret_value(), create=True)
        for name in migrate(database, say=partial(typer.echo, err=True)):
            typer.echo(f"applied {name}", err=True)
        database.close()
    except SiloError as exc:
        leave(exc)


if __name__ == "__main__":
    app()
