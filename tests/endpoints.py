"""Which endpoint serves a request, and what of the query it reads: for tests that ask something of every endpoint."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from starlette.datastructures import QueryParams
from starlette.routing import compile_path

from shared.http.endpoint import Endpoint


def name_of(endpoint: Endpoint) -> str:
    """``GET /sentry-apps/{app_id_or_slug}/``"""
    return f"{endpoint.method} {endpoint.path}"


def unasked(endpoints: Sequence[Endpoint], requests: Iterable[tuple[str, str]]) -> set[str]:
    """The endpoints that none of the requests reaches; a request is a method and a path below ``/api/0``."""
    return {name_of(each) for each in endpoints} - {name_of(served_by(endpoints, *request)) for request in requests}


def served_by(endpoints: Sequence[Endpoint], method: str, path: str) -> Endpoint:
    bare = path.partition("?")[0]
    return next(each for each in endpoints if each.method == method and compile_path(each.path)[0].match(bare))


@contextmanager
def names_read() -> Iterator[set[str]]:
    """The names of the query's parameters that are read in this process meanwhile, by whichever endpoint."""
    names: set[str] = set()

    def noting(read: Callable[..., Any]) -> Callable[..., Any]:
        def note(query: QueryParams, name: str, *rest: Any) -> Any:
            names.add(name)
            return read(query, name, *rest)

        return note

    with pytest.MonkeyPatch.context() as patch:
        for each in ("get", "getlist", "__getitem__", "__contains__"):
            patch.setattr(QueryParams, each, noting(getattr(QueryParams, each)))
        yield names
