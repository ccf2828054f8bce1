"""``silo doctor``: what is wrong with a platform, or soon will be, and what to do."""

from typing import Annotated

import typer

from shared.cli.access import access_of
from shared.cli.checks import CHECKS, Finding, Verdict
from shared.cli.examination import examine
from shared.cli.invocation import SiloCommand
from shared.cli.output import JsonOption, examples, note, print_json
from shared.cli.tables import print_table

app = typer.Typer(add_completion=False)


@app.command(cls=SiloCommand, epilog=examples("silo doctor", "silo doctor --all", "silo doctor --json"))
def doctor(
    ctx: typer.Context,
    show_all: Annotated[bool, typer.Option("--all", help="Also what is as it should be.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Examine each silo and say what is wrong, or soon will be, and what to do. Exits with 1 if something is wrong.

    Looked at: whether silos answer, their tables, the keys that they share, certificates, clocks, ports, and what
    cannot be delivered. A warning alone exits with 0.
    """
    seen = examine(access_of(ctx))
    # By the function's name, by which ARCHITECTURE's recipe and scripts know the check.
    found = [(check.__name__, finding) for check in CHECKS for finding in check(seen)]
    if as_json:
        print_json([_as_json(check, finding) for check, finding in found])
    else:
        _show([each for each in found if show_all or each[1].verdict is not Verdict.OK])
    # Warnings are not failures: a script that watches must not wake anybody for them.
    if any(finding.verdict is Verdict.PROBLEM for _, finding in found):
        raise typer.Exit(1)


def _show(found: list[tuple[str, Finding]]) -> None:
    if not found:
        note(f"All is well, as far as {len(CHECKS)} checks can see.")
        return
    rows = [(each.verdict, each.silo, check, _told(each)) for check, each in found]
    print_table(("", "silo", "check", "what, and what to do"), rows)


def _told(finding: Finding) -> str:
    return f"{finding.says}. {finding.advice}".strip() if finding.advice else finding.says


def _as_json(check: str, finding: Finding) -> dict[str, str]:
    return {
        "check": check,
        "silo": finding.silo,
        "verdict": finding.verdict.value,
        "says": finding.says,
        "advice": finding.advice,
    }
