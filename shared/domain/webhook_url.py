"""Which texts are addresses that the platform may call or send a person to.

Owns the form of a URL (spec §4.2). Refuses to know whether it answers and whether its address is private: that is
decided when it is called.
"""

import re
from urllib.parse import urlsplit

from shared.domain.address import DEFAULT_PORTS
from shared.domain.json_field import FieldInvalid, parse_text
from shared.domain.json_value import JsonValue

MAX_WEBHOOK_URL_CHARACTERS = 512
MAX_REDIRECT_URL_CHARACTERS = 2048

URL_SCHEME_ERROR = "URL must start with http[s]://"
URL_ERROR = "Enter a valid URL."

_UNSAFE = re.compile(r"[\x00-\x20\x7f-\xa0\\<>\"`{}|^]")
_HOST = re.compile(r"\[[0-9a-fA-F:.]+\]|(?:[\w-]+\.)*[\w-]+\.?")


def parse_url(value: JsonValue, *, max_characters: int) -> str:
    """An absolute http or https URL, or the empty string.

    Hosts without a dot are fine: in a container network they are how services are called.

    Raises:
        FieldInvalid: not a string, another scheme, no host, a bad port, or a character that URLs may not hold.
    """
    text = parse_text(value, max_characters=max_characters)
    if text and not text.startswith("http"):
        raise FieldInvalid(URL_SCHEME_ERROR)
    if text and not _is_url(text):
        raise FieldInvalid(URL_ERROR)
    return text


def without_credentials(url: str) -> str:
    """The address without a user and a password.

    >>> without_credentials("https://me:secret@app.example/hook?a=1")
    'https://app.example/hook?a=1'
    """
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def origin_of(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port: who reads what is sent there.

    >>> origin_of("https://me@App.example/hook") == origin_of("https://app.example:443")
    True
    """
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or DEFAULT_PORTS.get(parts.scheme)


def _is_url(text: str) -> bool:
    if _UNSAFE.search(text):
        return False
    try:
        parts = urlsplit(text)
        host = parts.netloc.rpartition("@")[2]
        name = host if parts.port is None else host.removesuffix(f":{parts.port}")
    except ValueError:  # an unclosed bracket, a port that is no number
        return False
    return parts.scheme in {"http", "https"} and _HOST.fullmatch(name.removesuffix(":")) is not None
