"""Which endpoint serves a request: for tests that ask of every endpoint whether a table has it."""

from collections.abc import Iterable, Sequence

from starlette.routing import compile_path

from shared.http.endpoint import Endpoint


def name_of(endpoint: Endpoint) -> str:
    """``GET /sentry-apps/{app_id_or_slug}/``"""
    return f"{endpoint.method} {endpoint.path}"


def unasked(endpoints: Sequence[Endpoint], requests: Iterable[tuple[str, str]]) -> set[str]:
    """The endpoints that none of the requests reaches; a request is a method and a path below ``/api/0``."""
    return {name_of(each) for each in endpoints} - {_served_by(endpoints, *request) for request in requests}


def _served_by(endpoints: Sequence[Endpoint], method: str, path: str) -> str:
    bare = path.partition("?")[0]
    found = (each for each in endpoints if each.method == method and compile_path(each.path)[0].match(bare))
    return name_of(next(found))
