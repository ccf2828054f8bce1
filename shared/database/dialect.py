"""The two engines."""

from enum import Enum


class Dialect(Enum):
    """Which engine is behind a URL."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"
