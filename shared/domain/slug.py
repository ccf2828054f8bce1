"""Slugs: how a name becomes one, and which texts are one.

Owns the rules of spec §2.2 and §4.5. Refuses to know which slugs are taken, and makes no randomness of its own: the
caller passes it.
"""

import hashlib
import re
import unicodedata
from collections.abc import Callable
from typing import TypeAlias

MAX_SLUG_CHARACTERS = 64
UUID_CHARACTERS_IN_SLUG = 6
MAX_NAME_CHARACTERS = MAX_SLUG_CHARACTERS - UUID_CHARACTERS_IN_SLUG - 1
"""Longest name of an app: its slug and an internal app's suffix must fit into a slug."""

NUMERIC_SUFFIX_CHARACTERS = 4
NUMERIC_SUFFIX_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"
"""Where the characters after a purely numeric slug come from."""

MAX_ORGANIZATION_SLUG_CHARACTERS = 50

SLUG_ERROR = (
    "Enter a valid slug consisting of lowercase letters, numbers, underscores or hyphens. "
    "It cannot be entirely numeric."
)
ORGANIZATION_SLUG_ERROR = (
    "Enter a valid slug consisting of lowercase letters, numbers or hyphens. "
    "It cannot be entirely numeric, start or end with a hyphen, or be longer than 50 characters."
)

RandomText: TypeAlias = Callable[[int], str]
"""Answers that many random characters of `NUMERIC_SUFFIX_ALPHABET`."""

# Never digits alone: a path takes an id or a slug in the same place.
_SLUG = re.compile(r"(?![0-9]+\Z)[a-z0-9_-]+")
_ORGANIZATION_SLUG = re.compile(r"(?![0-9]+\Z)[a-z0-9]+(?:-+[a-z0-9]+)*")
_EMPTY_SLUG_DIGEST_CHARACTERS = 8


def slugify_name(name: str, *, random_text: RandomText) -> str:
    """A valid slug of at most `MAX_NAME_CHARACTERS` for any name.

    Accents are dropped (``Café`` → ``cafe``). A purely numeric slug gets a random suffix, since ids and slugs share
    their place in paths. A name that leaves nothing (``日本語``) gets ``app-`` and a digest of the name: the same name
    then gives the same slug, so two such apps collide exactly when two apps with Latin names would.
    """
    # Cut and then trimmed: a cut may leave a hyphen at the end.
    slug = _latin_slug(name)[:MAX_NAME_CHARACTERS].rstrip("-_")
    if not slug:
        return f"app-{_digest(name)}"
    if slug.isdigit():
        room = MAX_NAME_CHARACTERS - NUMERIC_SUFFIX_CHARACTERS - 1
        # Random and not counted: two organizations that call a project 42 must not be told apart by who was first.
        return f"{slug[:room]}-{random_text(NUMERIC_SUFFIX_CHARACTERS)}"
    return slug


def internal_slug(slug: str, *, uuid_text: str) -> str:
    """The slug of an internal app: never shared with another organization's app of the same name.

    Args:
        slug: what `slugify_name` made.
        uuid_text: a fresh uuid4 as text; its first six characters are used.
    """
    # The suffix keeps internal apps of one name in two organizations apart; cut, so that both still are a slug.
    return f"{slug[:MAX_NAME_CHARACTERS]}-{uuid_text[:UUID_CHARACTERS_IN_SLUG]}"


def is_valid_slug(text: str) -> bool:
    """True for an app's or project's slug; `SLUG_ERROR` says what is wrong with any other text."""
    return len(text) <= MAX_SLUG_CHARACTERS and _SLUG.fullmatch(text) is not None


def is_valid_organization_slug(text: str) -> bool:
    """True for an organization's slug, which may also stand in a host name; see `ORGANIZATION_SLUG_ERROR`."""
    return len(text) <= MAX_ORGANIZATION_SLUG_CHARACTERS and _ORGANIZATION_SLUG.fullmatch(text) is not None


def _latin_slug(name: str) -> str:
    # Decomposed, an accented letter is a letter and an accent; of those only the letter is ASCII.
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii").lower()
    words = re.sub(r"[^a-z0-9_\s-]", "", ascii_name)
    return re.sub(r"[\s-]+", "-", words).strip("-_")


def _digest(name: str) -> str:
    # The same name in two spellings of Unicode is one name.
    canonical = unicodedata.normalize("NFKC", name).casefold()
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()[:_EMPTY_SLUG_DIGEST_CHARACTERS]
