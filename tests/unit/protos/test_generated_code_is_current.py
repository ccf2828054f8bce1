"""``shared.pb`` is what the pinned generator makes of the contracts, and works from where it stands."""

import importlib
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

from protos.generate import OUTPUT, PINNED, PROTOS, GenerationFailed, generate, require_pinned_generators, stale_files


@pytest.fixture(scope="module")
def generated() -> Mapping[str, str]:
    return generate()


def _write(files: Mapping[str, str], *, to: Path) -> None:
    for name, text in files.items():
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        (to / name).write_bytes(text.encode())


def test_the_committed_code_is_what_the_contracts_generate_byte_for_byte(generated: Mapping[str, str]) -> None:
    assert stale_files(generated) == [], "run `python protos/generate.py`"


def test_an_edited_file_is_stale(generated: Mapping[str, str], tmp_path: Path) -> None:
    _write(generated, to=tmp_path)
    (tmp_path / "__init__.py").write_text("edited = True\n")
    assert stale_files(generated, output=tmp_path) == ["__init__.py"]


def test_a_missing_file_is_stale(generated: Mapping[str, str], tmp_path: Path) -> None:
    _write(generated, to=tmp_path)
    (tmp_path / "hybridcloud" / "__init__.py").unlink()
    assert stale_files(generated, output=tmp_path) == ["hybridcloud/__init__.py"]


def test_a_file_without_a_contract_is_stale_even_when_it_is_empty(generated: Mapping[str, str], tmp_path: Path) -> None:
    _write({**generated, "hybridcloud/left_over_pb2.py": ""}, to=tmp_path)
    assert stale_files(generated, output=tmp_path) == ["hybridcloud/left_over_pb2.py"]


def test_compiled_bytecode_is_not_stale(generated: Mapping[str, str], tmp_path: Path) -> None:
    _write({**generated, "__pycache__/__init__.cpython-311.pyc": ""}, to=tmp_path)
    assert stale_files(generated, output=tmp_path) == []


@pytest.mark.parametrize("pinned", [{"grpcio-tools": "0.1"}, {"no-such-generator": "1.0"}])
def test_another_generator_than_the_pinned_one_is_refused(pinned: Mapping[str, str]) -> None:
    with pytest.raises(GenerationFailed, match=rf"^needs {next(iter(pinned))}==.* \(found .+\)$"):
        require_pinned_generators(pinned)


def test_the_generators_are_pinned_at_the_floor_that_the_project_declares() -> None:
    project = tomllib.loads((PROTOS.parent / "pyproject.toml").read_text())["project"]
    assert f"grpcio>={PINNED['grpcio-tools']}" in project["dependencies"]
    assert {f"{name}=={version}" for name, version in PINNED.items()} <= set(project["optional-dependencies"]["dev"])


@pytest.mark.parametrize("name", sorted(path.stem for path in OUTPUT.rglob("*_service_pb2_grpc.py")))
def test_every_service_imports_from_the_package_alone(name: str) -> None:
    (module,) = (path.relative_to(PROTOS.parent) for path in OUTPUT.rglob(f"{name}.py"))
    importlib.import_module(".".join(module.with_suffix("").parts))
    assert not [loaded for loaded in sys.modules if loaded.partition(".")[0] == "hybridcloud"]


def test_whoever_serves_a_service_can_describe_it() -> None:
    code = (
        "from google.protobuf import descriptor_pool; "
        "from shared.pb.hybridcloud.apps.v1 import app_service_pb2_grpc; "
        "print(descriptor_pool.Default().FindServiceByName('hybridcloud.apps.v1.AppService').full_name)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROTOS.parent, capture_output=True, text=True, check=False
    )  # a process of its own, in which no test has imported more
    assert done.stdout.strip() == "hybridcloud.apps.v1.AppService", done.stderr


def test_messages_name_the_module_that_they_come_from() -> None:
    module = importlib.import_module("shared.pb.hybridcloud.apps.v1.app_pb2")
    assert module.RpcSentryApp.__module__ == module.__name__


def test_an_rpc_keeps_its_idempotency_level_at_run_time() -> None:
    services = importlib.import_module("shared.pb.hybridcloud.apps.v1.app_service_pb2").DESCRIPTOR.services_by_name
    options = services["AppService"].methods_by_name["GetSentryAppBySlug"].GetOptions()
    assert options.idempotency_level == options.NO_SIDE_EFFECTS
