"""A walk through endpoints: a table of calls, in which later ones use what earlier ones were answered.

Every answer is checked against what the table says of it and against the silo's own documentation.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from jsonschema import Draft202012Validator

from control_silo.api.application import list_endpoints
from shared.http.application import PREFIX
from shared.http.credentials import SESSION_COOKIE
from shared.http.endpoint import EventStream
from tests.e2e.silo_up import NotYet, eventually

SIGNED_IN = "signed_in"
"""Name under which a walk keeps the session that an answer starts."""
PATIENCE_SECONDS = 10.0


@dataclass(frozen=True)
class Step:
    """One call, and what is answered. Texts may name what was kept: ``{code}``."""

    who: str
    method: str
    path: str
    """As the documentation has it, below ``/api/0``; its parameters are names of what was kept."""
    status: int
    says: Any = None
    """A part of the answer: of an object some keys, of a list some items; a type stands for any value of it."""
    body: Any = None
    query: str = ""
    keep: Mapping[str, str] = field(default_factory=dict)
    """Places in the answer (``0.id``) by the name under which later calls know them."""
    is_awaited: bool = False
    """Whether the answer becomes so only once something has been delivered."""

    @property
    def operation(self) -> tuple[str, str]:
        return self.method, PREFIX + self.path

    def __str__(self) -> str:
        return f"{self.who}: {self.method} {self.path}{self.query}"


class Walk:
    """What is known on the way, and who goes there."""

    def __init__(self, url: str, *, callers: Mapping[str, Mapping[str, str]], known: Mapping[str, str]) -> None:
        self._client = httpx.Client(base_url=url, timeout=30, trust_env=False)
        self._callers = callers
        self.known = dict(known)
        self.document: dict[str, Any] = self._client.get("/openapi.json").json()

    @property
    def operations(self) -> set[tuple[str, str]]:
        """Method and path of everything that control serves itself; what it forwards is walked elsewhere."""
        return {(each.method, PREFIX + each.path) for each in list_endpoints()}

    def ask(self, who: str, method: str, path: str, body: Any = None, **known: str) -> httpx.Response:
        """A whole path; it and the body may name what was kept, or what is given here instead."""
        headers, path, body = (_filled(each, self.known | known) for each in (self._callers[who], path, body))
        answer = self._client.request(method, path, headers=headers, json=body)
        if SESSION_COOKIE in answer.cookies:
            self.known[SIGNED_IN] = answer.cookies[SESSION_COOKIE]
        self._client.cookies.clear()  # who asks next says so
        return answer

    def close(self) -> None:
        self._client.close()

    def go(self, steps: Iterable[Step]) -> list[int]:
        """Takes step by step, and answers the statuses; fails at the first answer that is not as its step says."""
        statuses = []
        for step in steps:
            if step.is_awaited:
                self._await(step)
            statuses.append(self._take(step))
        return statuses

    def _take(self, step: Step) -> int:
        answer = self._ask(step)
        assert answer.status_code == step.status, f"{step}: {answer.status_code} {answer.text}"
        assert self._is_told(step, answer), f"{step}: {answer.text}"
        self._check_documented(step, answer)
        for name, place in step.keep.items():
            self.known[name] = str(_at(answer.json(), place))
        return answer.status_code

    def _await(self, step: Step) -> None:
        """Returns once the answer is as it should be; when it never is, taking the step says what it was instead."""
        try:
            eventually(lambda: self._is_told(step, self._ask(step)), within_seconds=PATIENCE_SECONDS)
        except NotYet:
            return

    def _ask(self, step: Step) -> httpx.Response:
        return self.ask(step.who, step.method, PREFIX + step.path + step.query, step.body)

    def _is_told(self, step: Step, answer: httpx.Response) -> bool:
        return step.says is None or holds(answer.json(), _filled(step.says, self.known))

    def _check_documented(self, step: Step, answer: httpx.Response) -> None:
        """The body has the shape that the documentation gives it, and lists have their pages."""
        operation = self.document["paths"][PREFIX + step.path][step.method.lower()]
        responses = operation["responses"]
        content = responses.get(str(step.status), responses["default"]).get("content")
        if content is None:
            assert answer.content == b"", f"{step}: {answer.text}"
            return
        if EventStream.media_type in content:
            return
        shape = {**content["application/json"]["schema"], "components": self.document["components"]}
        Draft202012Validator(shape).validate(answer.json())
        assert "link" in answer.headers or not isinstance(answer.json(), list), step


def holds(value: Any, part: Any) -> bool:
    """Whether a part is in a value, as ``Step.says`` means it."""
    if isinstance(part, type):
        return isinstance(value, part)
    if isinstance(part, dict):
        return isinstance(value, dict) and all(key in value and holds(value[key], part[key]) for key in part)
    if isinstance(part, list):
        if not isinstance(value, list) or (not part and value):
            return False
        return all(any(holds(item, wanted) for item in value) for wanted in part)
    return bool(value == part)


def _filled(template: Any, known: Mapping[str, str]) -> Any:
    if isinstance(template, str):
        return template.format_map(known)
    if isinstance(template, Mapping):
        return {key: _filled(value, known) for key, value in template.items()}
    if isinstance(template, list):
        return [_filled(item, known) for item in template]
    return template


def _at(body: Any, place: str) -> Any:
    for key in place.split("."):
        body = body[int(key) if key.isdecimal() else key]
    return body
