"""Which platform a command talks to, and with what proof: ``topology.json``, or ``--control`` and the environment.

Owns that choice and the channels to the silos. Refuses to know what is asked of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import typer

from shared.cli.invocation import Invocation, invocation_of
from shared.cli.platform_keys import OPERATOR
from shared.cli.topology import FILE_NAME, read_topology
from shared.clock import Clock, SystemClock
from shared.domain.peer import CONTROL, PeerKind, find_kind
from shared.errors import ConfigInvalid, DeadlineExceeded, RegionNotFound, SiloError, SiloUnreachable, TargetWrong
from shared.pb.hybridcloud.operations.v1 import outbox_service_pb2 as outbox_calls
from shared.pb.hybridcloud.operations.v1 import topology_service_pb2 as topology_calls
from shared.rpc import channel as rpc_channel
from shared.rpc.channel import SiloChannel
from shared.rpc.keyring import Keyring
from shared.rpc.retry import RetryPolicy
from shared.rpc.tls import TlsConfig

DEFAULT_CONTROL_HTTP = "http://127.0.0.1:8000"
"""Where control is taken to be when only the signing keys are known."""
# Taken with the host of `--control`, whose own port is HTTP's; `--control-grpc` says otherwise.
DEFAULT_CONTROL_GRPC_PORT = 50051
_LIST_REGIONS = "/hybridcloud.operations.v1.TopologyService/ListRegions"
_GET_STATUS = "/hybridcloud.operations.v1.OutboxService/GetStatus"
_ASK_SECONDS = 5.0
_NOBODY = "?"
"""A name that no silo has."""


@dataclass(frozen=True)
class Access:
    """A platform and the means to use it."""

    control_http: str
    """Base URL."""
    control_grpc: str
    token: str | None = field(default=None, repr=False)
    """API token for REST."""
    session: str | None = field(default=None, repr=False)
    """Key of a browser session, for what REST keeps to people at a browser."""
    rpc_keys: str = field(default="", repr=False)
    regions: Mapping[str, str] = field(default_factory=dict)
    """gRPC addresses by name, as they were at the last start; asked only where control's directory says nothing."""
    regions_http: Mapping[str, str] = field(default_factory=dict)
    """Base URLs likewise."""
    organization: str | None = None
    """Slug of the organization that commands mean when none is named."""
    tls: TlsConfig | None = None
    clock: Clock = field(default_factory=SystemClock)
    """Source of the signatures' timestamps."""

    def channel(self, silo: str, *, address: str | None = None) -> SiloChannel:
        """A signed channel to a silo.

        Args:
            silo: ``control`` or a region's name; what the call is signed for.
            address: ``host:port``; looked up when absent.

        Raises:
            ConfigInvalid: no signing keys are known, or they are malformed.
            RegionNotFound: neither control's directory nor this platform's file has such a region.
            SiloUnreachable: control is away, and the file has no such region.
        """
        keys = self._keys()
        # The key says as whom one may speak; the command line calls itself so.
        own = (key.peer for key in keys if find_kind(key.peer) is PeerKind.OPERATOR)
        return rpc_channel.connect(
            address or self.address_of(silo),
            caller=next(own, OPERATOR),
            target_name=silo,
            keys=keys,
            clock=self.clock,
            tls=self.tls,
            # Somebody sits before it: a silo that is away is said at once.
            retry=RetryPolicy(max_attempts=1),
        )

    def address_of(self, silo: str) -> str:
        """``host:port`` of a silo's gRPC: where it registered last, which is not always where it was started first.

        Raises:
            ConfigInvalid: control cannot even be asked.
            RegionNotFound: there is none of that name.
            SiloUnreachable: control is away, and nothing else knows the region.
        """
        if silo == CONTROL:
            return self.control_grpc
        known = self.all_regions()
        if silo not in known:
            known |= self.list_directory()  # raises when it is not the region that is missing, but the directory
        if silo not in known:
            names = ", ".join((CONTROL, *sorted(known)))
            raise RegionNotFound(f"There is no silo {silo!r}; there are: {names}.", metadata={"region": silo})
        return known[silo]

    def name_of(self, address: str) -> str:
        """The name of the silo that listens at an address, from itself: whoever is called by another's name says so.

        Raises:
            ConfigInvalid: the address is malformed, or what listens there does not say.
            SiloUnreachable: nobody answers there.
            Unauthenticated: the signing keys are not those of that silo.
        """
        with self.channel(_NOBODY, address=address) as channel:
            # With a name that is nobody's: a silo refuses it, and says in the refusal who it is.
            call = channel.unary_unary(_GET_STATUS, outbox_calls.GetStatusRequest.SerializeToString)
            try:
                call(outbox_calls.GetStatusRequest(), timeout=_ASK_SECONDS)
            except TargetWrong as exc:
                if exc.metadata.get("silo"):
                    return exc.metadata["silo"]
            except (SiloUnreachable, DeadlineExceeded) as exc:
                raise SiloUnreachable(f"No silo answers at {address}.", metadata={"address": address}) from exc
        raise ConfigInvalid(f"Which silo listens at {address}? It does not say: add --target-name NAME.")

    def list_directory(self) -> dict[str, str]:
        """Where the regions that control knows listen, by name: ``host:port`` of gRPC.

        Raises:
            SiloUnreachable: control is away.
        """
        with self.channel(CONTROL) as channel:
            call = channel.unary_unary(
                _LIST_REGIONS,
                topology_calls.ListRegionsRequest.SerializeToString,
                topology_calls.ListRegionsResponse.FromString,
            )
            answer = call(topology_calls.ListRegionsRequest(), timeout=_ASK_SECONDS)
        return {region.name: region.grpc_address for region in answer.regions}

    def all_regions(self) -> dict[str, str]:
        """Where the regions listen that control or the file knows; the file's alone while control is away.

        Raises:
            ConfigInvalid: control cannot even be asked: no keys, or no such address.
        """
        try:
            # The directory outranks the file: a region may have moved since it was started here.
            return {**self.regions, **self.list_directory()}
        except ConfigInvalid:
            raise
        except SiloError:
            return dict(self.regions)

    def _keys(self) -> Keyring:
        if not self.rpc_keys:
            raise ConfigInvalid(f"Set SILO_RPC_KEYS to your key, {OPERATOR}/id:secret; calls to silos are signed.")
        return Keyring.parse(self.rpc_keys)


