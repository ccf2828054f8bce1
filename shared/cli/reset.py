"""``silo reset``: a platform on this machine, as if it had never been started."""

import typer

from shared.cli.confirm import DryRunOption, YesOption, is_confirmed
from shared.cli.invocation import LocalCommand, invocation_of
from shared.cli.local.data_directory import DataDirectory
from shared.cli.output import JsonOption, examples, print_json

app = typer.Typer(add_completion=False)


@app.command(cls=LocalCommand, epilog=examples("silo reset", "silo reset --yes --json"))
def reset(
    ctx: typer.Context, yes: YesOption = False, dry_run: DryRunOption = False, as_json: JsonOption = False
) -> None:
    """Forget everything that a platform on this machine holds; the next start is its first. Snapshots stay."""
    directory = DataDirectory(invocation_of(ctx).data_directory)
    directory.prepare()
    with directory.lock():
        silos = list(directory.databases())
        what = f"{directory.path} forgets {', '.join(silos) or 'nothing'}: databases and secrets."
        goes_on = is_confirmed(what, yes=yes, dry_run=dry_run)
        if goes_on:
            directory.clear()
    if as_json:
        print_json({"silos": silos, "reset": goes_on})
