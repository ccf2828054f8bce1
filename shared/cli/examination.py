"""What ``silo doctor`` looks at: each silo, asked once for all that the checks need, all silos side by side.

Owns the asking; what is asked and not answered is None, or the error that says why. Refuses to judge: ``checks`` does.
"""

import urllib.error
import urllib.request
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from prometheus_client.parser import text_string_to_metric_families

from shared.cli.access import Access
from shared.cli.key import open_keys
from shared.cli.status_report import StatusReport, is_healthy, read_status
from shared.domain.http_address import base_url
from shared.domain.peer import CONTROL
from shared.errors import ConfigInvalid, SiloError
from shared.http.measure import CLOCK
from shared.pb.hybridcloud.operations.v1 import key_service_pb2, topology_service_pb2, topology_service_pb2_grpc
from shared.rpc.tls import TlsConfig

ASK_SECONDS = 3.0


@dataclass(frozen=True, kw_only=True)
class ExaminedSilo:
    """What one silo showed."""

    name: str
    grpc: str
    """``host:port``."""
    http: str | None
    """Base URL; None: nobody knows it."""
    is_healthy: bool
    keys: key_service_pb2.ListKeysResponse | SiloError
    metrics: Mapping[str, float] | None
    """Those without labels, by name; None: its HTTP does not answer."""
    clock_ahead_seconds: float | None
    """How far its clock is ahead of this machine's, as far as the time of the question allows to say."""


@dataclass(frozen=True, kw_only=True)
class Examination:
    """A platform as the checks see it."""

    silos: Mapping[str, ExaminedSilo]
    status: StatusReport
    tls: TlsConfig | None = None
    """The operator's own certificate."""
    now: float = 0.0
    """Unix seconds here."""
    directory: frozenset[str] = field(default_factory=frozenset)
    """The regions that control knows; empty when it does not say."""


def examine(access: Access) -> Examination:
    """Asks every silo.

    Raises:
        ConfigInvalid: nobody can be asked: no keys, or none of their form.
    """
    directory = _directory(access)
    known = {CONTROL: access.control_grpc, **access.all_regions()}
    # The directory last: where a region registered counts for more than where it was started.
    urls = {CONTROL: access.control_http, **access.regions_http, **directory}
    with ThreadPoolExecutor(len(known)) as pool:
        found = pool.map(lambda name: _examine(access, name, known[name], urls.get(name)), known)
        silos = dict(zip(known, found, strict=True))
    return Examination(
        silos=silos,
        status=read_status(access),
        tls=access.tls,
        now=access.clock.now().timestamp(),
        directory=frozenset(directory),
    )


def _examine(access: Access, name: str, grpc: str, http: str | None) -> ExaminedSilo:
    asked_at = access.clock.now().timestamp()
    metrics = _read_metrics(http) if http else None
    # The clock was read some time between question and answer.
    middle = (asked_at + access.clock.now().timestamp()) / 2
    shown = (metrics or {}).get(CLOCK)
    return ExaminedSilo(
        name=name,
        grpc=grpc,
        http=http,
        is_healthy=is_healthy(access, name, address=grpc),
        keys=_list_keys(access, name),
        metrics=metrics,
        clock_ahead_seconds=None if shown is None else shown - middle,
    )


def _list_keys(access: Access, name: str) -> key_service_pb2.ListKeysResponse | SiloError:
    try:
        with open_keys(access, name) as keys:
            return keys.ListKeys(key_service_pb2.ListKeysRequest(), timeout=ASK_SECONDS)
    except SiloError as error:
        return error


def _read_metrics(http: str) -> Mapping[str, float] | None:
    # Straight there: a proxy of the environment is meant for the web, not for silos.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{http.rstrip('/')}/metrics", timeout=ASK_SECONDS) as answer:
            text = answer.read().decode()
        families = list(text_string_to_metric_families(text))
    except (OSError, ValueError, urllib.error.URLError):
        return None
    return {sample.name: sample.value for family in families for sample in family.samples if not sample.labels}


def _directory(access: Access) -> dict[str, str]:
    """Base URLs of the regions that control knows."""
    try:
        with access.channel(CONTROL) as channel:
            stub = topology_service_pb2_grpc.TopologyServiceStub(channel)
            answer = stub.ListRegions(topology_service_pb2.ListRegionsRequest(), timeout=ASK_SECONDS)
    except ConfigInvalid:
        raise
    except SiloError:
        return {}
    return {region.name: base_url(region.http_address) for region in answer.regions}
