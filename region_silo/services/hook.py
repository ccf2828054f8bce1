"""Hooks: what an installation hears of, and where. One row per installation follows the app; see ``ServiceHook``.

Owns every write of hooks. Refuses to know whether applications and installations exist: they may arrive later.
"""

import secrets
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import peewee

from region_silo.models.hook import ServiceHook, ServiceHookProject
from region_silo.services.region import Region
from shared.database.columns import JsonField
from shared.database.locking import hold_name
from shared.database.statement import marks
from shared.database.transaction import Transaction
from shared.domain.json_field import check_characters, refusing
from shared.domain.subscription import consolidate_events
from shared.domain.webhook_url import MAX_WEBHOOK_URL_CHARACTERS, parse_url
from shared.errors import DatabaseBusy, FieldMissing, LimitReached

ROWS_PER_STATEMENT = 1000
_ATTEMPTS = 5
"""How often hooks are tried to be made beside others that are made for the same installations at once."""
_JSON = JsonField()


@dataclass(frozen=True, kw_only=True)
class Subscription:
    """What an app asks for in one organization."""

    installation_id: int
    application_id: int
    organization_id: int
    url: str
    """Empty: nothing."""
    events: tuple[str, ...]
    """Resources, and single events of others; sorted."""


@dataclass(frozen=True, kw_only=True)
class NewHook:
    """A hook to be made beside whatever hooks there are."""

    installation_id: int | None
    application_id: int | None
    actor_id: int
    organization_id: int
    url: str
    events: tuple[str, ...]
    project_ids: tuple[int, ...] = ()
    """Empty: all projects."""


def parse_hook_url(url: str, *, field: str = "url") -> str:
    """The URL itself.

    Args:
        url: as the caller gave it.
        field: where the request says so.

    Raises:
        FieldMissing: it is empty.
        ValidationFailed: it is no http or https URL of at most 512 characters.
    """
    if not url:
        raise FieldMissing.at(field, "this field is required.")
    with refusing(field):
        return parse_url(url, max_characters=MAX_WEBHOOK_URL_CHARACTERS)


def parse_events(names: Iterable[str]) -> tuple[str, ...]:
    """The names of resources and events, as a hook keeps them.

    Raises:
        ValidationFailed: a name holds a character that cannot be kept.
    """
    # By resource where all of it is named, so that the hook hears of events that the resource gets later.
    events = tuple(consolidate_events(names))
    with refusing("events"):
        for event in events:
            check_characters(event)
    return events


def create_hooks(region: Region, hooks: Sequence[NewHook]) -> list[ServiceHook]:
    """Makes the hooks in order, all or none, each confined to its projects.

    Raises:
        LimitReached: an organization would have more than it may.
        DatabaseBusy: others kept making hooks for the same installations.
    """
    # Free ordinals are looked up and then taken; a lock on installations would not help, which may not be here yet.
    for _ in range(_ATTEMPTS):
        try:
            with region.database.transaction() as tx:
                _require_room(tx, hooks, limit=region.limits.hooks)
                return [hook for some in peewee.chunked(hooks, ROWS_PER_STATEMENT) for hook in _insert(tx, some)]
        except peewee.IntegrityError:
            continue  # another transaction took an ordinal that was free
    raise DatabaseBusy


def update_hooks_of_application(
    region: Region, application_id: int, *, url: str, events: Sequence[str]
) -> list[ServiceHook]:
    """Gives every hook of the application this URL and these events; an empty URL deletes them all.

    Returns:
        What is left, in id order.
    """
    of_application = ServiceHook.application_id == application_id
    with region.database.transaction():
        if not url:
            ServiceHook.delete().where(of_application).execute()
            return []
        # Those made beside as well: the caller names an application, and no hook.
        ServiceHook.update(url=url, events=list(events)).where(of_application).execute()
        return list(ServiceHook.select().where(of_application).order_by(ServiceHook.id))


def set_hook_of_installation(region: Region, subscription: Subscription) -> list[ServiceHook]:
    """Leaves exactly one hook of the application for the installation, or none when there is no URL."""
    mine = (ServiceHook.installation_id == subscription.installation_id) & (
        ServiceHook.application_id == subscription.application_id
    )
    with region.database.transaction() as tx:
        if not subscription.url:
            # An app that listens nowhere has no hook; its projects go with it.
            ServiceHook.delete().where(mine).execute()
            return []
        reconcile_hooks(tx, [subscription], gone=[])
        return list(ServiceHook.select().where(mine))


def reconcile_hooks(tx: Transaction, subscriptions: Sequence[Subscription], *, gone: Collection[int]) -> None:
    """Makes hooks what apps ask for, in two statements.

    A hook that exists keeps its guid, its secret and its projects.

    Args:
        tx: the transaction.
        subscriptions: with a URL; no installation and application twice.
        gone: ids of installations that have no hook any more.
    """
    kept = [each.installation_id for each in subscriptions]
    if gone or kept:
        tx.database.rows(
            f"DELETE FROM service_hook WHERE installation_id IN ({marks(gone)}) "  # noqa: S608 - placeholders only
            # Further hooks, made by `CreateServiceHook`, end when the app changes: what it asks for is one hook.
            f"OR (installation_id IN ({marks(kept)}) AND ordinal > 0)",
            [*gone, *kept],
        )
    if subscriptions:
        _upsert(tx, subscriptions)


