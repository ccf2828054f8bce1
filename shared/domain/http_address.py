"""How a silo says where its HTTP is reached: ``host:port``, or a base URL where that is not plain http."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SiloAddress:
    """A silo and the base URL of its HTTP."""

    name: str
    url: str


def registered_address(advertised: str) -> str:
    """What a silo tells others of where its HTTP is: plain http needs no URL.

    >>> registered_address("http://127.0.0.1:8001/")
    '127.0.0.1:8001'
    >>> registered_address("http://us.silo.example")
    'us.silo.example:80'
    """
    if not advertised.startswith("http://"):
        return advertised.rstrip("/")
    place = advertised.removeprefix("http://").rstrip("/")
    return place if place.rpartition(":")[2].isdecimal() else f"{place}:80"


def base_url(http_address: str) -> str:
    """The base URL, without a slash at its end.

    >>> base_url("127.0.0.1:8001")
    'http://127.0.0.1:8001'
    >>> base_url("https://us.silo.example/")
    'https://us.silo.example'
    """
    url = http_address if "://" in http_address else f"http://{http_address}"
    return url.rstrip("/")
