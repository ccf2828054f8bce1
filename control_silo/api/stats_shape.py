"""How installations are counted in JSON, for the documentation. Checks nothing."""

from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from control_silo.api.app_shape import AvatarObject

Point = Annotated[list[int], Field(min_length=2, max_length=2)]
"""Start of an interval in Unix seconds, and a count."""


class AppStatsObject(BaseModel):
    """How often an app is installed, and when that was."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "totalInstalls": 3,
                    "totalUninstalls": 0,
                    "installStats": [[1893452400, 0], [1893456000, 1]],
                    "uninstallStats": [[1893452400, 0], [1893456000, 0]],
                }
            ]
        }
    )

    totalInstalls: int = Field(ge=0, description="Whenever they were made.")  # noqa: N815
    totalUninstalls: int = Field(ge=0, description="Zero: what was removed counts nowhere.")  # noqa: N815
    installStats: list[Point] = Field(description="Within the period, by the start of the interval.")  # noqa: N815
    uninstallStats: list[Point]  # noqa: N815


class AppInstallsObject(BaseModel):
    """An app, and how often it is installed."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": 1,
                    "uuid": "7a485448-a9e2-4c85-8a3c-4f44175783c9",
                    "slug": "acme-kanban",
                    "name": "Acme Kanban",
                    "installs": 3,
                    "avatars": [],
                }
            ]
        }
    )

    id: int
    uuid: str
    slug: str
    name: str
    installs: int = Field(ge=0)
    avatars: list[AvatarObject]
