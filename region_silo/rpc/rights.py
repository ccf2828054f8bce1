"""Who may call what of a region: control what silos do, services what services do, operators that and operations.

Another region may call nothing: a region never calls a region.
"""

from shared.domain.peer import PeerKind
from shared.rpc.rights import Rights

_CONTROL, _SERVICE, _OPERATOR = PeerKind.CONTROL, PeerKind.SERVICE, PeerKind.OPERATOR
_USERS = (_CONTROL, _SERVICE, _OPERATOR)

RIGHTS = Rights(
    services={
        "hybridcloud.apps.v1.AppService": _USERS,
        "hybridcloud.hooks.v1.HookService": _USERS,
        "hybridcloud.requests.v1.AppRequestService": _USERS,
        "hybridcloud.region.v1.SentryAppRegionService": _USERS,
        "hybridcloud.organizations.v1.OrganizationService": _USERS,
        "hybridcloud.replication.v1.ReplicaService": (_CONTROL, _OPERATOR),
        "hybridcloud.operations.v1.OutboxService": (_OPERATOR,),
        "hybridcloud.operations.v1.KeyService": (_OPERATOR,),
    },
    methods={
        "hybridcloud.organizations.v1.OrganizationService/ProvisionOrganization": (_CONTROL,),
        "hybridcloud.replication.v1.ReplicaService/ApplyChanges": (_CONTROL,),
    },
)
