"""Messages that were parked, in whichever silo's outbox."""

from shared.outbox.claim import Retry, claim, retry_or_park
from shared.outbox.message import Rejection
from tests.silos import Silos

HOPELESS = Rejection("FIELD_MISSING", "It has no name.", permanent=True)
LAST_ERROR = "FIELD_MISSING: It has no name."


def park(silos: Silos, destination: str, *, silo: str = "control") -> list[tuple[str, int]]:
    """Parks what is due for a destination; answers category and object id of each message."""
    database = silos.database(silo)
    claims = claim(database, destination, limit=99)
    retry_or_park(database, [Retry(each, HOPELESS, wait_seconds=None) for each in claims])
    return sorted((each.category, each.object_id) for each in claims)
