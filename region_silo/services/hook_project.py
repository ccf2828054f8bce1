"""The projects that an installation's hook is confined to (spec §4.9). Owns the rules and their texts."""

from collections.abc import Sequence
from typing import Any

from region_silo.models.hook import ServiceHook, ServiceHookProject
from region_silo.models.project import Project
from region_silo.models.replica import InstallationReplica
from region_silo.services.hook import hook_of_installation, make_silent_hook
from region_silo.services.region import Region
from shared.database.locking import locked
from shared.database.transaction import Transaction
from shared.domain.app_error import client_error
from shared.domain.json_value import JsonValue
from shared.domain.path_key import MAX_ID, path_key
from shared.errors import ValidationFailed
from shared.pb.hybridcloud.apps.v1 import installation_pb2

NO_HOOK = "Service hook not found for installation"
NOT_A_LIST = "Projects must be a list, not {type}"
EMPTY = "Projects list cannot be empty"
WRONG_TYPE = "Project identifiers must be either all strings (slugs) or all integers (IDs)"
MIXED = (
    "Mixed types detected. All project identifiers must be of the same type (either all strings/slugs or all "
    "integers/IDs)"
)
UNKNOWN = "One or more project identifier is duplicate, not accessible, or does not exist."
MAX_PROJECTS = 10_000
"""In one list."""

Installation = installation_pb2.RpcSentryAppInstallation


def parse_project_identifiers(value: JsonValue) -> Sequence[int | str]:
    """All ids or all slugs.

    Raises:
        ValidationFailed: with the text that says why not.
    """
    if not isinstance(value, list):
        raise _invalid(NOT_A_LIST.format(type=type(value).__name__))
    if not value:
        raise _invalid(EMPTY)
    # By type itself: True is an int to ``isinstance``, and no id.
    if type(value[0]) not in (int, str):
        raise _invalid(WRONG_TYPE)
    if any(type(item) is not type(value[0]) for item in value):
        raise _invalid(MIXED)
    return value


def list_hook_projects(installation: Installation) -> list[ServiceHookProject]:
    """In the order of project ids; empty: the hook hears of all. Needs a session.

    Raises:
        AppError: the installation has no hook.
    """
    hook = hook_of_installation(installation.id).first()
    return [] if hook is None and _is_on_its_way(installation) else _projects_of(_required(hook))


def set_hook_projects(
    region: Region, installation: Installation, identifiers: Sequence[int | str]
) -> list[ServiceHookProject]:
    """Confines the hook to these projects, in place of those before; a project that stays keeps its row.

    Raises:
        AppError: the installation has no hook, or one of the projects is named twice or not the organization's.
    """
    with region.database.transaction() as tx:
        # Held, so that of two lists that are set at once one is the result, and not a mixture.
        hook = _held_hook(tx, installation)
        wanted = _project_ids(installation.organization_id, identifiers)
        is_of_hook = ServiceHookProject.service_hook == hook.id
        # Only what is not wanted any more: clients hold the ids of the rows that stay.
        ServiceHookProject.delete().where(is_of_hook & ServiceHookProject.project_id.not_in(wanted)).execute()
        rows = [{"service_hook": hook.id, "project_id": project_id} for project_id in wanted]
        # Those that stay are there.
        ServiceHookProject.insert_many(rows).on_conflict_ignore().execute()
        return _projects_of(hook)


def delete_hook_projects(region: Region, installation: Installation) -> None:
    """Opens the hook to every project again.

    Raises:
        AppError: the installation has no hook.
    """
    with region.database.transaction() as tx:
        hook = _held_hook(tx, installation)
        ServiceHookProject.delete().where(ServiceHookProject.service_hook == hook.id).execute()


def _held_hook(tx: Transaction, installation: Installation) -> ServiceHook:
    hook = locked(tx, hook_of_installation(installation.id)).first()
    if hook is None and _is_on_its_way(installation):
        make_silent_hook(
            tx,
            installation_id=installation.id,
            application_id=installation.sentry_app.application_id,
            organization_id=installation.organization_id,
            url=installation.sentry_app.webhook_url,
        )
        hook = locked(tx, hook_of_installation(installation.id)).first()
    return _required(hook)


def _is_on_its_way(installation: Installation) -> bool:
    """Whether the installation is so new that its replica, and with it a hook, has yet to come: nobody shall notice."""
    app = installation.sentry_app
    if not (app.webhook_url and app.application_id):
        return False
    return InstallationReplica.get_or_none(InstallationReplica.id == installation.id) is None


def _required(hook: ServiceHook | None) -> ServiceHook:
    if hook is None:
        raise client_error(NO_HOOK, status=404)
    return hook


def _project_ids(organization_id: int, identifiers: Sequence[int | str]) -> list[int]:
    """Ids of the organization's projects that the identifiers name, ascending."""
    keys = [_key(identifier) for identifier in identifiers]
    # Before the statement: an engine bounds its parameters, and would say so in words of its own.
    if len(keys) > MAX_PROJECTS:
        raise client_error(UNKNOWN)
    ids = {key for key in keys if isinstance(key, int)}
    slugs = {key for key in keys if isinstance(key, str)}
    is_named: Any = Project.id.in_(ids) | Project.slug.in_(slugs)
    own = Project.select(Project.id).where((Project.organization_id == organization_id) & is_named)
    found = sorted(project.id for project in own)
    # One comparison for three faults, which the original's sentence names together.
    if len(found) != len(keys):
        raise client_error(UNKNOWN)
    return found


def _key(identifier: int | str) -> int | str:
    """A string of digits is an id: no slug is one. What no column can hold names nothing."""
    if isinstance(identifier, int):
        return identifier if 0 < identifier <= MAX_ID else 0
    return path_key(identifier) or ""


def _projects_of(hook: ServiceHook) -> list[ServiceHookProject]:
    mine = ServiceHookProject.select().where(ServiceHookProject.service_hook == hook.id)
    return list(mine.order_by(ServiceHookProject.project_id))


def _invalid(text: str) -> ValidationFailed:
    return ValidationFailed(text, fields={"projects": [text]})
