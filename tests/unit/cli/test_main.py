import io
import json
from importlib.metadata import version
from pathlib import Path

import pytest

from shared.cli.main import DONE, SAID_NO, WRONG_USE, run
from shared.cli.topology import write_topology
from tests.unit.cli.test_topology import TOPOLOGY


@pytest.fixture
def stopped(tmp_path: Path) -> str:
    """The directory of a platform that does not run: nothing listens on its ports."""
    found = json.dumps(TOPOLOGY.as_json()).replace(":8000", ":1").replace(":50051", ":1").replace(":50061", ":1")
    (tmp_path / "topology.json").write_text(found)
    return str(tmp_path)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("statsu", "silo: No such command 'statsu'. Did you mean 'status'?"),
        ("up --nonsense", "silo up: No such option: --nonsense"),
        ("up --http-port 70000", "silo up: Invalid value for '--http-port'"),
        ("up --region us --region us", "silo up: The region 'us' is named twice."),
        ("up --region control", "silo up: 'control' is no name for a region"),
        ("up --region Us", "silo up: 'Us' is no name for a region"),
        ("app create", "silo app create: Missing argument 'MANIFEST' (see silo app create --help)"),
        ("rpc us nonsense", "silo rpc: A method is named package.Service/Method"),
        ("user create a@b.example --role owner", "silo user create: --role says"),
        ("status --control nonsense", "silo status: --control takes a URL"),
        ("app list --control http://[::1 --token t", "silo app list: --control takes a URL"),
        ("app list --control http://host:abc --token t", "silo app list: --control takes a URL"),
        ("app list --control http://host:99999 --token t", "silo app list: --control takes a URL"),
        ("app list --control http://127.0.0.1:1", "silo app list: Name a token with --token or SILO_TOKEN"),
        ("app list --control http://127.0.0.1:1 --token ä", "silo app list: --token takes an API token"),
        ("app list --status bogus", "silo app list: Invalid value for '--status': 'bogus' is not one of"),
        ("org feature acme organizations:x maybe", "silo org feature: Invalid value for 'on|off': 'maybe' is not"),
        ("region list --control http://127.0.0.1:1", "silo region list: Set SILO_RPC_KEYS"),
    ],
)
def test_wrong_use_ends_with_two_and_one_line(line: str, sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(line.split(), environ={}) == WRONG_USE
    printed = capsys.readouterr()
    assert printed.err.startswith(sentence)
    assert (printed.out, printed.err.count("\n")) == ("", 1)


@pytest.mark.parametrize("line", ["app list --data {}", "app --data {} list", "--data {} app list --json"])
def test_a_platform_is_named_anywhere_on_the_line(
    line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(line.format(tmp_path / "nowhere").split(), environ={}) == WRONG_USE
    assert f"There is no {tmp_path / 'nowhere' / 'topology.json'}." in capsys.readouterr().err


@pytest.mark.parametrize("name", ["", ".", "..", "../organizations", "kanban/api-tokens/7"])
@pytest.mark.parametrize(
    "line", [["app", "show"], ["app", "delete"], ["app", "token", "list"], ["deliveries", "list"], ["app", "publish"]]
)
def test_what_is_typed_for_a_name_stays_one_part_of_a_path(
    line: list[str], name: str, stopped: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*line, name, "--data", stopped], environ={}) == WRONG_USE
    assert f"{name!r} is neither a slug nor an id." in capsys.readouterr().err


@pytest.mark.parametrize("line", ["app list", "org create shop --region us", "region list", "org list"])
def test_a_platform_that_is_down_says_no(line: str, stopped: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*line.split(), "--data", stopped], environ={}) == SAID_NO
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("line", ["region list", "org list", "outbox list us"])
def test_a_silo_that_is_away_is_named_with_what_to_do_next(
    line: str, stopped: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run([*line.split(), "--data", stopped], environ={})
    sentence = "control cannot be reached. `silo status` shows which silos answer."
    assert capsys.readouterr().err == f"silo {' '.join(line.split()[:2])}: {sentence}\n"


def test_an_error_of_a_call_is_printed_with_its_reason(stopped: str, capsys: pytest.CaptureFixture[str]) -> None:
    line = ["rpc", "us", "hybridcloud.operations.v1.OutboxService/GetStatus", "--data", stopped]
    assert run(line, environ={}) == SAID_NO
    sentence = "silo rpc: us cannot be reached. `silo status` shows which silos answer."
    assert f"{sentence} [UNAVAILABLE SILO_UNREACHABLE]" in capsys.readouterr().err


def test_the_status_of_a_platform_that_is_down_can_be_read(stopped: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["status", "--json", "--data", stopped], environ={}) == DONE
    report = json.loads(capsys.readouterr().out)
    assert report["control"]["reachable"] is report["regions"]["us"]["reachable"] is False
    assert report["regions"]["us"]["backlog"] is None


class Impatient(io.StringIO):
    """A file that has had enough when it holds two tables."""

    def flush(self) -> None:
        if self.getvalue().count("breaker") == 2:
            raise KeyboardInterrupt


def test_a_status_that_is_watched_through_a_pipe_is_printed_again_and_again(
    stopped: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.cli.status._EVERY_SECONDS", 0.0)
    monkeypatch.setattr("sys.stdout", Impatient())
    assert run(["status", "--watch", "--data", stopped], environ={}) == DONE


def test_an_address_where_nobody_listens_is_named_with_the_reason(
    stopped: str, capsys: pytest.CaptureFixture[str]
) -> None:
    line = ["rpc", "127.0.0.1:2", "hybridcloud.operations.v1.OutboxService/GetStatus", "--data", stopped]
    assert run(line, environ={}) == SAID_NO
    assert "No silo answers at 127.0.0.1:2. [UNAVAILABLE SILO_UNREACHABLE]" in capsys.readouterr().err


@pytest.mark.parametrize("entry", ["nonsense", "=x", "grün=x", "key=\n", "key-bin=%"])
def test_metadata_that_cannot_be_sent_is_refused(entry: str, tmp_path: Path) -> None:
    write_topology(tmp_path, TOPOLOGY)
    line = ["rpc", "us", "grpc.health.v1.Health/Check", "--metadata", entry, "--data", str(tmp_path)]
    assert run(line, environ={}) == WRONG_USE


def test_help_begins_with_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"], environ={}) == DONE
    assert "Start with: silo up" in capsys.readouterr().out


def test_the_version_is_the_package_s(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"], environ={}) == DONE
    assert capsys.readouterr().out == f"silo {version('silo')}\n"


def test_the_example_manifest_is_json_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["app", "example"], environ={}) == DONE
    assert json.loads(capsys.readouterr().out)["name"] == "Acme Kanban"
