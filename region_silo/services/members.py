"""Members of this region's organizations, whom control knows. Owns the asking, and what its silence means."""

from region_silo.services.issue_changes import Assignee
from region_silo.services.principal import Principal
from shared.away import silo_away
from shared.domain.path_key import find_id
from shared.domain.peer import CONTROL
from shared.errors import DeadlineExceeded, Unavailable
from shared.pb.hybridcloud.users.v1 import member_service_pb2, member_service_pb2_grpc, user_pb2
from shared.rpc.aliases import Channel

ASK_SECONDS = 2.0
"""How long control may take."""


class Members:
    """Finds members. Makes calls, so never inside a session or transaction."""

    def __init__(self, control: Channel) -> None:
        """Args:
        control: the channel to control.
        """
        self._control = member_service_pb2_grpc.MemberServiceStub(control)

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
        if user_id is None and "@" not in name:
            return None
        if asker.is_member(organization_id) and _is(asker.user, user_id, name):
            return _assignee(asker.user)
        request = member_service_pb2.FindMemberRequest(organization_id=organization_id)
        if user_id is None:
            request.email = name
        else:
            request.user_id = user_id
        try:
            answer = self._control.FindMember(request, timeout=ASK_SECONDS)
        except (Unavailable, DeadlineExceeded) as exc:
            raise silo_away(CONTROL) from exc
        return _assignee(answer.member) if answer.HasField("member") else None


def _user_id(name: str) -> int | None:
    return find_id(name.removeprefix("user:")) or None


def _is(user: user_pb2.RpcUser, user_id: int | None, name: str) -> bool:
    return user.id == user_id if user_id is not None else bool(user.email) and user.email.lower() == name.lower()


def _assignee(user: user_pb2.RpcUser) -> Assignee:
    return Assignee(id=user.id, name=user.name or user.email or user.username, email=user.email or None)
