"""Webhook events: the resources an app subscribes to and the events each stands for.

Owns the lists and rules of spec §2.1 and the names that the request log accepts (§5.6). Refuses to know payloads,
hooks and deliveries. An event is ``resource.action``; a subscription names resources and is stored expanded.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

_STEPS = ("root_cause", "solution", "coding", "triage", "impact_assessment", "iteration")

_ACTIONS: Mapping[str, tuple[str, ...]] = {
    "issue": ("assigned", "created", "ignored", "resolved", "unresolved"),
    "error": ("created",),
    "comment": ("created", "deleted", "updated"),
    "seer": (*(f"{step}_{phase}" for step in _STEPS for phase in ("started", "completed")), "pr_created"),
    "size_analysis": ("completed",),
}

EVENTS_BY_RESOURCE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {resource: tuple(f"{resource}.{action}" for action in actions) for resource, actions in _ACTIONS.items()}
)
"""The resources that an app may subscribe to, each with its events."""

RESOURCES = tuple(EVENTS_BY_RESOURCE)
"""The resources that an app may subscribe to."""

ALL_EVENTS = frozenset(event for events in EVENTS_BY_RESOURCE.values() for event in events)
"""Every event that a subscription can stand for."""

REQUIRED_SCOPES: Mapping[str, str] = MappingProxyType(
    {
        "issue": "event:read",
        "error": "event:read",
        "comment": "event:read",
        "seer": "event:read",
        "project": "project:read",
        "size_analysis": "project:read",
        "member": "member:read",
        "organization": "org:read",
        "team": "team:read",
    }
)
"""The scope that an app needs before it may hear of a resource."""

INSTALLATION_EVENTS = frozenset({"installation.created", "installation.deleted"})
"""Events that are sent to every app, subscribed or not, and logged in control; all others are logged in regions."""

REQUEST_LOG_EVENTS = (
    ALL_EVENTS
    | INSTALLATION_EVENTS
    | {
        "event_alert.triggered",
        "external_issue.created",
        "external_issue.linked",
        "select_options.requested",
        "metric_alert.open",
        "metric_alert.resolved",
        "metric_alert.critical",
        "metric_alert.warning",
        "alert_rule_action.requested",
        "alert_rule_action.error",
    }
)
"""Every event name that the request log accepts."""

_RESOURCE_BY_EVENT = {event: resource for resource, events in EVENTS_BY_RESOURCE.items() for event in events}


def expand_events(names: Iterable[str]) -> list[str]:
    """The events that the named resources stand for, sorted, each once; other names pass through.

    >>> expand_events(["comment", "unrelated"])
    ['comment.created', 'comment.deleted', 'comment.updated', 'unrelated']
    """
    return sorted({event for name in names for event in EVENTS_BY_RESOURCE.get(name, (name,))})


def consolidate_events(events: Iterable[str]) -> list[str]:
    """The resources of which at least one event is present, sorted, each once; unknown events count for nothing.

    >>> consolidate_events(["issue.created", "issue.ignored", "unrelated"])
    ['issue']
    """
    return sorted({_RESOURCE_BY_EVENT[event] for event in events if event in _RESOURCE_BY_EVENT})


def resource_of(event: str) -> str | None:
    """The resource that one subscribes to in order to hear of ``event``; None when there is none (alerts)."""
    return _RESOURCE_BY_EVENT.get(event)


def is_subscribed(app_events: Iterable[str], event: str) -> bool:
    """True when ``app_events`` (expanded) hold any event of the resource of ``event``.

    The match is on the resource, so an app hears of actions that were added after it subscribed.
    """
    resource = resource_of(event)
    return resource is not None and resource in consolidate_events(app_events)


def invalid_resources(names: Iterable[str]) -> list[str]:
    """The names that cannot be subscribed to, in the order given, each once."""
    return [name for name in dict.fromkeys(names) if name not in EVENTS_BY_RESOURCE]


def unmet_scope_texts(names: Iterable[str], *, scopes: Iterable[str]) -> list[str]:
    """One sentence for each resource or event whose required scope is not among ``scopes`` (closed), in order.

    >>> unmet_scope_texts(["issue"], scopes=["project:read"])
    ['issue webhooks require the event:read permission.']
    """
    held = set(scopes)
    resources = dict.fromkeys(resource_of(name) or name for name in names)
    needed = [(resource, REQUIRED_SCOPES[resource]) for resource in resources if resource in REQUIRED_SCOPES]
    return [f"{resource} webhooks require the {scope} permission." for resource, scope in needed if scope not in held]
