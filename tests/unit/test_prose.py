"""What docstrings of the product have in common."""

import ast
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
MODULES = [
    path.relative_to(ROOT)
    for package in ("control_silo", "region_silo", "shared", "simulator")
    for path in (ROOT / package).rglob("*.py")
    if "pb" not in path.relative_to(ROOT).parts
]
FRAGMENT = re.compile(r'^\s*r?"""(Of|As) .*', re.MULTILINE)


def test_no_docstring_begins_in_the_middle_of_a_sentence() -> None:
    assert not [
        f"{path}: {found[0].strip()}" for path in MODULES for found in FRAGMENT.finditer((ROOT / path).read_text())
    ]


def test_no_docstring_is_left_behind_by_what_it_described() -> None:
    assert not [f"{path}:{line}" for path in MODULES for line in _left_behind(ast.parse((ROOT / path).read_text()))]


def _left_behind(tree: ast.Module) -> Iterator[int]:
    """Lines of texts that stand neither first in their block nor right below a value."""
    for node in ast.walk(tree):
        block = node.body if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) else []
        for before, each in itertools.pairwise(block):
            if isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant) and each.value.value is not ...:
                is_value = isinstance(before, ast.Assign | ast.AnnAssign)
                if not is_value or each.lineno != (before.end_lineno or 0) + 1:
                    yield each.lineno
