"""What an app says it can do, and what an organization may use.

Owns the integration features of spec §1.8 with their gates, and the rule by which an organization has a feature
(settled.md: on unless explicitly off). Refuses to know where an organization's switches are stored.
"""

import re
from collections.abc import Iterable, Mapping
from enum import IntEnum


class IntegrationFeature(IntEnum):
    """What an app declares that it does. The numbers are the wire's; 10 was never given out."""

    API = 0
    ISSUE_LINK = 1
    STACKTRACE_LINK = 2
    EVENT_HOOKS = 3
    PROJECT_MANAGEMENT = 4
    INCIDENT_MANAGEMENT = 5
    FEATURE_FLAG = 6
    ALERTS = 7
    RELEASE_MANAGEMENT = 8
    VISUALIZATION = 9
    CHAT = 11
    SESSION_REPLAY = 12

    @property
    def gate(self) -> str:
        """The feature's name on the wire; ``organizations:<gate>`` is the switch of an organization."""
        # The one whose gate is not made of its name; the original called it so before there were others.
        if self is IntegrationFeature.ALERTS:
            return "integrations-alert-rule"
        return f"integrations-{self.name.lower().replace('_', '-')}"

    @property
    def organization_feature(self) -> str:
        """The switch that an organization needs in order to use the feature."""
        return f"organizations:{self.gate}"

    def describe(self, *, app_name: str) -> str:
        """One sentence in Markdown for whoever considers installing the app."""
        return _DESCRIPTIONS[self].format(app_name=app_name)


EVENT_HOOKS_FEATURE = IntegrationFeature.EVENT_HOOKS.organization_feature
"""Needed to subscribe to ``error`` and to receive it."""

MANUAL_TOKEN_REFRESH_FEATURE = "organizations:sentry-app-manual-token-refresh"  # noqa: S105 - a name
"""Needed to exchange a JWT signed with the client secret for a token."""

MAX_FEATURE_NAME_CHARACTERS = 128
_FEATURE_NAME = re.compile(r"organizations:[a-z0-9][a-z0-9-]*")


def is_enabled(feature: str, *, switches: Mapping[str, bool]) -> bool:
    """True when an organization with these switches has the feature.

    Everything is on until switched off: known features by default, unknown ones because an unregistered flag counts
    as enabled. An explicit off holds for both.
    """
    return switches.get(feature, True)


def is_feature_name(text: str) -> bool:
    """True for the full name of a switch (``organizations:integrations-issue-link``), known or not."""
    return len(text) <= MAX_FEATURE_NAME_CHARACTERS and _FEATURE_NAME.fullmatch(text) is not None


def missing_features(features: Iterable[IntegrationFeature], *, switches: Mapping[str, bool]) -> list[str]:
    """The switches of which an organization needs one in order to install an app; empty when it may (spec §4.5)."""
    wanted = [feature.organization_feature for feature in features]
    # Any one suffices, as in the original: an app is of use by whatever part of it may be used.
    return [] if any(is_enabled(name, switches=switches) for name in wanted) else wanted


_DESCRIPTIONS: Mapping[IntegrationFeature, str] = {
    IntegrationFeature.API: "{app_name} can **utilize the Sentry API** to pull data or update resources in Sentry"
    " (with permissions granted, of course).",
    IntegrationFeature.ISSUE_LINK: "Organizations can **create or link Sentry issues** to another service.",
    IntegrationFeature.STACKTRACE_LINK: "Organizations can **open a line to Sentry's stack trace** in another service.",
    IntegrationFeature.EVENT_HOOKS: "{app_name} can **receive events** from Sentry as they happen.",
    IntegrationFeature.PROJECT_MANAGEMENT: "Organizations can **plan work** on Sentry issues in another service.",
    IntegrationFeature.INCIDENT_MANAGEMENT: "Organizations can **manage incidents** in another service.",
    IntegrationFeature.FEATURE_FLAG: "Organizations can **see feature flags** beside the issues they cause.",
    IntegrationFeature.ALERTS: "Organizations can **send alerts** from Sentry to another service.",
    IntegrationFeature.RELEASE_MANAGEMENT: "Organizations can **track releases** in another service.",
    IntegrationFeature.VISUALIZATION: "Organizations can **visualize Sentry data** in another service.",
    IntegrationFeature.CHAT: "Organizations can **talk about Sentry issues** in another service.",
    IntegrationFeature.SESSION_REPLAY: "Organizations can **replay user sessions** in another service.",
}
