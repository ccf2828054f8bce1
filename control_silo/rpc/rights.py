"""Who may call what of control: regions what silos do, services what services do, operators that and operations."""

from shared.domain.peer import PeerKind
from shared.rpc.rights import Rights

_REGION, _SERVICE, _OPERATOR = PeerKind.REGION, PeerKind.SERVICE, PeerKind.OPERATOR

RIGHTS = Rights(
    services={
        "hybridcloud.apps.v1.AppService": (_REGION, _SERVICE, _OPERATOR),
        "hybridcloud.organizations.v1.OrganizationService": (_REGION, _SERVICE, _OPERATOR),
        "hybridcloud.users.v1.IdentityService": (_REGION,),
        "hybridcloud.users.v1.MemberService": (_REGION,),
        "hybridcloud.replication.v1.ReplicaService": (_REGION, _OPERATOR),
        "hybridcloud.operations.v1.OutboxService": (_OPERATOR,),
        "hybridcloud.operations.v1.TopologyService": (_OPERATOR,),
        "hybridcloud.operations.v1.KeyService": (_OPERATOR,),
    },
    methods={
        "hybridcloud.replication.v1.ReplicaService/ApplyChanges": (_REGION,),
        "hybridcloud.operations.v1.TopologyService/RegisterRegion": (_REGION,),
        "hybridcloud.operations.v1.TopologyService/ReportAppHealth": (_REGION,),
    },
)