def make_silent_hook(
    tx: Transaction, *, installation_id: int, application_id: int, organization_id: int, url: str
) -> None:
    """A hook that hears of nothing, for an installation whose replica has not arrived and will bring the events.

    Leaves a hook alone that was made at the same moment.
    """
    hook = NewHook(
        installation_id=installation_id,
        application_id=application_id,
        actor_id=installation_id,
        organization_id=organization_id,
        url=url,
        events=(),
    )
    # The replica may arrive at this moment and make the hook itself; what it brings is newer than this.
    ServiceHook.insert(_row(hook, ordinal=0)).on_conflict_ignore().execute()


def hook_of_installation(installation_id: int) -> "peewee.ModelSelect[ServiceHook]":
    """The query for the hook of an installation that follows its app."""
    of_installation = ServiceHook.select().where(ServiceHook.installation_id == installation_id)
    return of_installation.order_by(ServiceHook.ordinal, ServiceHook.id).limit(1)


def _require_room(tx: Transaction, hooks: Sequence[NewHook], *, limit: int) -> None:
    # By id, so that two calls for the same organizations wait for each other in one direction.
    for organization_id, more in sorted(Counter(hook.organization_id for hook in hooks).items()):
        # Until the commit: two that counted at once would both see room for one more.
        hold_name(tx, f"hooks-of:{organization_id}")
        # Counted up to the bound and no further, however many there are.
        there = ServiceHook.select().where(ServiceHook.organization_id == organization_id).limit(limit).count()
        if there + more > limit:
            raise LimitReached(f"An organization may have at most {limit} hooks.")


def _insert(tx: Transaction, hooks: Sequence[NewHook]) -> list[ServiceHook]:
    taken = _ordinals_taken(tx, hooks)
    rows = []
    for hook in hooks:
        key = (hook.installation_id, hook.application_id)
        # A hook without an installation or an application is nobody's twin: nulls are not equal in the unique index.
        rows.append(_row(hook, ordinal=taken[key] if None not in key else 0))
        taken[key] += 1
    # By guid, since no engine promises the order in which inserted rows come back.
    made = {hook.guid: hook for hook in ServiceHook.insert_many(rows).returning(ServiceHook).execute()}
    ordered = [made[row["guid"]] for row in rows]
    projects = [
        {"service_hook": hook.id, "project_id": project_id}
        for hook, new in zip(ordered, hooks, strict=True)
        for project_id in dict.fromkeys(new.project_ids)
    ]
    for some in peewee.chunked(projects, ROWS_PER_STATEMENT):
        ServiceHookProject.insert_many(some).execute()
    return ordered


def _ordinals_taken(tx: Transaction, hooks: Sequence[NewHook]) -> Counter[tuple[int | None, int | None]]:
    """By installation and application, the first ordinal that is free."""
    ids = list({hook.installation_id for hook in hooks if hook.installation_id is not None})
    rows = tx.database.rows(
        "SELECT installation_id, application_id, MAX(ordinal) FROM service_hook "  # noqa: S608 - placeholders only
        f"WHERE installation_id IN ({marks(ids)}) GROUP BY installation_id, application_id",
        ids,
    )
    return Counter({(installation_id, application_id): last + 1 for installation_id, application_id, last in rows})


def _row(hook: NewHook, *, ordinal: int) -> dict[str, Any]:
    return {
        "guid": _new_guid(),
        "secret": _new_secret(),
        "installation_id": hook.installation_id,
        "application_id": hook.application_id,
        "ordinal": ordinal,
        "actor_id": hook.actor_id,
        "organization_id": hook.organization_id,
        # Shown, as the original has a column for one; what confines the hook is the table of its projects.
        "project_id": hook.project_ids[0] if hook.project_ids else None,
        "url": hook.url,
        "events": list(hook.events),
    }


def _upsert(tx: Transaction, subscriptions: Sequence[Subscription]) -> None:
    columns = "guid, secret, installation_id, application_id, ordinal, actor_id, organization_id, url, events"
    values = ", ".join(["(?, ?, ?, ?, 0, ?, ?, ?, ?)"] * len(subscriptions))
    tx.database.rows(
        f"INSERT INTO service_hook ({columns}) VALUES {values} "  # noqa: S608 - placeholders only
        "ON CONFLICT (installation_id, application_id, ordinal) DO UPDATE SET "
        # Neither guid nor secret: whoever kept them goes on knowing the hook.
        "organization_id = excluded.organization_id, url = excluded.url, events = excluded.events",
        [
            value
            for each in subscriptions
            for value in (
                _new_guid(),
                _new_secret(),
                each.installation_id,
                each.application_id,
                each.installation_id,
                each.organization_id,
                each.url,
                _JSON.db_value(list(each.events)),
            )
        ],
    )


def _new_guid() -> str:
    return secrets.token_hex(16)


def _new_secret() -> str:
    return secrets.token_hex(32)
