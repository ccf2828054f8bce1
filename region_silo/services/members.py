"""Members of this region's organizations, whom control knows, and what a user that a silo names may reach (spec §3.4).

A member reaches all of an organization; an app reaches the organizations that it is installed in. Owns that rule. Makes
calls, so never inside a session or transaction.
"""

from region_silo.services.control import ControlClient
from region_silo.services.find_installation import get_installation_of_proxy_user
from region_silo.services.held import NotHeld
from region_silo.services.issue_changes import Assignee
from region_silo.services.principal import Principal
from region_silo.services.region import Region
from shared.domain.path_key import find_id
from shared.errors import FieldMissing
from shared.pb.hybridcloud.users.v1 import member_service_pb2, user_pb2


class Members:
    """Finds members and judges users; safe to share between threads."""

    def __init__(self, region: Region, control: ControlClient) -> None:
        """Args:
        region: whose replicas know which app a proxy user acts for.
        control: knows members.
        """
        self._region = region
        self._control = control

    def find(self, organization_id: int, name: str, *, asker: Principal) -> Assignee | None:
        """A member of the organization; None when ``name`` is nobody's.

        Args:
            organization_id: an organization of this region.
            name: ``user:<id>``, an id, or an e-mail address.
            asker: needs nobody to be asked when it is they.

        Raises:
            SiloUnreachable: only control could tell, and it is away.
        """
        user_id = _user_id(name)
        # Neither an id nor an address: nobody can be called so, and control need not be asked.
        if user_id is None and "@" not in name:
            return None
        # "Assign to me" is what people do most, and works while control is away.
        if asker.is_member(organization_id) and _is(asker.user, user_id, name):
            return _assignee(asker.user)
        request = member_service_pb2.FindMemberRequest(organization_id=organization_id)
        if user_id is None:
            request.email = name
        else:
            request.user_id = user_id
        member = self._ask(request)
        return _assignee(member) if member else None

    def has_access(self, user: user_pb2.RpcUser, *, organization_id: int) -> bool:
        """Whether a user, known by the id alone, may reach the organization's projects and issues.

        Raises:
            FieldMissing: the user has no id.
            SiloUnreachable: only control could tell, and it is away.
        """
        if user.id <= 0:
            raise FieldMissing.at("user.id", "a positive id is required.")
        # An app's user is no member of anything: where it may go, its installations say.
        if user.is_superuser or self._is_app_of(user.id, organization_id):
            return True
        request = member_service_pb2.FindMemberRequest(organization_id=organization_id, user_id=user.id)
        return self._ask(request) is not None

    def _is_app_of(self, user_id: int, organization_id: int) -> bool:
        try:
            get_installation_of_proxy_user(self._region.database, user_id, organization_id=organization_id)
        # Not known here is as good as not installed here: an organization's installations are all held in its region.
        except NotHeld:
            return False
        return True

    def _ask(self, request: member_service_pb2.FindMemberRequest) -> user_pb2.RpcUser | None:
        answer = self._control.ask(self._control.members.FindMember, request)
        return answer.member if answer.HasField("member") else None


def _user_id(name: str) -> int | None:
    # The original's prefix (settled.md); without it the id stands alone.
    return find_id(name.removeprefix("user:")) or None


def _is(user: user_pb2.RpcUser, user_id: int | None, name: str) -> bool:
    return user.id == user_id if user_id is not None else bool(user.email) and user.email.lower() == name.lower()


def _assignee(user: user_pb2.RpcUser) -> Assignee:
    return Assignee(id=user.id, name=user.name or user.email or user.username, email=user.email or None)
