"""What a status of an issue comes with: until when it is ignored, or in which release it is resolved.

Owns the conditions under which an issue that is ignored comes back, which are looked at with each of its events. What a
release is, nothing here knows: in which one an issue is resolved is kept and shown, and no event is compared with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from region_silo.models.issue import IssueStatus
from shared.database.columns import instant_text
from shared.database.transaction import Transaction
from shared.domain.instant import instant_json, parse_iso

# With a limit, so that an issue of a million events is looked at no further than the condition goes.
_SEEN_SINCE = "SELECT COUNT(*) FROM (SELECT 1 FROM event WHERE issue_id = ? AND occurred_at >= ? LIMIT ?) AS seen"
RESOLUTIONS = {"inNextRelease": "in_next_release", "inRelease": "in_release", "inCommit": "in_commit"}
"""How webhooks call what an issue is resolved by, by the name of the detail."""


@dataclass(frozen=True, kw_only=True)
class StatusDetails:
    """What goes with a status; nothing said is no condition, and no release."""

    in_next_release: bool = False
    in_release: str | None = None
    in_commit: Mapping[str, str] | None = None
    """``{"commit", "repository"}``."""
    ignore_until: datetime | None = None
    ignore_count: int | None = None
    """How many further events bring it back."""
    ignore_window: int | None = None
    """Minutes within which so many events must come; None: whenever."""
    ignore_user_count: int | None = None
    """How many further users do."""
    ignore_user_window: int | None = None

    @property
    def status(self) -> IssueStatus | None:
        """The only status that they may go with; None: any, since they say nothing."""
        if self.in_next_release or self.in_release or self.in_commit:
            return IssueStatus.RESOLVED
        return IssueStatus.IGNORED if self.ignore_until or self.ignore_count or self.ignore_user_count else None

    @property
    def resolution(self) -> str:
        """What webhooks call the way in which an issue is resolved by them."""
        return next((RESOLUTIONS[name] for name in self.shown() if name in RESOLUTIONS), "now")

    def shown(self) -> dict[str, Any]:
        """What the API shows of them."""
        said = {
            # Left out and not false: clients take the key for the fact.
            "inNextRelease": self.in_next_release or None,
            "inRelease": self.in_release,
            "inCommit": self.in_commit["commit"] if self.in_commit else None,
            "ignoreUntil": instant_json(self.ignore_until) if self.ignore_until else None,
            "ignoreCount": self.ignore_count,
            "ignoreWindow": self.ignore_window,
            "ignoreUserCount": self.ignore_user_count,
            "ignoreUserWindow": self.ignore_user_window,
        }
        return {name: value for name, value in said.items() if value is not None}

    def kept(self, *, times_seen: int, user_count: int) -> dict[str, Any] | None:
        """What is stored with an issue, from where it counts further too. None: nothing is said."""
        kept = self.shown()
        if self.status is IssueStatus.IGNORED:
            # "Five more" counts from here, whatever the issue had seen before.
            kept |= {"timesSeen": times_seen, "userCount": user_count}
        return kept or None


NO_DETAILS = StatusDetails()


@dataclass(frozen=True, kw_only=True)
class Snooze:
    """Until when an issue is ignored; read of what is stored with it."""

    until: datetime | None
    count: int | None
    window: int | None
    user_count: int | None
    is_user_count_in_window: bool
    times_seen: int
    """How often the issue had been seen when it was ignored; so it is with its users."""
    users_seen: int

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Self:
        return cls(
            # Read of JSON: what an earlier release stored has less in it, and counts from nothing.
            until=parse_iso(kept["ignoreUntil"]) if "ignoreUntil" in kept else None,
            count=kept.get("ignoreCount"),
            window=kept.get("ignoreWindow"),
            user_count=kept.get("ignoreUserCount"),
            is_user_count_in_window="ignoreUserWindow" in kept,
            times_seen=kept.get("timesSeen", 0),
            users_seen=kept.get("userCount", 0),
        )

    def is_over(self, tx: Transaction, issue_id: int, *, at: datetime, times_seen: int, user_count: int) -> bool:
        """Whether an event is one too many.

        Args:
            tx: the transaction that has counted it.
            issue_id: of its issue.
            at: when it came.
            times_seen: of the issue, with this event; so is ``user_count``.
            user_count: of the issue.
        """
        # By when the event came in and not by a clock: an issue wakes with an event, never alone.
        if self.until and at >= self.until:
            return True
        if self.count and times_seen - self.times_seen >= self.count and self._in_window(tx, issue_id, at=at):
            return True
        # Which users were hit within a window is known of no issue: such a condition is kept, and never met.
        is_counted = self.user_count and not self.is_user_count_in_window
        return bool(is_counted and self.user_count and user_count - self.users_seen >= self.user_count)

    def _in_window(self, tx: Transaction, issue_id: int, *, at: datetime) -> bool:
        if not self.window or not self.count:
            return True
        since = instant_text(at - timedelta(minutes=self.window))
        ((seen,),) = tx.database.rows(_SEEN_SINCE, (issue_id, since, self.count))
        return bool(seen >= self.count)


_COUNTED_FROM = frozenset({"timesSeen", "userCount"})


def shown_details(kept: Mapping[str, Any] | None) -> dict[str, Any]:
    """What the API shows of what is stored with an issue."""
    return {name: value for name, value in (kept or {}).items() if name not in _COUNTED_FROM}
