"""Writes the tables of endpoints, from the tables that the silos serve: ``docs/endpoints.md`` and a part of README.md.

python -m docs.generate             write
python -m docs.generate --check     exit 1 and name what is stale
"""

import argparse
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path

from control_silo.api.application import list_endpoints as list_of_control
from region_silo.api.application import list_endpoints as list_of_region
from shared.http.endpoint import Endpoint

ROOT = Path(__file__).resolve().parent.parent
BEGIN, END = "<!-- endpoints: written by `make endpoints` -->", "<!-- end of endpoints -->"

_PARAMETER = re.compile(r"{(?:sentry_)?(\w+?)(?:_id_or_slug|_id)?}")
_METHODS = ("GET", "POST", "PUT", "DELETE")
_INTRODUCTION = """\
# Endpoints

Written by `make endpoints` from the tables that the silos serve. Paths are below `/api/0`; `<org>`, `<app>` and
`<project>` are ids or slugs, `<issue>` is an id or a short id such as `WEB-1`. `/docs` of each silo has the bodies.

Control forwards what regions serve to the right one, so that one base URL serves any client. Outside `/api/0` there are
`/docs`, `/openapi.json`, `/healthz` and `/metrics` on every silo, `/sentry-app-avatar/<ident>/` on control, and
`/api/<project>/envelope/` and `/api/<project>/store/`, where events come in.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns the exit code: 0 done or current, 1 stale."""
    parser = argparse.ArgumentParser(prog="python -m docs.generate", description="Writes the tables of endpoints.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 and name the files that are stale")
    is_check = parser.parse_args(arguments).check
    wanted = generate()
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text("utf-8") != text]
    for path in stale:
        if is_check:
            print(f"stale: {path.relative_to(ROOT)}", file=sys.stderr)
        else:
            path.write_text(wanted[path], "utf-8")
    if is_check and stale:
        print("Run `make endpoints` and commit what it writes.", file=sys.stderr)
    return 1 if is_check and stale else 0


def generate() -> dict[Path, str]:
    """The whole text of each file that holds something written here, by its path."""
    readme = ROOT / "README.md"
    return {
        ROOT / "docs" / "endpoints.md": render_page({"Control": list_of_control(), "Regions": list_of_region()}),
        readme: insert(render_summary(list_of_control(), list_of_region()), into=readme.read_text("utf-8")),
    }


def render_page(silos: Mapping[str, Iterable[Endpoint]]) -> str:
    """Every method of every path with what it does, by silo and tag."""
    lines = [_INTRODUCTION]
    for silo, endpoints in silos.items():
        lines.append(f"## {silo}\n")
        for tag, group in groupby(sorted(endpoints, key=lambda each: each.tag), key=lambda each: each.tag):
            rows = [f"| {each.method} | `{path_of(each)}` | {_sentence(each)} |" for each in group]
            lines += [f"### {tag}\n", "| method | path | what it does |", "|---|---|---|", *rows, ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def render_summary(control: Iterable[Endpoint], region: Iterable[Endpoint]) -> str:
    """One row for each path: its methods, and who serves it."""
    here, there = _methods(control), _methods(region)
    rows = {
        **{path: (methods, "regions") for path, methods in there.items()},
        **{path: (methods, "control and regions" if path in there else "control") for path, methods in here.items()},
    }
    lines = [f"| `{path}` | {methods} | {silos} |" for path, (methods, silos) in sorted(rows.items())]
    return "\n".join(["| path below `/api/0` | methods | served by |", "|---|---|---|", *lines])


def insert(table: str, *, into: str) -> str:
    """The text with the table between its two marks.

    Raises:
        ValueError: a mark is missing.
    """
    before, begin, rest = into.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"README.md must hold the lines {BEGIN} and {END}.")
    return f"{before}{BEGIN}\n{table}\n{END}{after}"


def path_of(endpoint: Endpoint) -> str:
    """``/sentry-apps/<app>/``: the same word for the same thing on both silos."""
    return _PARAMETER.sub(lambda match: f"<{'org' if match[1] == 'organization' else match[1]}>", endpoint.path)


def _methods(endpoints: Iterable[Endpoint]) -> dict[str, str]:
    """The methods of each path."""
    methods: dict[str, set[str]] = {}
    for each in endpoints:
        methods.setdefault(path_of(each), set()).add(each.method)
    return {path: " ".join(_in_order(found)) for path, found in methods.items()}


def _in_order(methods: set[str]) -> Iterator[str]:
    return (method for method in (*_METHODS, *sorted(methods - set(_METHODS))) if method in methods)


def _sentence(endpoint: Endpoint) -> str:
    text = " ".join((endpoint.function.__doc__ or "").split())
    return text.partition(". ")[0].rstrip(".").replace("|", "\\|") + "."


if __name__ == "__main__":
    sys.exit(main())
