"""Control's delivery: the current state of apps, installations and tokens, as the regions keep them.

Owns what a change of control's carries. When an object is gone, or the destination has lost interest in it, the change
is a tombstone. Everything is read in bulk: a handful of statements for a batch, however large.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from control_silo.models.app import SentryApp
from control_silo.models.application import ApiToken
from control_silo.models.installation import SentryAppInstallation, SentryAppInstallationToken
from control_silo.models.record import Tombstone
from control_silo.models.region import OrganizationFeature, OrganizationReplica
from control_silo.services.app_row import read_apps, read_avatars, read_components
from control_silo.services.message import app_message, component_message, installation_message
from shared.category import Category
from shared.database.model import tuples_of
from shared.domain.app_status import SentryAppStatus
from shared.domain.features import EVENT_HOOKS_FEATURE
from shared.domain.subscription import resource_of
from shared.pb.hybridcloud.replication.v1 import replica_pb2


def load(category: Category, object_ids: Sequence[int], *, destination: str) -> Iterable[replica_pb2.Change]:
    """The state of each object that ``destination`` should hold, or its tombstone. Implements ``Load``."""
    gone = set(object_ids)
    for change in _LOADERS[category](object_ids, destination):
        gone.discard(change.object_id)
        yield change
    if gone:
        buried = Tombstone.select().where(Tombstone.category == category, Tombstone.object_id.in_(gone))
        for tombstone in buried.order_by(Tombstone.object_id):
            yield replica_pb2.Change(category=category.number, object_id=tombstone.object_id, version=tombstone.version)


def list_versions(category: Category, *, destination: str) -> list[tuple[int, int]]:
    """Id and version of every object that ``destination`` should hold, in id order. Needs a session."""
    places = OrganizationReplica.select(OrganizationReplica.id).where(OrganizationReplica.region_name == destination)
    if category is Category.APP:
        return _app_versions(destination)
    live = SentryAppInstallation.date_deleted.is_null() & SentryAppInstallation.organization_id.in_(places)
    if category is Category.INSTALLATION:
        versions = SentryAppInstallation.select(SentryAppInstallation.id, SentryAppInstallation.version).where(live)
        return tuples_of(versions.order_by(SentryAppInstallation.id))
    if category is Category.TOKEN:
        alone = SentryAppInstallation.select(SentryAppInstallation.api_token).where(
            live, ~SentryAppInstallation.api_token.is_null()
        )
        linked = (
            SentryAppInstallationToken.select(SentryAppInstallationToken.api_token)
            .join(SentryAppInstallation)
            .where(live)
        )
        tokens = ApiToken.select(ApiToken.id, ApiToken.version).where(ApiToken.id.in_(alone) | ApiToken.id.in_(linked))
        return tuples_of(tokens.order_by(ApiToken.id))
    return []


def _load_apps(ids: Sequence[int], destination: str) -> Iterable[replica_pb2.Change]:
    rows = read_apps(ids, region=destination)
    wanted = [row.id for row in rows if row.is_wanted]
    components, avatars = _grouped(read_components(wanted)), _grouped(read_avatars(wanted))
    for row in rows:
        change = replica_pb2.Change(category=Category.APP.number, object_id=row.id, version=row.version)
        if row.is_wanted:
            change.app.sentry_app.CopyFrom(app_message(row, avatars=avatars[row.id], application=row.application))
            for component in components[row.id]:
                change.app.components.add(id=component.id, component=component_message(component))
        yield change


def _app_versions(region: str) -> list[tuple[int, int]]:
    places = OrganizationReplica.select(OrganizationReplica.id).where(OrganizationReplica.region_name == region)
    installed = SentryAppInstallation.select(SentryAppInstallation.sentry_app).where(
        SentryAppInstallation.organization_id.in_(places), SentryAppInstallation.date_deleted.is_null()
    )
    is_wanted = (
        (SentryApp.status == int(SentryAppStatus.PUBLISHED))
        | SentryApp.owner_id.in_(places)
        | SentryApp.id.in_(installed)
    )
    apps = SentryApp.select(SentryApp.id, SentryApp.version).where(SentryApp.date_deleted.is_null(), is_wanted)
    return tuples_of(apps.order_by(SentryApp.id))


def _load_installations(ids: Sequence[int], destination: str) -> Iterable[replica_pb2.Change]:
    rows = list(
        SentryAppInstallation.select(SentryAppInstallation, SentryApp)
        .join(SentryApp)
        .where(SentryAppInstallation.id.in_(ids))
    )
    deaf, elsewhere = _organizations_without_errors(rows), _organizations_elsewhere(destination, rows)
    for installation in rows:
        change = replica_pb2.Change(
            category=Category.INSTALLATION.number, object_id=installation.id, version=installation.version
        )
        if installation.date_deleted is None and installation.organization_id not in elsewhere:
            app = installation.sentry_app
            change.installation.installation.CopyFrom(installation_message(installation, app=None))
            change.installation.sentry_app_id = app.id
            change.installation.application_id = app.application_id or 0
            change.installation.webhook_url = app.webhook_url or ""
            is_deaf = installation.organization_id in deaf
            change.installation.events.extend(e for e in app.events if not (is_deaf and resource_of(e) == "error"))
        yield change


def _organizations_elsewhere(region: str, installations: Iterable[SentryAppInstallation]) -> set[int]:
    """Those of the installations' organizations that live in another region; one that is not known may live there."""
    rows = OrganizationReplica.select(OrganizationReplica.id).where(
        OrganizationReplica.id.in_({each.organization_id for each in installations}),
        OrganizationReplica.region_name != region,
    )
    return {row.id for row in rows}


