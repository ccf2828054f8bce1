"""Who sits on the network, or holds one peer's certificate, is taken for no other peer. Over TCP, with mutual TLS."""

import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.wrappers_pb2 import StringValue

from shared.clock import SystemClock
from shared.errors import CallerWrong, ConfigInvalid, SiloUnreachable
from shared.rpc import tls as tls_module
from shared.rpc.channel import connect
from shared.rpc.keyring import Keyring
from shared.rpc.retry import RetryPolicy
from shared.rpc.server import serve
from shared.rpc.tls import TlsConfig
from tests.contract.rpc.echo import EchoServicer, EchoStub, add_echo_servicer_to_server
from tests.contract.rpc.test_tls import Authority

ROOT = Path(__file__).parents[2]
HELLO = StringValue(value="hello")
ONCE = RetryPolicy(max_attempts=1)
OURS, THEIRS = Keyring.parse("control/us-1:secret"), Keyring.parse("us/us-1:secret")


class Network:
    """Silos of one authority."""

    def __init__(self, folder: Path, closing: ExitStack) -> None:
        self.ours, self.theirs = Authority(folder / "ours"), Authority(folder / "theirs")
        self._closing = closing

    def serve(self, tls: TlsConfig) -> str:
        """The address of a silo that says it is ``us``."""
        servicers = [(add_echo_servicer_to_server, EchoServicer())]
        server = serve("127.0.0.1:0", name="us", keys=OURS, clock=SystemClock(), servicers=servicers, tls=tls)
        self._closing.callback(server.stop, grace_seconds=0)
        return server.address

    def control(self, address: str, tls: TlsConfig) -> EchoStub:
        """What control calls ``us`` with."""
        known: dict[str, Any] = {"keys": THEIRS, "clock": SystemClock(), "tls": tls, "retry": ONCE}
        return EchoStub(self._closing.enter_context(connect(address, caller="control", target_name="us", **known)))


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Network]:
    with ExitStack() as closing:
        yield Network(tmp_path, closing)


def replace(files: TlsConfig, by: TlsConfig) -> None:
    for old, new in ((files.ca, by.ca), (files.cert, by.cert), (files.key, by.key)):
        shutil.copyfile(new, fresh := old.with_suffix(".new"))
        fresh.replace(old)


@pytest.mark.parametrize("holder", ["de", "us"])
def test_a_certificate_of_one_peer_is_of_no_use_to_another(network: Network, holder: str) -> None:
    address = network.serve(network.ours.issue("us"))
    with pytest.raises(CallerWrong, match=r"control\.silo\.internal"):
        network.control(address, network.ours.issue(holder)).Read(HELLO)


def test_who_answers_has_to_be_the_silo_that_is_called(network: Network) -> None:
    address = network.serve(network.ours.issue("de"))
    with pytest.raises(SiloUnreachable):
        network.control(address, network.ours.issue("control")).Read(HELLO)


def test_a_server_takes_a_new_certificate_without_a_restart(network: Network) -> None:
    files = network.theirs.issue("us")
    address, control = network.serve(files), network.ours.issue("control")
    with pytest.raises(SiloUnreachable):
        network.control(address, control).Read(HELLO)
    replace(files, network.ours.issue("us"))
    assert network.control(address, control).Read(HELLO) == HELLO


def test_a_channel_takes_a_new_certificate_without_a_restart(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls_module, "LOOK_SECONDS", 0.0)
    address, files = network.serve(network.ours.issue("us")), network.ours.issue("de")
    stub = network.control(address, files)
    with pytest.raises(CallerWrong):
        stub.Read(HELLO)
    replace(files, network.ours.issue("control"))
    assert stub.Read(HELLO) == HELLO


def test_a_file_that_is_damaged_later_changes_nothing(network: Network) -> None:
    files = network.ours.issue("us")
    address = network.serve(files)
    files.cert.write_text("half a certificate")
    assert network.control(address, network.ours.issue("control")).Read(HELLO) == HELLO


def test_it_is_known_when_a_certificate_ends(network: Network) -> None:
    files = network.ours.issue("us")
    assert 0 < (files.expires_at() - SystemClock().now()).total_seconds() <= 3600
    files.cert.write_text("not a certificate")
    with pytest.raises(ConfigInvalid):
        files.expires_at()


SERVER = """
import sys
from pathlib import Path
from shared.clock import SystemClock
from shared.process import configure_logging
from shared.rpc.keyring import Keyring
from shared.rpc.server import serve
from shared.rpc.tls import TlsConfig

configure_logging()
ca, cert, key = map(Path, sys.argv[1:])
keys, tls = Keyring.parse("control/us-1:secret"), TlsConfig(ca=ca, cert=cert, key=key)
server = serve("127.0.0.1:0", name="us", keys=keys, clock=SystemClock(), servicers=[], tls=tls)
print(server.address, flush=True)
sys.stdin.read()
server.stop(grace_seconds=0)
"""


def test_a_handshake_that_comes_to_nothing_leaves_no_line_in_the_log(network: Network) -> None:
    files = network.ours.issue("us")
    command = [sys.executable, "-c", SERVER, *map(str, (files.ca, files.cert, files.key))]
    pipes: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(command, cwd=ROOT, text=True, **pipes) as server:
        host, port = str(server.stdout and server.stdout.readline()).strip().split(":")
        for _ in range(3):
            with socket.create_connection((host, int(port)), timeout=30) as stranger:
                stranger.sendall(b"GET / HTTP/1.1\r\n\r\n")
                assert stranger.recv(1) == b""
        _, log = server.communicate("", timeout=60)
    assert log == ""