def access_of(ctx: typer.Context) -> Access:
    """What the options of a command's invocation name.

    Raises:
        ConfigInvalid: they name nothing that can be used.
    """
    invocation = invocation_of(ctx)
    if invocation.control:
        return _remote(invocation, invocation.control)
    is_known_here = invocation.data is not None or (invocation.data_directory / FILE_NAME).exists()
    # Keys without a platform of this folder: they are for one that runs elsewhere, or was started by hand.
    if not is_known_here and invocation.environ.get("SILO_RPC_KEYS"):
        return _remote(invocation, DEFAULT_CONTROL_HTTP)
    return _local(invocation)


def _local(invocation: Invocation) -> Access:
    topology = read_topology(invocation.data_directory)
    return Access(
        control_http=topology.control.http,
        control_grpc=invocation.control_grpc or topology.control.grpc,
        token=invocation.token or topology.users["superuser"].token,
        session=topology.users["superuser"].session,
        rpc_keys=topology.rpc_keys,
        regions={name: silo.grpc for name, silo in topology.regions.items()},
        regions_http={name: silo.http for name, silo in topology.regions.items()},
        organization=topology.organization.slug,
        clock=invocation.clock,
    )


def _remote(invocation: Invocation, control: str) -> Access:
    from shared.cli.remote_settings import RemoteSettings  # noqa: PLC0415 (see there)

    host = _host_of(control)
    settings = RemoteSettings.from_environment(invocation.environ)
    return Access(
        control_http=control.rstrip("/"),
        control_grpc=invocation.control_grpc or f"{_bracketed(host)}:{DEFAULT_CONTROL_GRPC_PORT}",
        token=invocation.token,
        session=settings.session.get_secret_value() or None,
        rpc_keys=settings.rpc_keys.get_secret_value(),
        tls=settings.tls,
        clock=invocation.clock,
    )


def _host_of(control: str) -> str:
    try:
        url = urlsplit(control)
        if url.scheme in {"http", "https"} and url.hostname and url.port != 0:
            return url.hostname
    except ValueError:  # a port that is no number, or half an IPv6 address
        pass
    raise ConfigInvalid(f"--control takes a URL such as http://127.0.0.1:8000, not {control!r}.")


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
