"""Endpoints as values: a method, a path, a function and what its documentation needs.

Owns the table from which the application, its OpenAPI document and the README's list are made. A module of endpoints
makes one ``Endpoints`` and decorates its functions; refuses to know what they do.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from pydantic import BaseModel
from starlette.responses import Response

from shared.http.request import body_class_of

Function: TypeAlias = Callable[..., Response]
Shape: TypeAlias = Any
"""A pydantic model, or a list of one: what a JSON body looks like; None for an empty one."""


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A query parameter, for the documentation; endpoints read their queries themselves."""

    name: str
    description: str
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """One method of one path."""

    method: str
    path: str
    """Below ``/api/0``, with a slash at both ends."""
    function: Function
    answers: Mapping[int, Shape]
    """Shape of the body by status; the first is the usual one."""
    body: type[BaseModel] | None
    parameters: tuple[Parameter, ...]
    tag: str
    takes_large_body: bool = False
    """Whether bodies may be larger than elsewhere: a picture is among their fields."""


class Endpoints:
    """The endpoints of one noun."""

    def __init__(self, tag: str) -> None:
        self._tag = tag
        self.table: list[Endpoint] = []

    def add(
        self,
        method: str,
        path: str,
        *,
        answers: Mapping[int, Shape],
        body: type[BaseModel] | None = None,
        parameters: Iterable[Parameter] = (),
        takes_large_body: bool = False,
    ) -> Callable[[Function], Function]:
        """Decorates the function that serves ``method path``."""

        def decorate(function: Function) -> Function:
            self.table.append(
                Endpoint(
                    method=method,
                    path=path,
                    function=function,
                    answers=answers,
                    body=body_class_of(function) or body,
                    parameters=tuple(parameters),
                    tag=self._tag,
                    takes_large_body=takes_large_body,
                )
            )
            return function

        return decorate


PAGE_PARAMETERS = (
    Parameter(
        name="per_page",
        description="Items on a page.",
        schema={"type": "integer", "minimum": 1, "maximum": 100, "default": 100},
    ),
    Parameter(
        name="cursor",
        description="`<limit>:<page>:<is_prev>`, such as `100:1:0`, as the `Link` header gives it.",
        schema={"type": "string", "pattern": r"^\d+:\d+:[01]$"},
    ),
)
"""Of every list."""
