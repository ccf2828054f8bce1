"""The projects that an installation's hook is confined to."""

from collections.abc import Sequence
from typing import Annotated, ClassVar, Self

from pydantic import ConfigDict, Field, PlainValidator, WithJsonSchema

from region_silo.models.hook import ServiceHookProject
from region_silo.services.hook_project import parse_project_identifiers
from shared.bodies.body import Body, shown_by


class ServiceHookProjectObject(Body):
    """A project that an installation's hook is confined to."""

    model_config: ClassVar[ConfigDict] = shown_by({"id": "1", "project_id": "1025"})

    id: str
    project_id: str = Field(alias="project_id")

    @classmethod
    def of(cls, row: ServiceHookProject) -> Self:
        return cls(id=str(row.id), project_id=str(row.project_id))


class ServiceHookProjectsBody(Body):
    """The projects to confine to: all by their slugs, or all by their ids."""

    model_config: ClassVar[ConfigDict] = shown_by({"projects": ["web", "api"]})

    projects: Annotated[
        Sequence[int | str],
        PlainValidator(parse_project_identifiers),
        WithJsonSchema(
            {"anyOf": [{"type": "array", "items": {"type": name}, "minItems": 1} for name in ("string", "integer")]}
        ),
    ]
