"""A process's configuration as one class with one field a variable.

A field says everything about its variable: the name is its ``validation_alias``, the meaning its docstring, form and
unit its type, the default its default. Reading, what is refused, and README's table follow from it. Owns how problems
are told. Refuses to know which variables there are.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from shared.errors import ConfigInvalid

_FOLLOWS_FROM_ANOTHER = "default_factory_not_called"
"""What pydantic calls a default that is made of a value that is not valid: that one is reported already."""


@dataclass(frozen=True)
class Shown:
    """How documentation puts a default that is not itself what an operator would write."""

    default: str


@dataclass(frozen=True)
class Unit:
    """What a number counts."""

    name: str


class Sentence(ValueError):
    """A problem that is told in a sentence of its own, without the variable's name before it."""


class Settings(BaseSettings):
    """One process's configuration; a value, made of a field's own values or ``from_environment``."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="ignore",
        arbitrary_types_allowed=True,
        populate_by_name=True,
        use_attribute_docstrings=True,
        # An error's text would show what it complains of, and that may be a secret.
        hide_input_in_errors=True,
    )

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource, *_: Any, **__: Any
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        # The environment is a parameter: what this process happens to have in its own must not reach a value that
        # a test or a command makes.
        return (init_settings,)

    @classmethod
    def variables(cls) -> dict[str, FieldInfo]:
        """The fields by the names of their variables, in order."""
        return {str(field.validation_alias): field for field in cls.model_fields.values()}

    @classmethod
    def from_environment(cls, variables: Mapping[str, str]) -> Self:
        """Reads the variables; an empty one is unset.

        Raises:
            ConfigInvalid: with every problem found. No value of a secret is shown.
        """
        given = {name: variables[name] for name in cls.variables() if variables.get(name)}
        settings: Self | None = None
        problems: list[str] = []
        try:
            settings = cls.model_validate(given)
        except ValidationError as exc:
            problems += _sentences(exc)
        problems += cls.problems_between(variables)
        # Raised out here, so that no traceback leads to pydantic's error, which holds the values.
        if settings is None or problems:
            raise ConfigInvalid(" ".join(problems))
        return settings

    @classmethod
    def problems_between(cls, variables: Mapping[str, str]) -> Iterator[str]:
        """What is wrong with variables that are right one by one."""
        yield from ()


def _sentences(exc: ValidationError) -> Iterator[str]:
    for error in exc.errors(include_url=False, include_input=False):
        name = error["loc"][0]
        if error["type"] == "missing":
            yield f"{name} is required."
        elif error["type"] != _FOLLOWS_FROM_ANOTHER:
            cause = error["ctx"]["error"]
            yield str(cause) if isinstance(cause, Sentence) else f"{name}{_joint(str(cause))}{cause}"


def _joint(problem: str) -> str:
    return "" if problem.startswith(":") else " "
