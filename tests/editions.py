"""Whether every edition is what its kind makes of the rows, for tests that change rows through services or by hand."""

from shared.database.database import Database
from shared.outbox.change import change
from shared.outbox.fill import list_strays
from shared.outbox.kind import Kinds


def check_editions(database: Database, kinds: Kinds) -> None:
    """Fails with the name of each object that a service changed without saying so."""
    strays = [str(each) for each in list_strays(database, kinds)]
    mend_editions(database, kinds)  # no other test with the same silos is to blame
    assert not strays, strays


def mend_editions(database: Database, kinds: Kinds) -> None:
    """Says of everything that a test has changed by hand what a service would have said."""
    strays = list(list_strays(database, kinds))
    with database.transaction() as tx:
        for each in strays:
            change(tx, each.category, [each.object_id])
