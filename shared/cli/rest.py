"""Control's REST API as the commands use it. Owns turning its refusals into the error tree, with its own sentence."""

import contextlib
import ipaddress
import re
from collections.abc import Iterator, Mapping
from typing import Any, Self
from urllib.parse import quote, urlsplit

import httpx

from shared import errors
from shared.cli.access import Access
from shared.http.credentials import SESSION_COOKIE
from shared.http.errors import STATUSES
from shared.outgoing.trust import authorities, problem_of

TIMEOUT_SECONDS = 30.0

_FAMILIES: Mapping[int, type[errors.SiloError]] = {
    status: family for family, status in STATUSES.items() if family.__base__ is errors.SiloError
}
"""The one table from families to statuses, read the other way."""


_SENTENCES = {"detail", "error"}
"""Keys of an answer that hold a sentence; the others are names of fields."""


_LISTINGS: Mapping[str, str] = {
    errors.AppNotFound().message: "silo app list",
    errors.OrganizationNotFound().message: "silo org list",
    "Organization '": "silo org list",
    "No region is registered": "silo region list",
}
"""How sentences about what was not found begin, and which command shows what could be."""


# What a header can carry: anything else would fail in the library, with its words.
_TOKEN = re.compile(r"[\x21-\x7e]+")


class RestClient:
    """Calls under ``/api/0`` of one silo; a context manager."""

    def __init__(self, base_url: str, *, token: str | None = None, session: str | None = None) -> None:
        """Args:
        base_url: of control, or of a region.
        token: API token; None calls without one.
        session: key of a browser session; None calls without one.
        """
        self._base_url = base_url
        self._client = httpx.Client(
            base_url=f"{base_url}/api/0",
            headers={"Authorization": f"Bearer {token}"} if token else {},
            cookies={SESSION_COOKIE: session} if session else {},
            timeout=TIMEOUT_SECONDS,
            verify=authorities() if base_url.startswith("https:") else False,
            trust_env=not is_loopback(base_url),  # a proxy meant for the web must not capture loopback
        )

    def get(self, path: str, *, params: Mapping[str, str] | None = None) -> Any:
        return self.send("GET", path, params=params)

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        return self.send("POST", path, body=body)

    def put(self, path: str, body: Mapping[str, Any]) -> Any:
        return self.send("PUT", path, body=body)

    def delete(self, path: str) -> Any:
        return self.send("DELETE", path)

    def pages(self, path: str, *, params: Mapping[str, str] | None = None) -> Iterator[Any]:
        """Every item of a list, page after page."""
        cursor: dict[str, str] = {}
        while True:
            answer = self._answer("GET", path, params={**(params or {}), **cursor})
            yield from self._parsed(answer)
            following = answer.links.get("next", {})
            # The header names a next page also where there is none (clients.md).
            if following.get("results") != "true":
                return
            cursor = {"cursor": following["cursor"]}

    def send(
        self, method: str, path: str, *, body: Mapping[str, Any] | None = None, params: Mapping[str, str] | None = None
    ) -> Any:
        """The JSON of the answer; None when it has no body.

        Raises:
            SiloUnreachable: nothing answers there.
            SiloError: the family that the status belongs to, with the sentence of the answer.
        """
        answer = self._answer(method, path, body=body, params=params)
        return self._parsed(answer) if answer.content else None

    @contextlib.contextmanager
    def lines(
        self, path: str, *, params: Mapping[str, str], headers: Mapping[str, str], silence_seconds: float
    ) -> Iterator[Iterator[str]]:
        """The lines of an answer as they come.

        Raises:
            SiloUnreachable: nothing answers there, or it broke off.
            DeadlineExceeded: nothing came for so many seconds.
            SiloError: the family that the status belongs to, with the sentence of the answer.
        """
        timeout = httpx.Timeout(TIMEOUT_SECONDS, read=silence_seconds)
        request = self._client.build_request("GET", path, params=params, headers=headers, timeout=timeout)
        with self._reaching():
            answer = self._client.send(request, stream=True)
        try:
            with self._reaching():
                if not answer.is_success:
                    answer.read()
                    raise _refusal(answer)
                yield answer.iter_lines()
        finally:
            answer.close()

    def _answer(
        self, method: str, path: str, *, body: Mapping[str, Any] | None = None, params: Mapping[str, str] | None = None
    ) -> httpx.Response:
        with self._reaching():
            answer = self._client.request(method, path, json=body, params=params)
        if not answer.is_success:
            raise _refusal(answer)
        return answer

    @contextlib.contextmanager
    def _reaching(self) -> Iterator[None]:
        try:
            yield
        except httpx.TimeoutException as exc:
            raise errors.DeadlineExceeded(f"{self._base_url} did not answer in time.") from exc
        except httpx.TransportError as exc:
            if problem := problem_of(exc):
                raise errors.SiloUnreachable(
                    f"{self._base_url} cannot be trusted: {problem}. SSL_CERT_FILE names the authorities to believe."
                ) from exc
            raise errors.SiloUnreachable(
                f"Nothing answers at {self._base_url}. Is the platform running? `silo up` starts it."
            ) from exc

    def _parsed(self, answer: httpx.Response) -> Any:
        try:
            return answer.json()
        except ValueError as exc:
            raise errors.Internal(f"{self._base_url} does not answer as control does: is it another server?") from exc

    def close(self) -> None:
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


