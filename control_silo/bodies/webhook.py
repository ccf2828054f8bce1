"""The ``data`` of what control tells apps: of their installations (spec §5.2)."""

from collections.abc import Mapping
from types import MappingProxyType

from shared.bodies.body import Body
from shared.bodies.installation import InstallationObject
from shared.domain.event import AppEvent


class InstallationHook(Body):
    """An app was installed, or uninstalled."""

    installation: InstallationObject


HOOKS: Mapping[AppEvent, type[Body]] = MappingProxyType(
    {AppEvent.INSTALLATION_CREATED: InstallationHook, AppEvent.INSTALLATION_DELETED: InstallationHook}
)
"""By event."""
