"""What is installed is what was locked: every dependency, each by hash, from no particular place."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[3]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
BUILD, RUNTIME = PROJECT["build-system"]["requires"], PROJECT["project"]["dependencies"]
DEV = PROJECT["project"]["optional-dependencies"]["dev"]
WANTED = {"build": BUILD, "runtime": RUNTIME, "dev": [*RUNTIME, *DEV]}
PINNED = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>\S+)(?: ; .*)? \\(?P<rest>(?:\n    .*)+)", re.MULTILINE)


SHA = "--hash=sha256:"


def text_of(lock: str) -> str:
    return (ROOT / "requirements" / f"{lock}.txt").read_text("utf-8")


def pins(lock: str) -> Mapping[str, str]:
    return {canonicalize_name(found["name"]): found["version"] for found in PINNED.finditer(text_of(lock))}


def unmet(requirements: Iterable[str], locked: Mapping[str, str]) -> list[str]:
    parsed = map(Requirement, requirements)
    return [str(each) for each in parsed if not each.specifier.contains(locked.get(canonicalize_name(each.name), "0"))]


@pytest.mark.parametrize("lock", WANTED)
def test_every_dependency_is_locked_in_a_version_that_is_wanted(lock: str) -> None:
    assert unmet(WANTED[lock], pins(lock)) == [], "run `make lock`"


@pytest.mark.parametrize("lock", WANTED)
def test_everything_that_is_locked_has_hashes(lock: str) -> None:
    lines = [line for line in text_of(lock).splitlines() if line and not line.startswith((" ", "#"))]
    assert lines == [found[0].partition("\n")[0] for found in PINNED.finditer(text_of(lock)) if SHA in found["rest"]]


@pytest.mark.parametrize("lock", WANTED)
def test_a_lock_names_no_place_to_install_from(lock: str) -> None:
    assert not re.search(r"://|^\s*--?(?:i|f|index|extra|find|trusted)|@ ", text_of(lock), re.MULTILINE)


def test_what_runs_and_what_is_tested_are_the_same_versions() -> None:
    assert pins("runtime").items() <= pins("dev").items()


DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
INSTALLS = re.compile(r"(?:pip install|\$INTO_SILO) (?P<options>[^\n&]*)")


def test_what_an_image_runs_is_installed_by_its_hash_or_was_built_there() -> None:
    options = [found["options"] for found in INSTALLS.finditer(DOCKERFILE)]
    assert len(options) == 3
    assert [each for each in options if not {"--require-hashes", "--no-index"} & set(each.split())] == []


def test_an_image_is_made_of_the_product_alone() -> None:
    lines = re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE, re.MULTILINE)
    code = {"shared", "control_silo", "region_silo", "simulator"}
    about = {"pyproject.toml", "README.md", "LICENSE", "requirements/build.txt", "requirements/runtime.txt"}
    assert {source for line in lines for source in line.split()} == code | about