def segment(name: str) -> str:
    """What people typed, as one part of a path; whatever they typed, it stays one.

    Raises:
        ConfigInvalid: it would be none, or several.
    """
    # A server in between resolves dots, and the call would be another one.
    if name in {"", ".", ".."} or "/" in name:
        raise errors.ConfigInvalid(f"{name!r} is neither a slug nor an id.")
    return quote(name, safe="")


def is_loopback(url: str) -> bool:
    """Whether a URL leads to this machine, where no proxy is asked."""
    host = urlsplit(url).hostname or ""
    try:
        # By name and number alone: looking it up could ask the very network that a proxy stands before.
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def connect(access: Access) -> RestClient:
    """Control's API.

    Raises:
        ConfigInvalid: no token is known.
    """
    if not access.token:
        raise errors.ConfigInvalid(
            "Name a token with --token or SILO_TOKEN: `migrate --bootstrap` of control prints a superuser's."
        )
    # Most often a newline at its end, of a file that was read.
    if not _TOKEN.fullmatch(access.token):
        raise errors.ConfigInvalid("--token takes an API token: letters and digits, without blanks.")
    return RestClient(access.control_http, token=access.token)


def connect_session(access: Access) -> RestClient:
    """Control's API, in a browser session: what it keeps to people, no token may do.

    Raises:
        ConfigInvalid: no session is known.
    """
    if not access.session:
        raise errors.ConfigInvalid(
            f"Set SILO_SESSION to the value of the cookie {SESSION_COOKIE}: no token may do this. "
            "POST /api/0/auth/ with HTTP Basic gives a session."
        )
    return RestClient(access.control_http, session=access.session)


def _refusal(answer: httpx.Response) -> errors.SiloError:
    # A status that control does not answer with: somebody else is speaking.
    family = _FAMILIES.get(answer.status_code, errors.Internal)
    said = _json_of(answer)
    facts = {"status": str(answer.status_code), "silent": "false" if said else "true"}
    if not isinstance(said, Mapping):
        sentence = " ".join(_texts(said)) if said else f"{answer.request.url} was answered with {answer.status_code}."
        return family(sentence, metadata=facts)
    fields = {str(name): _texts(texts) for name, texts in said.items() if name not in _SENTENCES | {"context"}}
    sentence = " ".join(text for name in sorted(_SENTENCES) for text in _texts(said.get(name, [])))
    return family(f"{sentence}{_whereto(sentence)}" or family().message, fields=fields, metadata=facts)


def _whereto(sentence: str) -> str:
    """How the sentence goes on for someone at a terminal; nothing when no command lists what was looked for."""
    listing = next((listing for beginning, listing in _LISTINGS.items() if sentence.startswith(beginning)), None)
    stop = "" if sentence.endswith(".") else "."
    return f"{stop} `{listing}` shows which there are." if listing else ""


def _json_of(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None


def _texts(said: Any) -> list[str]:
    return [str(text) for text in said] if isinstance(said, list) else [str(said)]
