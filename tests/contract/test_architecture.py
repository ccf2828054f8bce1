"""ARCHITECTURE.md speaks of what is there, and of all of it."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import control_silo.api
import control_silo.api.application
import region_silo.api
import region_silo.api.application
from shared.http.endpoint import Endpoints

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
RECIPES = ("An endpoint", "A kind", "An event", "A command", "A variable")
FOLDERS = ("protos", "shared", "control_silo", "region_silo", "tests", "docs")
ALL_PATHS = [path.as_posix() for folder in FOLDERS for path in (ROOT / folder, *(ROOT / folder).rglob("*"))]


def named_paths() -> Iterator[str]:
    """Everything between backquotes that looks like a file or a folder of ours."""
    quoted = re.findall(r"`([^`\s]+)`", TEXT) + re.findall(r"\]\(([^)\s]+)\)", TEXT)
    paths = [text for text in quoted if "/" in text.strip("/") or text.endswith((".py", ".proto", ".md"))]
    return (text for text in paths if not re.search(r"[<*…]", text) and not text.startswith(("http", "/", ".")))


def exists(path: str) -> bool:
    """Whether a file or folder is called so; what stands before it in the sentence may say where."""
    return (ROOT / path).exists() or any(each.endswith(f"/{path.rstrip('/')}") for each in ALL_PATHS)


def endpoints_in(package: ModuleType) -> Iterator[str]:
    for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        for value in vars(importlib.import_module(found.name)).values():
            if isinstance(value, Endpoints):
                yield from (f"{each.method} {each.path}" for each in value.table)


@pytest.mark.parametrize("path", sorted(set(named_paths())))
def test_every_file_that_is_named_is_there(path: str) -> None:
    assert exists(path), f"ARCHITECTURE.md names {path}"


@pytest.mark.parametrize("package", sorted(path.parent.name for path in (ROOT / "shared").glob("*/__init__.py")))
def test_the_map_has_every_package(package: str) -> None:
    assert f"`shared/{package}/`" in TEXT, f"ARCHITECTURE.md's map has no shared/{package}/"


@pytest.mark.parametrize(
    "module", sorted(path.name for path in (ROOT / "shared").glob("*.py") if path.stem != "__init__")
)
def test_the_map_has_every_module_beside_the_packages(module: str) -> None:
    assert f"`shared/{module}`" in TEXT or f", `{module}`" in TEXT, f"ARCHITECTURE.md's map has no shared/{module}"


@pytest.mark.parametrize("recipe", RECIPES)
def test_each_of_the_five_recipes_is_given(recipe: str) -> None:
    assert f"\n**{recipe}" in TEXT


@pytest.mark.parametrize("silo", [control_silo.api, region_silo.api])
def test_every_endpoint_that_is_written_is_served(silo: ModuleType) -> None:
    application = importlib.import_module(f"{silo.__name__}.application")
    served = {f"{each.method} {each.path}" for each in application.list_endpoints()}
    assert set(endpoints_in(silo)) - served == set(), f"add its module to list_endpoints of {application.__name__}"
