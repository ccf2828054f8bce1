"""What is the database's alone: its dialects, its drivers' private parts, and who may write."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
MODULES = sorted(
    path.relative_to(ROOT)
    for silo in ("shared", "control_silo", "region_silo")
    for path in (ROOT / silo).rglob("*.py")
    if "pb" not in path.parts and "migrations" not in path.parts
)
OF_DIALECTS = ("shared/database/", "shared/outbox/")
OF_DRIVERS = ("shared/database/",)
OF_ONE_ENGINE = re.compile(r"FOR UPDATE|FOR SHARE|SKIP LOCKED|LOCK TABLE|\bANY\(|\?::\w|\bpg_\w|\bsqlite_\w|\bPRAGMA\b")
PRIVATE = {"_meta", "_schema", "_database", "_state", "_pool", "__data__", "__rel__", "pgconn", "pgresult", "peewee"}
USERS_OF_DRIVERS = {"peewee", "psycopg", "shared.database.database", "shared.database.model"}
WRITES = {"create", "save", "delete_instance", "insert_many", "bulk_create", "insert", "update", "delete"}
WRITTEN = re.compile(r"\s*(INSERT|UPDATE|DELETE)\b")


def outside(*homes: str) -> dict[Path, ast.Module]:
    return {path: ast.parse((ROOT / path).read_text()) for path in MODULES if not str(path).startswith(homes)}


def test_no_other_module_knows_which_engine_it_runs_on() -> None:
    assert not [
        f"{path}: {ast.unparse(node)}"
        for path, tree in outside(*OF_DIALECTS).items()
        for node in ast.walk(tree)
        if {"dialect", "Dialect"} & {getattr(node, key, None) for key in ("id", "attr", "name")}
    ]


def test_no_other_module_writes_what_one_engine_alone_understands() -> None:
    assert not [
        f"{path}: {node.value}"
        for path, tree in outside(*OF_DIALECTS).items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and OF_ONE_ENGINE.search(node.value)
    ]


def test_no_other_module_reaches_for_private_parts_of_peewee_or_psycopg() -> None:
    assert not [
        f"{path}: {ast.unparse(node)}"
        for path, tree in outside(*OF_DRIVERS).items()
        if imports(tree) & USERS_OF_DRIVERS
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in PRIVATE and ast.unparse(node.value) not in {"self", "cls"}
    ]


def test_whoever_writes_takes_a_transaction_or_opens_one() -> None:
    assert not [
        f"{path}: {function.name}: {ast.unparse(node)}"
        for path, tree in outside(*OF_DRIVERS).items()
        for function in functions(tree)
        for node in ast.walk(function)
        if is_write(node) and not holds_transaction(function)
    ]


def imports(tree: ast.Module) -> set[str]:
    found = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    return found | {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef]:
    """Outermost ones: what is inside may use what they hold; methods of a value that has a ``tx`` hold that."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef):
            yield node
        elif not (isinstance(node, ast.ClassDef) and has_transaction(node)):
            yield from functions(node)


def has_transaction(node: ast.ClassDef) -> bool:
    return any(isinstance(each, ast.AnnAssign) and ast.unparse(each.target) == "tx" for each in node.body)


def holds_transaction(function: ast.FunctionDef) -> bool:
    arguments = [argument.arg for argument in (*function.args.args, *function.args.kwonlyargs)]
    opened = (node.attr for node in ast.walk(function) if isinstance(node, ast.Attribute))
    return "tx" in arguments or "transaction" in opened


def is_write(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    if node.func.attr == "rows":
        return any(isinstance(each, ast.Constant) and WRITTEN.match(str(each.value)) for each in ast.walk(node))
    if node.func.attr == "execute":
        return any(isinstance(each, ast.Attribute) and each.attr in WRITES for each in ast.walk(node.func))
    is_of_row = node.func.attr in {"save", "delete_instance"}
    return is_of_row or (node.func.attr == "create" and ast.unparse(node.func.value)[:1].isupper())
