"""Every table that control starts with."""

import peewee
from playhouse.migrate import SchemaMigrator

from shared.database.columns import IdField, InstantField, JsonField


# Models of its own and not today's: what a migration makes must not change when these do.
def up(migrator: SchemaMigrator, db: peewee.Database) -> None:
    class User(peewee.Model):
        id = IdField()
        username = peewee.TextField(unique=True)
        email = peewee.TextField(index=True)
        name = peewee.TextField(default="")
        password_hash = peewee.TextField(null=True)
        is_sentry_app = peewee.BooleanField(default=False)
        is_superuser = peewee.BooleanField(default=False)
        is_staff = peewee.BooleanField(default=False)
        is_active = peewee.BooleanField(default=True)
        created_at = InstantField()

        class Meta:
            database = db
            table_name = "user_account"

    class ApiApplication(peewee.Model):
        id = IdField()
        client_id = peewee.TextField(unique=True)
        client_secret = peewee.TextField()
        owner = peewee.ForeignKeyField(User, null=True, on_delete="SET NULL")
        allowed_origins = JsonField(default=list)
        is_active = peewee.BooleanField(default=True)
        created_at = InstantField()

        class Meta:
            database = db
            table_name = "api_application"

    class ApiGrant(peewee.Model):
        id = IdField()
        user = peewee.ForeignKeyField(User, on_delete="CASCADE")
        application = peewee.ForeignKeyField(ApiApplication, on_delete="CASCADE")
        code = peewee.TextField(index=True)
        scope_list = JsonField(default=list)
        redirect_uri = peewee.TextField(default="")
        expires_at = InstantField()

        class Meta:
            database = db
            table_name = "api_grant"

    class ApiToken(peewee.Model):
        id = IdField()
        user = peewee.ForeignKeyField(User, on_delete="CASCADE")
        application = peewee.ForeignKeyField(ApiApplication, null=True, on_delete="CASCADE")
        name = peewee.TextField(null=True)
        token_hash = peewee.TextField(unique=True)
        refresh_token_hash = peewee.TextField(unique=True, null=True)
        token_last_characters = peewee.TextField()
        scope_list = JsonField(default=list)
        expires_at = InstantField(null=True)
        created_at = InstantField()
        version = peewee.BigIntegerField(default=1)

        class Meta:
            database = db
            table_name = "api_token"

    class AuditLogEntry(peewee.Model):
        id = IdField()
        organization_id = peewee.BigIntegerField(index=True)
        event = peewee.TextField()
        actor_id = peewee.BigIntegerField(null=True)
        actor_label = peewee.TextField(null=True)
        target_id = peewee.BigIntegerField(null=True)
        data = JsonField(default=dict)
        created_at = InstantField()

        class Meta:
            database = db
            table_name = "audit_log_entry"

    class SentryApp(peewee.Model):
        id = IdField()
        application = peewee.ForeignKeyField(ApiApplication, unique=True, null=True, on_delete="SET NULL")
        proxy_user = peewee.ForeignKeyField(User, unique=True, null=True, on_delete="SET NULL")
        owner_id = peewee.BigIntegerField(index=True)
        scope_list = JsonField(default=list)
        name = peewee.TextField()
        slug = peewee.TextField(unique=True)
        author = peewee.TextField(null=True)
        status = peewee.SmallIntegerField(index=True, default=0)
        uuid = peewee.TextField(unique=True)
        redirect_url = peewee.TextField(null=True)
        webhook_url = peewee.TextField(null=True)
        webhook_headers = JsonField(default=list)
        is_alertable = peewee.BooleanField(default=False)
        is_disabled = peewee.BooleanField(default=False)
        verify_install = peewee.BooleanField(default=True)
        events = JsonField(default=list)
        overview = peewee.TextField(null=True)
        schema = JsonField(default=dict)
        date_added = InstantField()
        date_updated = InstantField()
        date_published = InstantField(null=True)
        date_deleted = InstantField(null=True)
        creator_user = peewee.ForeignKeyField(User, null=True, on_delete="SET NULL")
        creator_label = peewee.TextField(null=True)
        popularity = peewee.SmallIntegerField(default=1)
        metadata = JsonField(default=dict)
        version = peewee.BigIntegerField(default=1)

        class Meta:
            database = db
            table_name = "sentry_app"
            indexes = ((("status", "date_added"), False),)

    class IntegrationFeature(peewee.Model):
        id = IdField()
        sentry_app = peewee.ForeignKeyField(SentryApp, on_delete="CASCADE")
        feature = peewee.SmallIntegerField()
        user_description = peewee.TextField(null=True)

        class Meta:
            database = db
            table_name = "integration_feature"
            indexes = ((("sentry_app", "feature"), True),)

    class Member(peewee.Model):
        id = IdField()
        user = peewee.ForeignKeyField(User, on_delete="CASCADE")
        organization_id = peewee.BigIntegerField(index=True)
        role = peewee.TextField()
        created_at = InstantField()

        class Meta:
            database = db
            table_name = "member"
            indexes = ((("user", "organization_id"), True),)

    class OrganizationFeature(peewee.Model):
        id = IdField()
        organization_id = peewee.BigIntegerField()
        feature = peewee.TextField()
        is_enabled = peewee.BooleanField()

        class Meta:
            database = db
            table_name = "organization_feature"
            indexes = ((("organization_id", "feature"), True),)

    class OrganizationReplica(peewee.Model):
        id = peewee.BigIntegerField(primary_key=True)
        version = peewee.BigIntegerField()
        tombstone = peewee.BooleanField(default=False)
        slug = peewee.TextField(index=True)
        name = peewee.TextField()
        region_name = peewee.TextField(index=True)
        status = peewee.TextField()

        class Meta:
            database = db
            table_name = "organization_replica"

    class OrganizationReservation(peewee.Model):
        id = IdField()
        slug = peewee.TextField(unique=True)
        region_name = peewee.TextField()
        created_at = InstantField()

        class Meta:
            database = db
            table_name = "organization_reservation"

    class Region(peewee.Model):
        name = peewee.TextField(primary_key=True)
        grpc_address = peewee.TextField()
        http_address = peewee.TextField()
        identity = peewee.TextField()
        registered_at = InstantField()

        class Meta:
            database = db
            table_name = "region"

    class SentryAppAvatar(peewee.Model):
        id = IdField()
        sentry_app = peewee.ForeignKeyField(SentryApp, on_delete="CASCADE")
        ident = peewee.TextField(unique=True)
        avatar_type = peewee.SmallIntegerField(default=0)
        color = peewee.BooleanField(default=False)

        class Meta:
            database = db
            table_name = "sentry_app_avatar"
            indexes = ((("sentry_app", "color"), True),)

    class SentryAppComponent(peewee.Model):
        id = IdField()
        uuid = peewee.TextField(unique=True)
        sentry_app = peewee.ForeignKeyField(SentryApp, on_delete="CASCADE")
        type = peewee.TextField()
        schema = JsonField(default=dict)

        class Meta:
            database = db
            table_name = "sentry_app_component"

    class SentryAppInstallation(peewee.Model):
        id = IdField()
        sentry_app = peewee.ForeignKeyField(SentryApp, on_delete="CASCADE")
        organization_id = peewee.BigIntegerField(index=True)
        api_grant = peewee.ForeignKeyField(ApiGrant, unique=True, null=True, on_delete="SET NULL")
        api_token = peewee.ForeignKeyField(ApiToken, unique=True, null=True, on_delete="SET NULL")
        uuid = peewee.TextField(index=True)
        status = peewee.SmallIntegerField(index=True, default=0)
        date_added = InstantField()
        date_updated = InstantField()
        date_deleted = InstantField(null=True)
        version = peewee.BigIntegerField(default=1)

        class Meta:
            database = db
            table_name = "sentry_app_installation"

    class SentryAppInstallationForProvider(peewee.Model):
        id = IdField()
        sentry_app_installation = peewee.ForeignKeyField(SentryAppInstallation, on_delete="CASCADE")
        organization_id = peewee.BigIntegerField()
        provider = peewee.TextField()

        class Meta:
            database = db
            table_name = "sentry_app_installation_for_provider"
            indexes = ((("provider", "organization_id"), True),)

    class SentryAppInstallationToken(peewee.Model):
        id = IdField()
        api_token = peewee.ForeignKeyField(ApiToken, unique=True, on_delete="CASCADE")
        sentry_app_installation = peewee.ForeignKeyField(SentryAppInstallation, on_delete="CASCADE")

        class Meta:
            database = db
            table_name = "sentry_app_installation_token"

    class Session(peewee.Model):
        id = IdField()
        user = peewee.ForeignKeyField(User, on_delete="CASCADE")
        key_hash = peewee.TextField(unique=True)
        expires_at = InstantField()
        created_at = InstantField()

        class Meta:
            database = db
            table_name = "session"

    class Tombstone(peewee.Model):
        id = IdField()
        category = peewee.TextField()
        object_id = peewee.BigIntegerField()
        version = peewee.BigIntegerField()
        destination = peewee.TextField()

        class Meta:
            database = db
            table_name = "tombstone"
            indexes = ((("category", "object_id"), True),)

    db.create_tables(
        [
            User,
            ApiApplication,
            ApiGrant,
            ApiToken,
            AuditLogEntry,
            SentryApp,
            IntegrationFeature,
            Member,
            OrganizationFeature,
            OrganizationReplica,
            OrganizationReservation,
            Region,
            SentryAppAvatar,
            SentryAppComponent,
            SentryAppInstallation,
            SentryAppInstallationForProvider,
            SentryAppInstallationToken,
            Session,
            Tombstone,
        ]
    )
