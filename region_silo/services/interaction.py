"""How often people look at apps and use their components (spec §6): counting by the hour, and reading as a series.

Owns what is counted under which name, and the series' form. Refuses to know who may read it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from region_silo.models.interaction import InteractionHour
from region_silo.services.region import Region
from shared.domain.app_error import client_error
from shared.domain.period import HOUR_SECONDS, Period
from shared.pb.hybridcloud.apps.v1 import app_pb2

FIELD_ERROR = "The tsdbField must be one of: sentry_app_viewed, sentry_app_component_interacted"
COMPONENT_TYPES = ("stacktrace-link", "issue-link")
"""Types of components whose use is counted."""
COMPONENT_ERROR = f"The field componentType is required and must be one of {list(COMPONENT_TYPES)}"


class TsdbField(StrEnum):
    """What is counted, by the original's names."""

    VIEWED = "sentry_app_viewed"
    INTERACTED = "sentry_app_component_interacted"


@dataclass(frozen=True, kw_only=True)
class Interaction:
    """Something that a person did."""

    field: TsdbField
    subject: str
    """The app's id, or ``<slug>:<type>`` of a component."""


Counts = Sequence[tuple[int, int]]
"""Start of an interval, and how often."""


def parse_interaction(app: app_pb2.RpcSentryApp, *, tsdb_field: object, component_type: object) -> Interaction:
    """Raises:
    AppError: the client's fault, with the text that says which field.
    """
    if tsdb_field == TsdbField.VIEWED:
        return Interaction(field=TsdbField.VIEWED, subject=str(app.id))
    if tsdb_field != TsdbField.INTERACTED:
        raise client_error(FIELD_ERROR)
    if component_type not in COMPONENT_TYPES:
        raise client_error(COMPONENT_ERROR)
    return Interaction(field=TsdbField.INTERACTED, subject=f"{app.slug}:{component_type}")


def record_interaction(region: Region, interaction: Interaction) -> None:
    """Counts once, now."""
    now = int(region.clock.now().timestamp())
    region.database.write(
        "INSERT INTO interaction_hour (tsdb_field, subject, hour_at, count) VALUES (?, ?, ?, 1) "
        "ON CONFLICT (tsdb_field, subject, hour_at) DO UPDATE SET count = interaction_hour.count + 1",
        # By the hour: the finest step that the statistics are shown in.
        (interaction.field.value, interaction.subject, now - now % HOUR_SECONDS),
    )


def count_views(app: app_pb2.RpcSentryApp, period: Period) -> Counts:
    """How often the app was looked at, one point per interval. Needs a session."""
    return _counts(TsdbField.VIEWED, [str(app.id)], period)[str(app.id)]


def count_interactions(
    app: app_pb2.RpcSentryApp, component_types: Iterable[str], period: Period
) -> Mapping[str, Counts]:
    """By type, how often the app's component was used, one point per interval. Needs a session."""
    subjects = {name: f"{app.slug}:{name}" for name in component_types}
    counts = _counts(TsdbField.INTERACTED, list(subjects.values()), period)
    return {name: counts[subject] for name, subject in subjects.items()}


def _counts(field: TsdbField, subjects: Sequence[str], period: Period) -> dict[str, Counts]:
    hours = InteractionHour.select().where(
        (InteractionHour.tsdb_field == field.value)
        & InteractionHour.subject.in_(list(subjects))
        & InteractionHour.hour_at.between(period.first, period.end - 1)
    )
    starts = range(period.first, period.end, period.interval_seconds)
    # Every interval has its point, also where nothing was counted: charts draw what they are given.
    totals: dict[str, dict[int, int]] = {subject: dict.fromkeys(starts, 0) for subject in subjects}
    for hour in hours:
        # Intervals begin at multiples of their length, so that two charts of one length have the same steps.
        totals[hour.subject][hour.hour_at - hour.hour_at % period.interval_seconds] += hour.count
    return {subject: list(points.items()) for subject, points in totals.items()}
