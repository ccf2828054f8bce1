"""``SentryAppRegionService`` about select fields."""

import grpc

from region_silo.rpc.app_error import Refusal
from region_silo.rpc.region_calls import SentryAppRegionCalls
from region_silo.services.linked_issue import get_project
from shared.asking.select_options import SelectField, get_select_options
from shared.domain.app_error import client_error
from shared.domain.component_fields import SelectChoices, check_uri
from shared.pb.hybridcloud.region.v1 import sentry_app_region_service_pb2 as pb
from shared.rpc.json_struct import list_of, struct_of

MAY_NOT_ACCESS = "You do not have permission to access this project."


class SelectCalls(SentryAppRegionCalls):
    """Choices of select fields."""

    def GetSelectOptions(
        self, request: pb.GetSelectOptionsRequest, context: grpc.ServicerContext
    ) -> pb.GetSelectOptionsResponse:
        installation = self.installation(request.installation, organization_id=request.organization_id)
        with Refusal() as refusal:
            field = SelectField(
                installation=installation,
                uri=check_uri(request.uri),
                project_slug=self._project_slug(request),
                search=request.query if request.HasField("query") else None,
                dependent_data=request.dependent_data if request.HasField("dependent_data") else None,
            )
            return _answer(get_select_options(self.tools.asking, field))
        return pb.GetSelectOptionsResponse(error=refusal.error)

    def _project_slug(self, request: pb.GetSelectOptionsRequest) -> str | None:
        if not request.HasField("project_id"):
            return None
        project = get_project(self.region, request.organization_id, request.project_id)
        user = request.user if request.HasField("user") else None
        if not self.has_access(user, organization_id=request.organization_id):
            raise client_error(MAY_NOT_ACCESS, status=403)
        return project.slug


def _answer(choices: SelectChoices) -> pb.GetSelectOptionsResponse:
    default = None if choices.default_value is None else struct_of({"value": choices.default_value}).fields["value"]
    return pb.GetSelectOptionsResponse(choices=[list_of(choice) for choice in choices.choices], default_value=default)