def _organizations_without_errors(installations: Iterable[SentryAppInstallation]) -> set[int]:
    """Those whose apps hear of no errors, because the feature is switched off (spec §5.3)."""
    off = OrganizationFeature.select(OrganizationFeature.organization_id).where(
        OrganizationFeature.organization_id.in_({each.organization_id for each in installations}),
        OrganizationFeature.feature == EVENT_HOOKS_FEATURE,
        ~OrganizationFeature.is_enabled,
    )
    return {row.organization_id for row in off}


def _load_tokens(ids: Sequence[int], destination: str) -> Iterable[replica_pb2.Change]:
    installed = _installations_of_tokens(ids)
    elsewhere = _organizations_elsewhere(destination, (installation for installation, _ in installed.values()))
    for token in ApiToken.select().where(ApiToken.id.in_(ids)):
        change = replica_pb2.Change(category=Category.TOKEN.number, object_id=token.id, version=token.version)
        installation, is_internal = installed.get(token.id, (None, False))
        if installation and installation.organization_id not in elsewhere:
            change.token.CopyFrom(_token_state(token, installation, is_internal=is_internal))
        yield change


def _installations_of_tokens(ids: Sequence[int]) -> dict[int, tuple[SentryAppInstallation, bool]]:
    """By token id: the live installation that it acts for, and whether it is an internal app's."""
    found: dict[int, tuple[SentryAppInstallation, bool]] = {}
    live = SentryAppInstallation.date_deleted.is_null()
    for installation in SentryAppInstallation.select().where(SentryAppInstallation.api_token.in_(ids), live):
        found[installation.api_token_id or 0] = (installation, False)
    links = (
        SentryAppInstallationToken.select(SentryAppInstallationToken, SentryAppInstallation)
        .join(SentryAppInstallation)
        .where(SentryAppInstallationToken.api_token.in_(ids), live)
    )
    for link in links:
        found[link.api_token_id] = (link.sentry_app_installation, True)
    return found


def _token_state(token: ApiToken, installation: SentryAppInstallation, *, is_internal: bool) -> replica_pb2.TokenState:
    return replica_pb2.TokenState(
        token_hash=token.token_hash,
        application_id=token.application_id or 0,
        user_id=token.user_id,
        installation_id=installation.id,
        organization_id=installation.organization_id,
        scopes=token.scope_list,
        expires_at=int(token.expires_at.timestamp()) if token.expires_at else 0,
        is_internal=is_internal,
    )


def _grouped(rows: Iterable[Any]) -> Mapping[int, list[Any]]:
    grouped: defaultdict[int, list[Any]] = defaultdict(list)
    for row in rows:
        grouped[row.sentry_app_id].append(row)
    return grouped


_LOADERS: Mapping[Category, Callable[[Sequence[int], str], Iterable[replica_pb2.Change]]] = {
    Category.APP: _load_apps,
    Category.INSTALLATION: _load_installations,
    Category.TOKEN: _load_tokens,
}
