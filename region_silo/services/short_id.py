"""Short ids of issues: ``WEB-1``, ``WEB-2A``. Owns their form, which is the original's; knows no table.

The project's slug in upper case and the issue's number in base 32 without the letters that are taken for digits.
"""

import re
from dataclasses import dataclass

_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
# Crockford's alphabet: I, L and O are read as the digits that people mean by them.
_VALUES = {digit: value for value, digit in enumerate(_DIGITS)} | {"O": 0, "I": 1, "L": 1}
_SHORT_ID = re.compile(r"([A-Z0-9_-]{1,64})-([0-9A-TV-Z]{1,12})", re.ASCII)


@dataclass(frozen=True)
class ShortId:
    """Which issue of which project."""

    project_slug: str
    number: int
    """Positive."""

    def __str__(self) -> str:
        return f"{self.project_slug.upper()}-{_base32(self.number)}"


def parse_short_id(text: str) -> ShortId | None:
    """A short id in any case, letters read as the digits that they are taken for; None for any other text.

    >>> str(parse_short_id("web-O1L"))
    'WEB-11'
    """
    match = _SHORT_ID.fullmatch(text.upper())
    if match is None:
        return None
    number = 0
    for letter in match[2]:
        number = number * len(_DIGITS) + _VALUES[letter]
    # Numbers begin with one, so that ``WEB-0`` is no issue's.
    return ShortId(match[1].lower(), number) if number else None


def _base32(number: int) -> str:
    digits = ""
    while number:
        number, value = divmod(number, len(_DIGITS))
        digits = _DIGITS[value] + digits
    return digits or _DIGITS[0]
