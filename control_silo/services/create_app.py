"""Creating an app: ``SentryAppCreator`` (spec §2.2)."""

import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import peewee

from control_silo.models.app import IntegrationFeature, SentryApp, SentryAppComponent
from control_silo.models.application import ApiApplication
from control_silo.models.user import User
from control_silo.services.audit import AuditEvent, record
from control_silo.services.control import Control
from control_silo.services.install import create_installation
from control_silo.services.limits import require_room_for_app
from control_silo.services.secret import new_token
from shared.category import Category
from shared.database.transaction import Transaction
from shared.domain.app_status import SentryAppStatus
from shared.domain.features import IntegrationFeature as Feature
from shared.domain.scopes import close_scopes
from shared.domain.slug import NUMERIC_SUFFIX_ALPHABET, internal_slug, slugify_name
from shared.domain.subscription import consolidate_events
from shared.errors import RequestRefused, ValidationFailed
from shared.outbox.change import change

PROXY_USER_DOMAIN = "proxy-user.sentry.io"


@dataclass(frozen=True, kw_only=True)
class SentryAppCreator:
    """Everything that a new app is made of; validated by the caller, except for what only the database knows."""

    name: str
    organization_id: int
    is_internal: bool
    scopes: Sequence[str] = ()
    events: Sequence[str] = ()
    verify_install: bool = True
    schema: Mapping[str, Any] = field(default_factory=dict)
    allowed_origins: Sequence[str] = ()
    columns: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """What is stored as it is given, by column."""

    def run(self, control: Control, *, creator: User) -> SentryApp:
        """Creates the app with its proxy user, application, components and feature; installs an internal one.

        Raises:
            ValidationFailed: the slug that the name makes is taken, also by an app that was deleted.
            RequestRefused: an internal app cannot verify its installation.
            LimitReached: the organization has as many apps or installations as it may.
        """
        if self.is_internal and self.verify_install:
            raise RequestRefused("Internal integrations cannot have verify_install=True.")
        now = control.clock.now()
        try:
            # One transaction for all: an app without its proxy user, or a user without its app, would be nobody's to
            # delete.
            with control.database.transaction() as tx:
                return self._create(tx, control, creator, now)
        except peewee.IntegrityError as exc:
            # Another creation took the slug between the look and the insert.
            raise self._name_taken() from exc

    def _create(self, tx: Transaction, control: Control, creator: User, now: datetime) -> SentryApp:
        require_room_for_app(tx, control, organization_id=self.organization_id)
        app = self._create_app(tx, self._free_slug(), creator, now)
        create_components(tx, app, self.schema)
        # Every app has this feature from the start, as the original's have (spec 2.2).
        IntegrationFeature.create(sentry_app=app, feature=int(Feature.API))
        record(tx, AuditEvent.SENTRY_APP_ADD, app, actor=creator, now=now)
        if self.is_internal:
            create_installation(tx, control, app, organization_id=self.organization_id, actor=creator)
            record(tx, AuditEvent.INTERNAL_INTEGRATION_ADD, app, actor=creator, now=now)
        change(tx, Category.APP, [app.id])
        change(tx, Category.CREDENTIAL, [app.id])
        return app

    def _free_slug(self) -> str:
        slug = slugify_name(self.name, random_text=_random_text)
        if self.is_internal:
            # Internal apps of two organizations may have one name; the slug must be the world's only one.
            slug = internal_slug(slug, uuid_text=str(uuid.uuid4()))
        # Deleted apps count too: their rows keep the slug, so that a new app is never taken for an old one.
        if SentryApp.select().where(SentryApp.slug == slug).exists():
            raise self._name_taken()
        return slug

    def _name_taken(self) -> ValidationFailed:
        return ValidationFailed(fields={"name": [f"Name {self.name} is already taken, please use another."]})

    def _create_app(self, tx: Transaction, slug: str, creator: User, now: datetime) -> SentryApp:
        username = f"{slug}-{uuid.uuid4()}"
        proxy = User.create(
            username=username, email=f"{username}@{PROXY_USER_DOMAIN}", is_sentry_app=True, created_at=now
        )
        application = ApiApplication.create(
            # As long and as random as a token: whoever has both halves is the app.
            client_id=new_token(),
            client_secret=new_token(),
            owner=proxy,
            allowed_origins=list(self.allowed_origins),
            created_at=now,
        )
        app = SentryApp(
            application=application,
            proxy_user=proxy,
            owner_id=self.organization_id,
            scope_list=close_scopes(self.scopes),
            name=self.name,
            slug=slug,
            status=int(SentryAppStatus.INTERNAL if self.is_internal else SentryAppStatus.UNPUBLISHED),
            verify_install=self.verify_install,
            events=consolidate_events(self.events),
            schema=dict(self.schema),
            date_added=now,
            date_updated=now,
            creator_user=creator,
            creator_label=creator.label,
        )
        app.assign(self.columns)
        app.save(force_insert=True)
        return app


def create_components(tx: Transaction, app: SentryApp, schema: Mapping[str, Any]) -> None:
    """One component per element of the schema, in its order."""
    for element in schema.get("elements", ()):
        SentryAppComponent.create(sentry_app=app, type=element["type"], schema=element)


def _random_text(length: int) -> str:
    return "".join(secrets.choice(NUMERIC_SUFFIX_ALPHABET) for _ in range(length))
