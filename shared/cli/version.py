"""``silo --version``."""

from importlib.metadata import PackageNotFoundError, version

from shared.errors import ConfigInvalid

PACKAGE = "silo"


def version_line() -> str:
    """The package's name and the version that it was installed with.

    Raises:
        ConfigInvalid: it runs from a checkout that was not installed.
    """
    try:
        return f"{PACKAGE} {version(PACKAGE)}"
    except PackageNotFoundError as exc:
        raise ConfigInvalid("This checkout was not installed, so it has no version: `pip install -e .` does.") from exc
