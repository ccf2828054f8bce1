"""The endpoints that the silos serve, as a page of its own and as one table."""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby

from shared.http.endpoint import Endpoint

_PARAMETER = re.compile(r"{(?:sentry_)?(\w+?)(?:_id_or_slug|_id)?}")
_METHODS = ("GET", "POST", "PUT", "DELETE")
_INTRODUCTION = """\
# Endpoints

Written by `make docs` from the tables that the silos serve. Paths are below `/api/0`; `<org>`, `<app>` and
`<project>` are ids or slugs, `<issue>` is an id or a short id such as `WEB-1`. `/docs` of each silo has the bodies.

Control forwards what regions serve to the right one, so that one base URL serves any client. Outside `/api/0` there are
`/docs`, `/openapi.json`, `/healthz`, `/readyz` and `/metrics` on every silo, `/sentry-app-avatar/<ident>/` on control,
and `/api/<project>/envelope/` and `/api/<project>/store/`, where events come in.
"""


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
