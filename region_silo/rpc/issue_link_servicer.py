"""``SentryAppRegionService`` about issues' links to tickets in apps' own systems, and about select fields."""

import grpc

from region_silo.models.issue import Issue, PlatformExternalIssue
from region_silo.rpc.region_servicer_part import Installation, Refusal, RegionServicerPart
from region_silo.services.actors import display_name
from region_silo.services.external_issue import delete_link, find_link_by_id, keep_link
from region_silo.services.issue_link import LinkRequest, create_issue_link
from region_silo.services.issues import find_issue
from region_silo.services.linked_issue import get_project, linked_issue
from region_silo.services.organization import find_organization
from region_silo.services.site import Site, public_url_of
from shared.asking.issue_link import Asker, LinkAction, LinkedIssue
from shared.asking.select_options import SelectField, get_select_options
from shared.bodies.ticket import Ticket
from shared.domain.app_error import client_error
from shared.domain.component_fields import SelectChoices, check_uri
from shared.errors import FieldMissing
from shared.pb.hybridcloud.region.v1 import external_issue_pb2
from shared.pb.hybridcloud.region.v1 import sentry_app_region_service_pb2 as pb
from shared.pb.hybridcloud.users.v1 import user_pb2
from shared.rpc.json_struct import list_of, object_of, struct_of

# The original's texts, word for word: its pages show them to whoever linked.
NO_ISSUE_TO_LINK = "Could not find the corresponding issue for the given groupId"
NO_ISSUE = "Could not find the corresponding issue for the given issueId"
NO_LINK = "Could not find the corresponding external issue from given external_issue_id"
MAY_NOT_LINK = "You do not have permission to link this issue."
MAY_NOT_CREATE = "You do not have permission to create an external issue for this issue."
MAY_NOT_DELETE = "You do not have permission to delete this external issue."


class IssueLinkPart(RegionServicerPart):
    def CreateIssueLink(
        self, request: pb.CreateIssueLinkRequest, context: grpc.ServicerContext
    ) -> pb.CreateIssueLinkResponse:
        installation = self.installation(request.installation, organization_id=request.organization_id)
        if not request.HasField("user"):
            raise FieldMissing.at("user", "this field is required.")
        # What the app or its user did wrong is a field of the answer; what the calling service did wrong, above, a
        # status.
        with Refusal() as refusal:
            kept = create_issue_link(self.region, self.tools.asking, self._link_request(request, installation))
            return pb.CreateIssueLinkResponse(external_issue=link_message(kept.link), created=kept.is_new)
        return pb.CreateIssueLinkResponse(error=refusal.error)

    def CreateExternalIssue(
        self, request: pb.CreateExternalIssueRequest, context: grpc.ServicerContext
    ) -> pb.CreateExternalIssueResponse:
        installation = self.installation(request.installation, organization_id=request.organization_id)
        user = request.user if request.HasField("user") else None
        with Refusal() as refusal:
            body = {"webUrl": request.web_url, "project": request.project, "identifier": request.identifier}
            # Read before anything is looked up: a body that is no ticket is refused alike, whoever asks and of whatever
            # issue.
            ticket = Ticket.read(body)
            issue = self._issue(request.group_id, request.organization_id, missing=NO_ISSUE)
            self._require_issue_access(user, installation, text=MAY_NOT_CREATE)
            # Once more for the same issue and app changes the link that there is: a retry leaves one.
            kept = keep_link(self.region, issue, app_slug=installation.sentry_app.slug, ticket=ticket)
            return pb.CreateExternalIssueResponse(external_issue=link_message(kept.link))
        return pb.CreateExternalIssueResponse(error=refusal.error)

    def DeleteExternalIssue(
        self, request: pb.DeleteExternalIssueRequest, context: grpc.ServicerContext
    ) -> pb.DeleteExternalIssueResponse:
        installation = self.installation(request.installation, organization_id=request.organization_id)
        user = request.user if request.HasField("user") else None
        with Refusal() as refusal:
            with self.region.database.session():
                link = find_link_by_id(
                    request.external_issue_id,
                    organization_id=request.organization_id,
                    app_slug=installation.sentry_app.slug,
                )
            if link is None:
                raise client_error(NO_LINK, status=404)
            self._require_issue_access(user, installation, text=MAY_NOT_DELETE)
            # Somebody else deleted it between the look and here, and was told of the success.
            if not delete_link(self.region, link):
                raise client_error(NO_LINK, status=404)
            return pb.DeleteExternalIssueResponse(success=True)
        return pb.DeleteExternalIssueResponse(error=refusal.error)

    def _link_request(self, request: pb.CreateIssueLinkRequest, installation: Installation) -> LinkRequest:
        # First, and without asking anybody: the app would be called there.
        check_uri(request.uri)
        action = LinkAction.parse(request.action)
        # Whether the issue exists is said before who may see it, as the original does; it is of the caller's own
        # organization.
        issue = self._issue(request.group_id, request.organization_id, missing=NO_ISSUE_TO_LINK)
        self._require_issue_access(request.user, installation, text=MAY_NOT_LINK)
        is_expecting = request.HasField("expected_external_issue_url")
        return LinkRequest(
            installation=installation,
            issue=issue,
            shown=self._shown(issue),
            asker=Asker(id=request.user.id, name=display_name(request.user)),
            action=action,
            uri=request.uri,
            fields=object_of(request.fields),
            # Absent and empty are two things here: an app that answers without a URL may be just what is expected.
            expected_url=request.expected_external_issue_url if is_expecting else None,
        )

    def _issue(self, issue_id: int, organization_id: int, *, missing: str) -> Issue:
        with self.region.database.session():
            # An issue of another organization is none: ids are given out one after the other, so that they can be
            # guessed.
            issue = find_issue(str(issue_id), organization_ids=[organization_id])
        if issue is None:
            raise client_error(missing, status=404)
        return issue

    def _shown(self, issue: Issue) -> LinkedIssue:
        project = get_project(self.region, issue.organization_id, issue.project_id)
        with self.region.database.session():
            organization = find_organization(issue.organization_id)
            base_url = public_url_of(self.region)
        # The organization may be deleted while the app is asked; its issue is told of with links that lead nowhere.
        site = Site(base_url=base_url, organization_slug=organization.slug if organization else "")
        return linked_issue(issue, project=project, site=site)

    def _require_issue_access(self, user: user_pb2.RpcUser | None, installation: Installation, *, text: str) -> None:
        if not self.has_access(user, organization_id=installation.organization_id):
            raise client_error(text, status=403)


def link_message(link: PlatformExternalIssue) -> external_issue_pb2.RpcPlatformExternalIssue:
    return external_issue_pb2.RpcPlatformExternalIssue(
        id=link.id,
        group_id=link.group_id,
        service_type=link.service_type,
        display_name=link.display_name,
        web_url=link.web_url,
    )


MAY_NOT_ACCESS = "You do not have permission to access this project."


class SelectPart(RegionServicerPart):
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
                # Absent is another thing than empty: the app gets the parameter only where the form has such a field.
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
    # As a `Value`, since a default may be any JSON; `struct_of` is the one place that knows how JSON becomes one.
    default = None if choices.default_value is None else struct_of({"value": choices.default_value}).fields["value"]
    return pb.GetSelectOptionsResponse(choices=[list_of(choice) for choice in choices.choices], default_value=default)
