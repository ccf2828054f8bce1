"""SECURITY.md states nothing that no test holds."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "SECURITY.md").read_text("utf-8")
STATED, _, _ = TEXT.partition("## What is not so yet")
STATEMENTS = re.findall(r"^\* .*(?:\n  .*)*", STATED, re.MULTILINE)
PROOF = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")

SENTENCE_ENDS = re.compile(r"(?<=[.!?])\s+(?=[A-Z(`])")


@cache
def names_in(file: str) -> set[str]:
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def title(statement: str) -> str:
    return statement.splitlines()[0][2:50]


@pytest.mark.parametrize("statement", STATEMENTS, ids=title)
def test_every_statement_names_the_tests_that_hold_it(statement: str) -> None:
    proofs = PROOF.findall(statement)
    assert proofs, "add a `Proof:` to it, or move it to what is not so yet"
    assert [name for file, name in proofs if name not in names_in(file)] == []


@pytest.mark.parametrize("statement", STATEMENTS, ids=title)
def test_every_statement_names_as_many_tests_as_it_has_sentences(statement: str) -> None:
    words = " ".join(statement.partition("Proof:")[0].replace("**", "").split())
    sentences = SENTENCE_ENDS.split(words)
    assert len(PROOF.findall(statement)) >= len(sentences), sentences


def test_it_says_how_to_report_a_fault() -> None:
    section = TEXT.partition("## Reporting a fault\n")[2].partition("##")[0]
    assert "in private" in section


def test_a_statement_is_a_point_of_a_list() -> None:
    outside = re.sub(r"^\* .*(?:\n  .*)*", "", STATED, flags=re.MULTILINE)
    assert "Proof:" not in outside
