"""An installation: the object of spec §4.5, which the API, webhooks and ``SerializeMany`` show alike."""

from typing import ClassVar, Literal, Self, cast

from pydantic import MISSING, ConfigDict, Field

from shared.bodies.body import Body, shown_by
from shared.pb.hybridcloud.apps.v1 import installation_pb2


class InstalledAppObject(Body):
    """The app of an installation."""

    uuid: str
    slug: str
    sentry_app_id: int


class InstallingOrganizationObject(Body):
    """The organization of an installation."""

    slug: str
    id: int


class InstallationObject(Body):
    """An app installed in an organization."""

    model_config: ClassVar[ConfigDict] = shown_by(
        {
            "app": {"uuid": "7a485448-a9e2-4c85-8a3c-4f44175783c9", "slug": "acme-kanban", "sentryAppId": 1},
            "organization": {"slug": "acme", "id": 1},
            "uuid": "eac5a0ae-60ec-418f-9318-46dc5e7e52ec",
            "status": "pending",
            "code": "64 hexadecimal digits",
        }
    )

    app: InstalledAppObject
    organization: InstallingOrganizationObject
    uuid: str
    status: Literal["pending", "installed", "pending_deletion"]
    code: str | MISSING = Field(
        default=MISSING, repr=False, description="Present until exchanged, for whoever may install."
    )

    @classmethod
    def of(
        cls, installation: installation_pb2.RpcSentryAppInstallation, *, organization_slug: str, code: str | None = None
    ) -> Self:
        """Args:
        installation: with its app.
        organization_slug: of the organization that it is installed in.
        code: of its grant, for whoever may see it; None leaves it out.
        """
        app = installation.sentry_app
        return cls(
            app=InstalledAppObject(uuid=app.uuid, slug=app.slug, sentry_app_id=app.id),
            organization=InstallingOrganizationObject(slug=organization_slug, id=installation.organization_id),
            uuid=installation.uuid,
            status=cast(Literal["pending", "installed", "pending_deletion"], installation.status),
            code=MISSING if code is None else code,
        )
