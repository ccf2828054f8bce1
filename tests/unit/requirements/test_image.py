"""What goes into the image is written in three places, each of which is read by another program."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[3]
COPIED = {
    source
    for line in re.findall(r"^COPY (?!--from)(.*)$", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    for source in line.split()[:-1]
}


def test_what_the_image_copies_is_let_through_to_its_builder() -> None:
    let_through = set(re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(), flags=re.MULTILINE))
    assert {source.split("/")[0] for source in COPIED} == let_through


def test_every_package_is_copied_into_the_image() -> None:
    found = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]["find"]["include"]
    assert {name.rstrip("*") for name in found} <= COPIED
