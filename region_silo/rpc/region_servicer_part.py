"""What every part of ``SentryAppRegionService`` works with: the judgement of who asks, and refusals inside answers.

Owns the translation of an app's errors to ``RpcSentryAppError`` (spec §3.4).
"""

from dataclasses import dataclass
from typing import Self

from region_silo.rpc.served_here import require_ids, require_organizations
from region_silo.services.app_reader import AppReader
from region_silo.services.members import Members
from region_silo.services.region import Region
from shared.asking.ask import Asking
from shared.domain.app_error import AppError, AppErrorType, client_error
from shared.errors import FieldMissing, InvalidInput, RequestRefused, ValidationFailed
from shared.pb.hybridcloud.apps.v1 import app_pb2, installation_pb2
from shared.pb.hybridcloud.region.v1 import sentry_app_error_pb2
from shared.pb.hybridcloud.users.v1 import user_pb2
from shared.rpc.json_struct import struct_of

Installation = installation_pb2.RpcSentryAppInstallation


@dataclass(frozen=True)
class RegionTools:
    """What the methods use."""

    region: Region
    apps: AppReader
    members: Members
    asking: Asking


class RegionServicerPart:
    """A part of ``SentryAppRegionService``."""

    def __init__(self, tools: RegionTools) -> None:
        self.tools = tools

    @property
    def region(self) -> Region:
        return self.tools.region

    def installation(self, given: Installation, *, organization_id: int) -> Installation:
        """The installation that a request names by its uuid or id, as it is known here and not as the caller has it.

        Raises:
            FieldMissing: it is not named.
            OrganizationNotFound: the organization does not live here.
            InstallationNotFound: there is no such installation.
            InvalidInput: it is in another organization.
        """
        require_organizations(self.region, {organization_id})
        # The uuid is the installation's name between services; older callers know its id alone.
        if not given.uuid and given.id <= 0:
            raise FieldMissing.at("installation", "its uuid or id is required.")
        apps = self.tools.apps
        found = apps.get_installation(given.uuid) if given.uuid else apps.get_installation_by_id(given.id)
        # The organization was judged to be of this region; the installation would else lead out of it.
        if found.organization_id != organization_id:
            raise InvalidInput.at("installation", "it is in another organization than organization_id.")
        return found

    def require_app(self, app: app_pb2.RpcSentryApp) -> None:
        """Returns when the app is named, and its owner lives here as far as the caller says who that is.

        What is counted in another region than the owner's would be seen by nobody.

        Raises:
            FieldMissing: its id or slug is missing.
            OrganizationNotFound: the owner does not live here.
        """
        require_ids(**{"sentry_app.id": app.id})
        if not app.slug:
            raise FieldMissing.at("sentry_app.slug", "this field is required.")
        # 0: the caller does not say, which the original's do not always.
        if app.owner_id > 0:
            require_organizations(self.region, {app.owner_id})

    def has_access(self, user: user_pb2.RpcUser | None, *, organization_id: int) -> bool:
        """Whether the user may reach the organization's projects and issues; None: access is not checked."""
        # A service without a user asks for itself, and was let in by its key.
        return user is None or self.tools.members.has_access(user, organization_id=organization_id)


class Refusal:
    """A block that catches what belongs into an answer; whatever else is raised becomes the call's status."""

    error: sentry_app_error_pb2.RpcSentryAppError | None = None
    """What was caught; None when nothing was."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        # Only what concerns an app or what was asked of it: unreachable silos and faults of ours keep their statuses.
        if isinstance(error, AppError):
            self.error = error_message(error)
        elif isinstance(error, ValidationFailed):
            self.error = _invalid(error)
        elif isinstance(error, RequestRefused):
            self.error = error_message(client_error(error.message))
        # True swallows the exception; the method then answers with the error behind its block.
        return self.error is not None


def error_message(error: AppError) -> sentry_app_error_pb2.RpcSentryAppError:
    """The error as a message; facts that are not there stay absent."""
    message = sentry_app_error_pb2.RpcSentryAppError(
        error_type=error.type.value, status_code=error.status, message=error.message
    )
    if error.public_context:
        message.public_context.CopyFrom(struct_of(error.public_context))
    if error.webhook_context:
        message.webhook_context.CopyFrom(struct_of(error.webhook_context))
    return message


def _invalid(error: ValidationFailed) -> sentry_app_error_pb2.RpcSentryAppError:
    texts = [text for texts in error.fields.values() for text in texts]
    return sentry_app_error_pb2.RpcSentryAppError(
        error_type=AppErrorType.CLIENT.value,
        status_code=400,
        # Clients of the original show one sentence; the others are in the dictionary beside it.
        message=texts[0] if texts else error.message,
        public_dict=struct_of(dict(error.fields)) if error.fields else None,
    )
