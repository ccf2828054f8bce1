"""``silo init``: the environment files of a platform in containers."""

from pathlib import Path
from typing import Annotated

import typer

from shared.cli.invocation import LocalCommand
from shared.cli.local.env_files import write_env_files
from shared.cli.local.running_platform import DEFAULT_REGIONS, refuse_bad_names
from shared.cli.output import JsonOption, examples, note, print_json
from shared.errors import ConfigInvalid

app = typer.Typer(add_completion=False)

DEFAULT_DIRECTORY = Path("env")


@app.command(cls=LocalCommand, epilog=examples("silo init", "silo init env --region us --region de --region jp"))
def init(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Where the files go.")] = DEFAULT_DIRECTORY,
    region: Annotated[
        list[str] | None, typer.Option("--region", metavar="NAME", help="Any number of times. Default: us and de.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write what docker-compose.yml needs: for each silo a file with its own keys and database, and one for you.

    Files that are there are left as they are. A further region gets its own files; control learns its key from you:
    add the entry that is printed for it, or use `silo region invite`.
    """
    regions = tuple(region or DEFAULT_REGIONS)
    refuse_bad_names(regions)
    try:
        written = write_env_files(directory, regions)
    except OSError as exc:
        raise ConfigInvalid(f"{directory} cannot be written: {exc.strerror}.") from exc
    except (ValueError, KeyError) as exc:
        raise ConfigInvalid(f"{directory} holds a file of keys that is damaged.") from exc
    if as_json:
        print_json([str(path) for path in written])
        return
    for path in written:
        note(f"wrote {path}")
    note(f"Readable by you alone. {directory}/operator.env is yours: give it to no silo.")
