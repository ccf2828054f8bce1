"""How often apps are installed (spec §6)."""

from typing import Annotated, ClassVar, Self

from pydantic import ConfigDict, Field

from control_silo.bodies.app_part import avatar_object
from control_silo.services.install_stats import InstalledApp, InstallStats
from shared.bodies.avatar import AvatarObject
from shared.bodies.body import Body, shown_by

Point = Annotated[list[int], Field(min_length=2, max_length=2)]
"""Start of an interval in Unix seconds, and a count."""


class AppStatsObject(Body):
    """How often an app is installed, and when that was."""

    model_config: ClassVar[ConfigDict] = shown_by(
        {
            "totalInstalls": 3,
            "totalUninstalls": 0,
            "installStats": [[1893452400, 0], [1893456000, 1]],
            "uninstallStats": [[1893452400, 0], [1893456000, 0]],
        }
    )

    total_installs: int = Field(ge=0, description="Whenever they were made.")
    total_uninstalls: int = Field(ge=0, description="Zero: what was removed counts nowhere.")
    install_stats: list[Point] = Field(description="Within the period, by the start of the interval.")
    uninstall_stats: list[Point]

    @classmethod
    def of(cls, stats: InstallStats) -> Self:
        """An app's installations, as they were counted."""
        return cls(
            total_installs=stats.total,
            total_uninstalls=0,
            install_stats=[[start, count] for start, count in stats.series],
            uninstall_stats=[[start, 0] for start, _ in stats.series],
        )


class AppInstallsObject(Body):
    """An app, and how often it is installed."""

    model_config: ClassVar[ConfigDict] = shown_by(
        {
            "id": 1,
            "uuid": "7a485448-a9e2-4c85-8a3c-4f44175783c9",
            "slug": "acme-kanban",
            "name": "Acme Kanban",
            "installs": 3,
            "avatars": [],
        }
    )

    id: int
    uuid: str
    slug: str
    name: str
    installs: int = Field(ge=0)
    avatars: list[AvatarObject]

    @classmethod
    def of(cls, app: InstalledApp, *, base_url: str) -> Self:
        """An app in the list of the most installed; its pictures lie below ``base_url``."""
        return cls(
            id=app.id,
            uuid=app.uuid,
            slug=app.slug,
            name=app.name,
            installs=app.installs,
            avatars=[avatar_object(avatar, base_url=base_url) for avatar in app.avatars],
        )
