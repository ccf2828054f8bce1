"""What clients of the original insist on in a project, and what nothing here stands behind: all of it is off or empty.

Owns these fields alone. What this platform knows of a project is ``bodies.project``'s.
"""

from typing import Any, Literal

from pydantic import Field

from shared.bodies.body import Body
from shared.bodies.fields import JsonDict

Off = Literal[False]


class ProjectAvatarObject(Body):
    """The picture of a project: its initials."""

    avatar_type: Literal["letter_avatar"] = "letter_avatar"
    avatar_uuid: None = None
    avatar_url: None = None


class HighlightObject(Body):
    """What the original's page of an issue puts first."""

    tags: list[str] = Field(default_factory=list)
    context: JsonDict = Field(default_factory=dict)


class ProjectFeatures(Body):
    """What a project has received besides errors: nothing, since nothing else is kept here."""

    first_transaction_event: Off = False
    has_feedbacks: Off = False
    has_flags: Off = False
    has_insights_agent_monitoring: Off = False
    has_insights_app_start: Off = False
    has_insights_assets: Off = False
    has_insights_caches: Off = False
    has_insights_db: Off = False
    has_insights_http: Off = False
    # By hand: the generated name would be ``hasInsightsMcp``.
    has_insights_mcp: Off = Field(default=False, alias="hasInsightsMCP")
    has_insights_queues: Off = False
    has_insights_screen_load: Off = False
    has_insights_vitals: Off = False
    has_logs: Off = False
    has_minified_stack_trace: Off = False
    has_monitors: Off = False
    has_new_feedbacks: Off = False
    has_profiles: Off = False
    has_replays: Off = False
    has_sessions: Off = False
    has_trace_metrics: Off = False
    has_user_reports: Off = False
    is_bookmarked: Off = False
    latest_release: None = None


class ProjectSettings(Body):
    """How the original would treat a project's events otherwise, as a new project of its own has it."""

    allowed_domains: list[str] = Field(default_factory=lambda: ["*"])
    autofix_automation_tuning: Literal["off"] = "off"
    avatar: ProjectAvatarObject = Field(default_factory=ProjectAvatarObject)
    builtin_symbol_sources: list[str] = Field(default_factory=list)
    color: str = "#3f70bf"
    debug_files_role: None = None
    default_environment: None = None
    derived_grouping_enhancements: Literal[""] = ""
    digests_max_delay: int = 1800
    digests_min_delay: int = 300
    dynamic_sampling_biases: list[JsonDict] = Field(default_factory=list)
    enable_auto_release_creation: Off = False
    fingerprinting_rules: Literal[""] = ""
    grouping_config: str = "newstyle:2026-01-20"
    grouping_enhancements: Literal[""] = ""
    highlight_context: JsonDict = Field(default_factory=dict)
    highlight_preset: HighlightObject = Field(default_factory=HighlightObject)
    highlight_tags: list[str] = Field(default_factory=list)
    is_dynamically_sampled: Off = False
    is_internal: Off = False
    is_public: Off = False
    options: JsonDict = Field(default_factory=dict)
    processing_issues: Literal[0] = 0
    relay_pii_config: None = None
    resolve_age: Literal[0] = 0
    scm_source_context_enabled: Off = False
    scrape_java_script: Off = False
    # By hand: the generated names have one capital each.
    scrub_ip_addresses: Off = Field(default=False, alias="scrubIPAddresses")
    secondary_grouping_config: None = None
    secondary_grouping_expiry: Literal[0] = 0
    security_token: Literal[""] = ""
    security_token_header: None = None
    seer_nightshift_tweaks: None = None
    seer_scanner_automation: Off = False
    store_crash_reports: Literal[0] = 0
    subject_prefix: Literal[""] = ""
    subject_template: str = "$shortID - $title"
    symbol_sources: Literal["[]"] = "[]"
    tempest_fetch_screenshots: Off = False
    verify_ssl: Off = Field(default=False, alias="verifySSL")


def printed(settings: type[ProjectFeatures] | type[ProjectSettings]) -> dict[str, Any]:
    """The fields as they are printed, for the example of a body that has them."""
    return settings().to_json()
