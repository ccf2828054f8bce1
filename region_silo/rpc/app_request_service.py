"""``AppRequestService``: this region's log of calls to apps."""

from collections.abc import Sequence

import grpc

from region_silo.rpc.served_here import require_ids, require_name
from region_silo.services.find_app import get_app
from region_silo.services.held import NotHeld
from region_silo.services.region import Region
from shared.errors import InvalidInput
from shared.pb.hybridcloud.requests.v1 import app_request_pb2, app_request_service_pb2_grpc
from shared.pb.hybridcloud.requests.v1 import app_request_service_pb2 as pb
from shared.request_log import list_records, request_message


class AppRequestServicer(app_request_service_pb2_grpc.AppRequestServiceServicer):
    """Reads the log."""

    def __init__(self, region: Region) -> None:
        self._region = region

    def GetBufferRequestsForCell(
        self, request: pb.GetBufferRequestsForCellRequest, context: grpc.ServicerContext
    ) -> pb.GetBufferRequestsForCellResponse:
        require_name(self._region, request.cell_name, field="cell_name")
        require_ids(sentry_app_id=request.sentry_app_id)
        events = _events(request.filter)
        with self._region.database.session():
            records = list_records(
                request.sentry_app_id,
                events=events,
                errors_only=request.filter.errors_only,
                now=self._region.clock.now(),
            )
        is_known = bool(records) or self._is_held(request.sentry_app_id)
        return pb.GetBufferRequestsForCellResponse(requests=map(request_message, records), sentry_app_known=is_known)

    def _is_held(self, app_id: int) -> bool:
        """An app may be called, and so be logged, before its replica has arrived."""
        try:
            get_app(self._region.database, app_id)
        except NotHeld:
            return False
        return True


def _events(conditions: app_request_pb2.RequestFilter) -> Sequence[str] | None:
    """Raises:
    InvalidInput: ``event`` is neither a name nor a list of names.
    """
    event = conditions.event
    match event.WhichOneof("kind"):
        case None | "null_value":
            return None
        case "string_value":
            return [event.string_value]
        case "list_value" if all(item.HasField("string_value") for item in event.list_value.values):
            return [item.string_value for item in event.list_value.values]
    text = "a name or a list of names is expected."
    raise InvalidInput(f"filter.event: {text}", fields={"event": [text]})
