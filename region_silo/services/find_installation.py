"""Looking installations up in the replicas, each with its app, in one statement.

A tombstone of an installation says that it is gone: installations never move. An installation is answered without its
app while that, or the app's credential, has not arrived. Every function opens a session of its own, where what
is kept in the process does not tell.
"""

from collections.abc import Sequence
from typing import Any

from region_silo.services.find_app import whole_app
from region_silo.services.held import NotHeld, held_rows, require_local
from region_silo.services.installation_filter import matching_clauses
from shared.database.database import Database
from shared.domain.app_status import SentryAppInstallationStatus
from shared.pb.hybridcloud.apps.v1 import component_pb2, installation_pb2
from shared.pb.hybridcloud.replication.v1 import replica_pb2

_INSTALLED = int(SentryAppInstallationStatus.INSTALLED)
_WITH_APPS = """
    FROM installation_replica AS installation
    LEFT JOIN app_replica AS app ON app.id = installation.sentry_app_id AND NOT app.tombstone
    LEFT JOIN credential_replica AS credential ON credential.id = app.id"""

Installation = installation_pb2.RpcSentryAppInstallation
Context = component_pb2.RpcSentryAppComponentContext


def find_installed(database: Database, installation_id: int) -> Installation | None:
    """The installation with an id; None when it is gone or its status is not ``installed``.

    Raises:
        NotHeld: nothing is known of it here.
    """
    statement = f"""
        SELECT installation.status, installation.tombstone, installation.state, app.state, credential.state
        {_WITH_APPS} WHERE installation.id = ?"""
    # Three answers in one row: none is "not held", a tombstone "gone", and the status tells the rest.
    rows = held_rows(database, statement, (installation_id,))
    if not rows:
        raise NotHeld
    status, is_tombstone, *states = rows[0]
    return None if is_tombstone or status != _INSTALLED else _installation(*states)


def installed_in(database: Database, organization_id: int) -> list[Installation]:
    """The installations of an organization whose status is ``installed``, in id order.

    Raises:
        NotHeld: the organization lives elsewhere.
    """
    require_local(database, organization_id)
    condition = "installation.organization_id = ? AND installation.status = ?"
    return _installations(database, condition, (organization_id, _INSTALLED))


def get_newest_installation(database: Database, app_id: int, *, organization_id: int) -> Installation:
    """The newest installation of an app in an organization, of any status.

    Raises:
        NotHeld: none is known here.
    """
    condition = "installation.organization_id = ? AND installation.sentry_app_id = ?"
    found = _installations(database, condition, (organization_id, app_id))
    if not found:
        raise NotHeld
    return found[-1]


def get_installation_of_proxy_user(database: Database, user_id: int, *, organization_id: int) -> Installation:
    """The newest installation, in an organization, of the app that acts as a user.

    Raises:
        NotHeld: none is known here.
    """
    # By the app's replica: an installation does not say as whom its app acts.
    condition = "installation.organization_id = ? AND app.proxy_user_id = ?"
    found = _installations(database, condition, (organization_id, user_id))
    if not found:
        raise NotHeld
    return found[-1]


def installations_matching(
    database: Database, conditions: installation_pb2.SentryAppInstallationFilter
) -> list[Installation]:
    """The installations that meet every condition that is set, in id order.

    Raises:
        NotHeld: others may meet them that are not held here.
    """
    condition, values = matching_clauses(database, conditions)
    return _installations(database, condition, values)


def find_organization_of_live_token(database: Database, token_id: int) -> int | None:
    """Organization of the installation that a token acts for; None when either is gone, or it is not ``installed``.

    Raises:
        NotHeld: the token or its installation is not known here.
    """
    statement = """
        SELECT token.tombstone, installation.tombstone, installation.status, installation.organization_id
        FROM token_replica AS token
        LEFT JOIN installation_replica AS installation ON installation.id = token.installation_id
        WHERE token.id = ?"""
    # Tombstones too, which say "gone" where no row says "not held": only for the latter is control asked.
    rows = held_rows(database, statement, (token_id,))
    if not rows:
        raise NotHeld
    is_token_gone, is_gone, status, organization_id = rows[0]
    if is_token_gone:
        return None
    # The token came before its installation: only control knows what it acts for.
    if organization_id is None:
        raise NotHeld
    return None if is_gone or status != _INSTALLED else int(organization_id)


def contexts_matching(
    database: Database, conditions: installation_pb2.SentryAppInstallationFilter, *, type: str
) -> list[Context]:
    """One context per matching installation and component of the type, and one without where there is none.

    Raises:
        NotHeld: others may match that are not held here, or an app has not arrived.
    """
    condition, values = matching_clauses(database, conditions)
    return _contexts(database, condition, values, type=type)


def contexts_of_installation(database: Database, installation_id: int, *, type: str) -> list[Context]:
    """The contexts of one installation of any status; [] when it is gone.

    Raises:
        NotHeld: the installation or its app is not known here.
    """
    conditions = installation_pb2.SentryAppInstallationFilter(installation_ids=[installation_id])
    return contexts_matching(database, conditions, type=type)


def contexts_installed_in(database: Database, organization_id: int, *, type: str) -> list[Context]:
    """The contexts of an organization's installations whose status is ``installed``.

    Raises:
        NotHeld: the organization lives elsewhere, or an app has not arrived.
    """
    conditions = installation_pb2.SentryAppInstallationFilter(organization_id=organization_id, status="installed")
    return contexts_matching(database, conditions, type=type)


def _installations(database: Database, condition: str, values: Sequence[Any]) -> list[Installation]:
    statement = f"""
        SELECT installation.state, app.state, credential.state
        {_WITH_APPS} WHERE {condition} AND NOT installation.tombstone ORDER BY installation.id"""
    return [_installation(*states) for states in held_rows(database, statement, values)]


def _contexts(database: Database, condition: str, values: Sequence[Any], *, type: str) -> list[Context]:
    statement = f"""
        SELECT installation.state, app.state, credential.state, component.state
        {_WITH_APPS}
        LEFT JOIN component_replica AS component ON component.sentry_app_id = app.id AND component.type = ?
        WHERE {condition} AND NOT installation.tombstone ORDER BY installation.id, component.id"""
    contexts = []
    for *states, component_state in held_rows(database, statement, (type, *values)):
        context = Context(installation=_installation(*states))
        # A context without its app says nothing: control is asked for all of them.
        if not context.installation.HasField("sentry_app"):
            raise NotHeld
        if component_state is not None:
            context.component.MergeFromString(component_state)
        contexts.append(context)
    return contexts


def _installation(state: bytes, app_state: bytes | None, credential: bytes | None) -> Installation:
    installation = replica_pb2.InstallationState.FromString(state).installation
    # Both or none: an app without its credential could be shown, and then not be called.
    if app_state is not None and credential is not None:
        installation.sentry_app.CopyFrom(whole_app(app_state, credential))
    return installation
