"""What apps exchanged lately, so that a lost answer is given again. Owns how it is kept; judges no credential.

The answer is sealed with the very credential that is to be presented again, of which only the hash is kept: nothing
that could be used is at rest.
"""

from datetime import datetime

from control_silo.models.installation import SentryAppInstallation, TokenExchange
from control_silo.services.issue_token import IssuedToken
from control_silo.services.secret import hash_token
from shared.category import Category
from shared.database.transaction import Transaction
from shared.domain.seal import open_sealed, seal
from shared.errors import GrantSpent
from shared.outbox.change import change

MAX_REMEMBERED = 100
"""Exchanges that are remembered for each installation, a month's at the usual pace; older ones are forgotten."""


def find_answer(
    tx: Transaction, installation: SentryAppInstallation, credential: str, *, now: datetime
) -> IssuedToken | None:
    """What the credential was exchanged for; None when it is not known to have been.

    Raises:
        GrantSpent: that is too long ago.
    """
    found = TokenExchange.get_or_none(
        # Looked for within the installation: a credential that another app stole is answered there with nothing of this
        # one.
        TokenExchange.sentry_app_installation == installation,
        TokenExchange.credential_hash == hash_token(credential),
    )
    if found is None:
        return None
    # Spent is another answer than unknown: an app that reads it knows that its request did arrive once.
    if found.sealed_answer is None or found.repeats_until < now:
        raise GrantSpent
    issued = IssuedToken.from_text(open_sealed(found.sealed_answer, secret=credential, purpose=_purpose(installation)))
    # The reader of the repeated answer has seen as much as that of the first one.
    change(tx, Category.TOKEN, [issued.id])
    return issued


def remember_answer(
    tx: Transaction,
    installation: SentryAppInstallation,
    credential: str,
    issued: IssuedToken,
    *,
    repeats_until: datetime,
    now: datetime,
) -> None:
    """Keeps what the credential was exchanged for, and erases what is not repeated any more."""
    TokenExchange.create(
        sentry_app_installation=installation,
        credential_hash=hash_token(credential),
        sealed_answer=seal(issued.as_text(), secret=credential, purpose=_purpose(installation)),
        repeats_until=repeats_until,
    )
    own = TokenExchange.sentry_app_installation == installation
    # Erased, not deleted: the hash stays to tell a spent credential from one that was never seen.
    TokenExchange.update(sealed_answer=None).where(own, TokenExchange.repeats_until < now).execute()
    tx.database.rows(
        # By count and not by age: an installation that exchanges often keeps as many as one that does so seldom.
        "DELETE FROM token_exchange WHERE sentry_app_installation_id = ? AND id <= (SELECT id FROM token_exchange "
        "WHERE sentry_app_installation_id = ? ORDER BY id DESC LIMIT 1 OFFSET ?)",
        (installation.id, installation.id, MAX_REMEMBERED),
    )


def _purpose(installation: SentryAppInstallation) -> str:
    return f"exchange/{installation.uuid}"
