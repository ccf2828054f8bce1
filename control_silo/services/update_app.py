"""Changing an app: ``SentryAppUpdater`` (spec §2.3), and giving it another client secret (spec §2.9)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from control_silo.models.app import IntegrationFeature, SentryApp, SentryAppComponent
from control_silo.models.application import ApiApplication, ApiToken
from control_silo.models.installation import SentryAppInstallation
from control_silo.models.user import User
from control_silo.services.audit import AuditEvent, record
from control_silo.services.control import Control
from control_silo.services.create_app import create_components
from control_silo.services.find_app import get_held_app
from control_silo.services.message import credential_message
from control_silo.services.provider_token import seal_again
from control_silo.services.secret import new_token
from shared.category import Category
from shared.database.locking import locked
from shared.database.transaction import Transaction
from shared.domain.app_status import SentryAppStatus
from shared.domain.scopes import close_scopes
from shared.domain.subscription import consolidate_events, unmet_scope_texts
from shared.errors import NotFound, RequestRefused
from shared.outbox.change import change


@dataclass(frozen=True, kw_only=True)
class SentryAppUpdater:
    """The fields to change; None leaves one as it is."""

    columns: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """What is stored as it is given, by column; who may change which, the caller has seen to."""
    features: Sequence[int] | None = None
    status: str | None = None
    scopes: Sequence[str] | None = None
    events: Sequence[str] | None = None
    verify_install: bool | None = None
    allowed_origins: Sequence[str] | None = None
    schema: Mapping[str, Any] | None = None

    def run(self, control: Control, *, app_id: int, is_elevated: bool) -> SentryApp:
        """Changes the app, its tokens' scopes, its components and its installations' subscriptions, or nothing.

        Args:
            control: database and clock.
            app_id: of the app.
            is_elevated: whether the user is an active superuser or staff member.

        Raises:
            AppNotFound: there is no such app.
            RequestRefused: the app's status forbids the change.
        """
        now = control.clock.now()
        with control.database.transaction() as tx:
            app = get_held_app(tx, app_id)
            # What installations and credentials say of the app, compared afterwards: whichever field it was.
            subscription_before, credential_before = _subscription(app), _credential(app)
            self._change_rights(tx, app, is_elevated=is_elevated, now=now)
            self._change_settings(tx, app)
            # After the rules, so that none of them judges by a value that is only wished for.
            app.assign(self.columns)
            app.date_updated = now
            app.save(only=app.dirty_fields)
            # An app may have many thousand installations; most changes concern none of them.
            if _subscription(app) != subscription_before:
                live = app.installations.where(SentryAppInstallation.date_deleted.is_null())
                change(tx, Category.INSTALLATION, [each.id for each in live])
            if _credential(app) != credential_before:  # else a reader's token would name it where no region holds it
                change(tx, Category.CREDENTIAL, [app.id])
            change(tx, Category.APP, [app.id])
            return app

    def _change_rights(self, tx: Transaction, app: SentryApp, *, is_elevated: bool, now: datetime) -> None:
        """What the app is, and what it may see."""
        if self.features is not None:
            self._change_features(tx, app, is_elevated=is_elevated)
        # Of others it is passed over and not refused, as the original does.
        if self.status is not None and is_elevated:
            self._change_status(app, now)
        if self.scopes is not None:
            self._change_scopes(tx, app, now)
        if self.events is not None:
            self._change_events(app)

    def _change_features(self, tx: Transaction, app: SentryApp, *, is_elevated: bool) -> None:
        if app.is_published and not is_elevated:
            raise RequestRefused("Cannot update features on a published integration.")
        # Replaced as a whole: a feature has nothing of its own that would be worth keeping.
        IntegrationFeature.delete().where(IntegrationFeature.sentry_app == app).execute()
        for feature in sorted(set(self.features or ())):
            IntegrationFeature.create(sentry_app=app, feature=feature)

    def _change_status(self, app: SentryApp, now: datetime) -> None:
        """Anything but these three is no status that can be asked for, and changes nothing, as the one it has does."""
        if self.status == "published" and not app.is_published:
            app.status = int(SentryAppStatus.PUBLISHED)
            # When it became so, which what is published already stays at.
            app.date_published = now
        elif self.status == "unpublished":
            app.status = int(SentryAppStatus.UNPUBLISHED)
        elif self.status == "publish_request_inprogress":
            app.status = int(SentryAppStatus.PUBLISH_REQUEST_INPROGRESS)

    def _change_scopes(self, tx: Transaction, app: SentryApp, now: datetime) -> None:
        scopes = close_scopes(self.scopes or ())
        if scopes == app.scope_list:
            return
        if app.is_published:
            raise RequestRefused("Cannot update permissions on a published integration.")
        app.scope_list = scopes
        live = ApiToken.expires_at.is_null() | (ApiToken.expires_at > now)
        tokens = ApiToken.select().where(ApiToken.application == app.application_id, live).order_by(ApiToken.id)
        # Tokens that are over are left as they are: they let nobody in, whatever their scopes say.
        for token in list(locked(tx, tokens)):
            token.scope_list = scopes
            token.save(only=["scope_list"])
            change(tx, Category.TOKEN, [token.id])

    def _change_events(self, app: SentryApp) -> None:
        unmet = unmet_scope_texts(self.events or (), scopes=app.scope_list)
        # The one sentence that the original says, though there may be several that are true.
        if unmet:
            raise RequestRefused(unmet[0])
        app.events = consolidate_events(self.events or ())

    def _change_settings(self, tx: Transaction, app: SentryApp) -> None:
        """How the app is installed, and what it shows where."""
        if self.verify_install is not None:
            if app.is_internal and self.verify_install:
                raise RequestRefused("Internal integrations cannot have verify_install=True.")
            app.verify_install = self.verify_install
        # An empty list leaves them as they are, as the original's updater does.
        if self.allowed_origins:
            ApiApplication.update(allowed_origins=list(self.allowed_origins)).where(
                ApiApplication.id == app.application_id
            ).execute()
        if self.schema is not None:
            app.schema = dict(self.schema)
            # New components have new uuids: whoever kept one of before has a component that is no more.
            SentryAppComponent.delete().where(SentryAppComponent.sentry_app == app).execute()
            create_components(tx, app, self.schema)


def _subscription(app: SentryApp) -> tuple[object, ...]:
    return (app.webhook_url, app.events)


def _credential(app: SentryApp) -> bytes:
    return credential_message(app, application=None).SerializeToString(deterministic=True)


def rotate_secret(control: Control, *, app_id: int, actor: User) -> str:
    """The new secret, which regions sign with as soon as they have it; the one before is good for nothing any more.

    Raises:
        AppNotFound: there is no such app.
        NotFound: it has no application.
    """
    now = control.clock.now()
    with control.database.transaction() as tx:
        app = get_held_app(tx, app_id)
        application = app.application
        if application is None:
            raise NotFound("Corresponding application was not found.")
        client_secret = new_token()
        # Before the old secret is gone: it opens what it sealed.
        seal_again(tx, application, client_secret=client_secret)
        application.client_secret = client_secret
        application.save(only=[ApiApplication.client_secret])
        change(tx, Category.CREDENTIAL, [app.id])
        status = SentryAppStatus.as_str(app.status)
        record(tx, AuditEvent.ROTATE_CLIENT_SECRET, app, actor=actor, now=now, status=status)
        return client_secret
