"""What happens elsewhere and apps are told of here: ``seer.*`` and ``preprod_artifact.*`` (settled.md).

Owns which events can be told so. Refuses to know what a payload means: it is told as it was given.
"""

from region_silo.services.activity import tell
from region_silo.services.region import Region
from shared.domain.app_error import sentry_error
from shared.domain.event import EVENTS
from shared.domain.happening import Broadcast, Happening
from shared.domain.json_value import JsonObject
from shared.domain.webhook import PLATFORM

INVALID_EVENT = "Invalid event type: {name}"


def send_broadcast(region: Region, *, organization_id: int, name: str, payload: JsonObject) -> None:
    """Tells every app that the organization has installed and that subscribes to the event.

    Args:
        region: where the organization lives.
        organization_id: of the organization.
        name: of the event: ``resource.action``.
        payload: the ``data`` of each webhook.

    Raises:
        AppError: there is no such event, or it is none that happens elsewhere.
    """
    event = EVENTS.get(name)
    # What happens here is told by whatever makes it happen: a made-up payload would be taken for it.
    if event is None or event.row.detail is not Broadcast:
        raise sentry_error(INVALID_EVENT.format(name=name))
    now = region.clock.now()
    happening = Happening(issue_id=None, actor=PLATFORM, at=now, detail=Broadcast(payload=payload))
    with region.database.transaction() as tx:
        tell(tx, event, happening, region=region, organization_id=organization_id, project_id=None)
