"""How much of the world one organization may take: apps that it owns, and installations.

Owns the counting, exact also for requests that come at once. An operator's variables say how many (``ControlConfig``);
the bound on an installation's tokens is the original's, in ``internal_token``. What is deleted does not count.
"""

from control_silo.models.app import SentryApp
from control_silo.models.installation import SentryAppInstallation
from control_silo.services.control import Control
from shared.database.locking import hold_name
from shared.database.transaction import Transaction
from shared.errors import LimitReached


def require_room_for_app(tx: Transaction, control: Control, *, organization_id: int) -> None:
    """Returns when the organization may own one app more; until the transaction ends nobody else makes it one.

    Raises:
        LimitReached: it owns as many as it may.
    """
    # A name is locked: no row is there to be held for an app that does not exist yet.
    hold_name(tx, f"apps-of:{organization_id}")
    own = SentryApp.select().where(SentryApp.owner_id == organization_id, SentryApp.date_deleted.is_null())
    # Counted no further than the bound: a request costs the same however low an operator sets it afterwards.
    if own.limit(control.max_apps).count() >= control.max_apps:
        raise LimitReached(f"An organization may have at most {control.max_apps} integrations.")


def require_room_for_installation(tx: Transaction, control: Control, *, organization_id: int) -> None:
    """Returns when one app more may be installed in the organization; nobody else installs one until then.

    Raises:
        LimitReached: as many are installed as may be.
    """
    hold_name(tx, f"installations-of:{organization_id}")
    live = SentryAppInstallation.select().where(
        SentryAppInstallation.organization_id == organization_id, SentryAppInstallation.date_deleted.is_null()
    )
    if live.limit(control.max_installations).count() >= control.max_installations:
        raise LimitReached(f"An organization may have at most {control.max_installations} installations.")
