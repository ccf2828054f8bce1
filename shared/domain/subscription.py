"""Subscriptions: the resources that an app asks to hear of, each of which stands for its events (spec §2.1).

A subscription is stored as it was asked for, resources and single events, and expanded when it is read: so whoever has
a resource hears of the events that it gets later. What events there are is ``shared.domain.event``'s.
"""

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType

from shared.domain.event import AppEvent, Told

REQUIRED_SCOPES: Mapping[str, str] = MappingProxyType(
    {
        "issue": "event:read",
        "error": "event:read",
        "comment": "event:read",
        "seer": "event:read",
        "project": "project:read",
        "preprod_artifact": "project:read",
        "size_analysis": "project:read",
        "member": "member:read",
        "organization": "org:read",
        "team": "team:read",
    }
)
"""The scope that an app needs before it may hear of a resource, as the original has it: also of some that no event is
of."""

_SUBSCRIBABLE = [event for event in AppEvent if event.row.told is Told.SUBSCRIBERS]
# Without what cannot be asked for alone, which whoever has the resource hears of all the same.
_NAMED = [event for event in _SUBSCRIBABLE if event.row.is_named]

EVENTS_BY_RESOURCE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        resource: tuple(event.value for event in _NAMED if event.resource == resource)
        for resource in dict.fromkeys(event.resource for event in _NAMED)
    }
)
"""The resources that an app may subscribe to, each with its events."""
RESOURCES = tuple(EVENTS_BY_RESOURCE)
"""The resources that an app may subscribe to."""
ALL_EVENTS = frozenset(event.value for event in _NAMED)
"""Every event that a subscription can stand for."""
_TOLD = frozenset(event.value for event in _SUBSCRIBABLE)


def expand_events(names: Iterable[str]) -> list[str]:
    """The events that a subscription stands for, sorted, each once; names that are no resource's pass through.

    >>> expand_events(["comment", "unrelated"])
    ['comment.created', 'comment.deleted', 'comment.updated', 'unrelated']
    """
    # A name that is no resource stands for itself, known or not: what was stored once is never dropped by reading.
    return sorted({event for name in names for event in EVENTS_BY_RESOURCE.get(name, (name,))})


def consolidate_events(names: Iterable[str]) -> list[str]:
    """A subscription as it is stored and shown: each resource that is named or has all its events here, and the rest.

    >>> consolidate_events(["comment.created", "comment.deleted", "comment.updated", "issue.created", "unrelated"])
    ['comment', 'issue.created', 'unrelated']
    """
    # Who names every event of a resource means the resource: the original tells them of no difference either.
    events = set(expand_events(names))
    whole = [resource for resource, all_of_it in EVENTS_BY_RESOURCE.items() if events.issuperset(all_of_it)]
    return sorted([*whole, *(events - set(expand_events(whole)))])


def resource_of(event: str) -> str | None:
    """The resource that one subscribes to in order to hear of ``event``; None when there is none (alerts)."""
    return event.partition(".")[0] if event in _TOLD else None


def is_subscribed(names: Collection[str], event: str) -> bool:
    """True when a subscription, as it is stored, names the event or its resource.

    So whoever hears of a resource hears also of what no subscription names.
    """
    resource = resource_of(event)
    return resource is not None and (event in names or resource in names)


def invalid_subscriptions(names: Iterable[str]) -> list[str]:
    """The names that cannot be subscribed to, neither a resource nor an event of one, in the order given, each once."""
    return [name for name in dict.fromkeys(names) if name not in EVENTS_BY_RESOURCE and name not in ALL_EVENTS]


def unmet_scope_texts(names: Iterable[str], *, scopes: Iterable[str]) -> list[str]:
    """One sentence for each resource or event whose required scope is not among ``scopes`` (closed), in order.

    >>> unmet_scope_texts(["issue"], scopes=["project:read"])
    ['issue webhooks require the event:read permission.']
    """
    held = set(scopes)
    # Each resource once, in the order in which they were asked for: its sentence is told once.
    resources = dict.fromkeys(resource_of(name) or name for name in names)
    needed = [(resource, REQUIRED_SCOPES[resource]) for resource in resources if resource in REQUIRED_SCOPES]
    return [f"{resource} webhooks require the {scope} permission." for resource, scope in needed if scope not in held]
