"""What every error of the tree is: a sentence, a machine's name for the fact, and the facts that go with it.

Owns how a class of ``shared/errors.py`` comes by its name and its sentence. Refuses to know which classes there are and
what an edge makes of them.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar

Fields = Mapping[str, Sequence[str]]  # What is wrong with each input field; order is kept.


class SiloError(Exception):
    """Something went wrong."""

    reason: ClassVar[str] = "SILO_ERROR"  # Machine name of the fact, from the class's; part of the public contract.
    by_reason: ClassVar[dict[str, type["SiloError"]]] = {}  # Every class of the tree below this one.

    def __init__(
        self, message: str | None = None, *, metadata: Mapping[str, str] | None = None, fields: Fields | None = None
    ) -> None:
        """Args:
        message: one sentence for a person; the class docstring when absent.
        metadata: machine-readable facts (``{"slug": "acme"}``); never secrets.
        fields: for validation failures.
        """
        self.message = message if message is not None else (type(self).__doc__ or "").strip().splitlines()[0]
        self.metadata: dict[str, str] = dict(metadata or {})
        self.fields: dict[str, list[str]] = {name: list(texts) for name, texts in (fields or {}).items()}
        super().__init__(self.message)

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.reason = "".join(f"_{c}" if c.isupper() and i else c for i, c in enumerate(cls.__name__)).upper()
        cls.by_reason[cls.reason] = cls
