"""Giving an app another client secret (spec §2.9): the one before is good for nothing from then on."""

from control_silo.models.application import ApiApplication
from control_silo.models.user import User
from control_silo.services.audit import AuditEvent, record
from control_silo.services.change import enqueue_credential
from control_silo.services.control import Control
from control_silo.services.find_app import get_held_app
from control_silo.services.provider_token import seal_again
from control_silo.services.secret import new_token
from shared.domain.app_status import SentryAppStatus
from shared.errors import NotFound


def rotate_secret(control: Control, *, app_id: int, actor: User) -> str:
    """The new secret, which regions sign with as soon as they have it.

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
        seal_again(tx, application, client_secret=client_secret)
        application.client_secret = client_secret
        application.save(only=[ApiApplication.client_secret])
        enqueue_credential(tx, app, now=now)
        status = SentryAppStatus.as_str(app.status)
        record(tx, AuditEvent.ROTATE_CLIENT_SECRET, app, actor=actor, now=now, status=status)
        return client_secret
