"""``silo verify``: whether every replica equals what its owner has, and making it so."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from typing import Annotated, Any

import typer

from shared.category import Owner, owner_of
from shared.cli.access import access_of
from shared.cli.compare import Comparer
from shared.cli.invocation import SiloCommand
from shared.cli.output import JsonOption, examples, note, print_json, sentence_of
from shared.cli.repair import REPAIR_SECONDS, SETTLE_SECONDS, Finding, await_equal, look, repair
from shared.cli.tables import print_table
from shared.outbox.difference import Difference, Sort

app = typer.Typer(add_completion=False)

_SHOWN_IDS = 5


@app.command(
    cls=SiloCommand, epilog=examples("silo verify", "silo verify --deep --json", "silo verify --repair --wait 300")
)
def verify(
    ctx: typer.Context,
    repairs: Annotated[bool, typer.Option("--repair", help="Make what differs equal again.")] = False,
    deep: Annotated[
        bool, typer.Option("--deep", help="Make each state of its rows anew; else by what is noted of it.")
    ] = False,
    settle: Annotated[
        float, typer.Option("--settle", metavar="SECONDS", min=0, help="How long a change may be on its way.")
    ] = SETTLE_SECONDS,
    wait: Annotated[
        float, typer.Option("--wait", metavar="SECONDS", min=0, help="How long a repair may take.")
    ] = REPAIR_SECONDS,
    as_json: JsonOption = False,
) -> None:
    """Compare every replica with what its owner has. Exits with 0 only if nothing differs.

    A replica that moves while it is looked at is on its way, and counts as equal. With --repair the owners send what
    differs again, under a version newer than the one held, and what should not be there is deleted there.
    """
    access = access_of(ctx)
    with closing(Comparer(access, sorted(access.all_regions()))) as comparer:
        findings = look(comparer, is_deep=deep, settle_seconds=settle)
        if repairs and (differing := _summary(findings)):
            note(f"Repairing: {differing}.")
            repair(access, comparer, findings)
            # Only what differed is looked at again: a platform that is written to never stands still.
            findings = await_equal(comparer, findings, is_deep=deep, seconds=wait)
    _print(findings, as_json=as_json)
    if not all(finding.is_equal for finding in findings):
        _say_what_next(findings, repaired=repairs)
        # Also where something could not be compared: unknown is not equal (settled.md).
        raise typer.Exit(1)


def _print(findings: Sequence[Finding], *, as_json: bool) -> None:
    if as_json:
        equal = all(finding.is_equal for finding in findings)
        print_json({"equal": equal, "comparisons": [_finding_json(finding) for finding in findings]})
        return
    print_table(("silo", "replicas of", "equal", "what differs"), [_row(finding) for finding in findings])


def _finding_json(finding: Finding) -> dict[str, Any]:
    return {
        "silo": finding.side.holder,
        "category": finding.side.category,
        "equal": finding.is_equal,
        "differing": [
            {
                "id": each.object_id,
                "kind": each.kind,
                # 0 stands for none inside; a script should not have to know that.
                "expected_version": each.expected_version or None,
                "held_version": each.held_version or None,
            }
            for each in finding.differences
        ],
        "error": sentence_of(finding.error) if finding.error else None,
    }


def _row(finding: Finding) -> tuple[object, ...]:
    if finding.error:
        return finding.side.holder, finding.side.category, None, "not compared"
    by_kind: dict[str, list[int]] = {}
    for each in finding.differences:
        by_kind.setdefault(each.kind, []).append(each.object_id)
    details = "; ".join(f"{len(ids)} {kind}: {_listed(ids)}" for kind, ids in by_kind.items())
    return finding.side.holder, finding.side.category, finding.is_equal, details


def _listed(ids: Sequence[int]) -> str:
    more = ", …" if len(ids) > _SHOWN_IDS else ""
    return ", ".join(map(str, ids[:_SHOWN_IDS])) + more


def _summary(findings: Sequence[Finding]) -> str:
    return ", ".join(
        f"{len(finding.differences)} of {finding.side.category} in {finding.side.holder}"
        for finding in findings
        if finding.differences
    )


def _mendable(finding: Finding) -> Sequence[Difference]:
    """What a repair can mend: an organization that one side has lost is for an operator to restore or to release."""
    if owner_of(finding.side.category) is Owner.CONTROL:
        return finding.differences
    return [each for each in finding.differences if each.kind not in {Sort.LEFT_OVER, Sort.MISSING}]


def _lost(findings: Sequence[Finding], sort: Sort) -> list[int]:
    """Ids of organizations that no repair is sure to mend."""
    owned = [finding for finding in findings if owner_of(finding.side.category) is Owner.REGION]
    return [each.object_id for finding in owned for each in finding.differences if each.kind is sort]


def _say_what_next(findings: Sequence[Finding], *, repaired: bool) -> None:
    differing = _summary([replace(each, differences=_mendable(each)) for each in findings])
    if lost := _lost(findings, Sort.LEFT_OVER):
        note(
            f"Organizations that control has and no region: {_listed(lost)}. No repair brings them back: "
            "`silo org restore SLUG` makes one again, `silo org release SLUG` gives it up; `silo org list` names them."
        )
    if forgotten := _lost(findings, Sort.MISSING):
        note(
            f"Organizations that a region has and control does not: {_listed(forgotten)}. A repair sends them again. "
            "Control refuses one whose id it no longer knows to be given out: `silo org restore SLUG` takes that over."
        )
    if differing and repaired:
        note(f"Still different: {differing}. `silo outbox parked` shows what was refused, `silo status` what waits.")
    elif differing:
        note(f"Different: {differing}. `silo verify --repair` makes it equal.")
    for sentence in dict.fromkeys(sentence_of(finding.error) for finding in findings if finding.error):
        note(f"Not compared: {sentence}")
