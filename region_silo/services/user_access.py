"""Whether a user that another silo names may reach what an organization of this region owns (spec §3.4).

A member reaches all of it; an app reaches the organizations that it is installed in. Owns that rule. Makes calls, so
never inside a session or transaction.
"""

from region_silo.services.find_installation import get_installation_of_proxy_user
from region_silo.services.held import NotHeld
from region_silo.services.region import Region
from region_silo.services.way_to_control import WayToControl
from shared.away import silo_away
from shared.domain.peer import CONTROL
from shared.errors import DeadlineExceeded, FieldMissing, Unauthenticated, Unavailable
from shared.pb.hybridcloud.users.v1 import member_service_pb2, member_service_pb2_grpc, user_pb2
from shared.rpc.aliases import Channel

ASK_SECONDS = 2.0
"""How long control may take."""


class UserAccess:
    """Judges users by their id alone; safe to share between threads."""

    def __init__(self, region: Region, control: Channel, *, way: WayToControl | None = None) -> None:
        """Args:
        region: whose replicas know which app a proxy user acts for.
        control: the channel to control, which knows members.
        way: bounds the calls to control; None: a way of its own.
        """
        self._region = region
        self._control = member_service_pb2_grpc.MemberServiceStub(control)
        self._way = way or WayToControl(region.clock)

    def has_access(self, user: user_pb2.RpcUser, *, organization_id: int) -> bool:
        """Whether the user may reach the organization's projects and issues.

        Raises:
            FieldMissing: the user has no id.
            SiloUnreachable: only control could tell, and it is away.
        """
        if user.id <= 0:
            raise FieldMissing.at("user.id", "a positive id is required.")
        return (
            user.is_superuser or self._is_app_of(user.id, organization_id) or self._is_member(user.id, organization_id)
        )

    def _is_app_of(self, user_id: int, organization_id: int) -> bool:
        try:
            get_installation_of_proxy_user(self._region.database, user_id, organization_id=organization_id)
        except NotHeld:
            return False
        return True

    def _is_member(self, user_id: int, organization_id: int) -> bool:
        request = member_service_pb2.FindMemberRequest(organization_id=organization_id, user_id=user_id)
        try:
            with self._way.asking():
                return self._control.FindMember(request, timeout=ASK_SECONDS).HasField("member")
        except (Unavailable, DeadlineExceeded, Unauthenticated) as exc:
            raise silo_away(CONTROL) from exc
