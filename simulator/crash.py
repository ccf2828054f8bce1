"""Death between any two steps: a fuse that is lit for some of them, and what it does when it has burnt down."""

from collections.abc import Callable
from dataclasses import dataclass


class Crash(BaseException):
    """A silo's process is dead. No error that anything in it may handle; whoever called it hears nothing more."""

    def __init__(self, life: "Life") -> None:
        super().__init__(f"{life.silo} died")
        self.life = life


@dataclass(eq=False)
class Life:
    """One process of a silo, from its start to its death."""

    silo: str
    is_over: bool = False

    def check(self) -> None:
        """Raises:
        Crash: it is over, and what still runs of it must end.
        """
        if self.is_over:
            raise Crash(self)


@dataclass
class Fuse:
    """Counts steps of all silos; whoever takes the last one dies."""

    left: int = 0
    """0: it is not lit."""
    tell: Callable[[str], None] = lambda line: None
    deaths: int = 0
    """How many died of it."""

    def burn(self, life: Life, where: str) -> None:
        """One more step of a process.

        Raises:
            Crash: it was its last one, or it is dead already.
        """
        life.check()
        if not self.left:
            return
        self.left -= 1
        if not self.left:
            self.deaths += 1
            self.tell(f"{life.silo} dies {where}")
            life.is_over = True
            raise Crash(life)
