"""The import contracts of pyproject.toml, which say who may know whom, hold."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PARTS = ("models", "services")
PORTS = {"control_silo/services/regions.py", "region_silo/services/control.py"}
"""The one module of each silo by which its services call the other: control its regions, a region control."""
COMMAND = "from importlinter.cli import lint_imports_command; lint_imports_command()"


def test_every_import_contract_is_kept() -> None:
    """In a process of its own, since what other tests have imported and patched must not count."""
    run = subprocess.run(
        [sys.executable, "-c", COMMAND, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "0 broken" in run.stdout


def test_services_call_other_silos_through_one_port_alone() -> None:
    """import-linter has no pattern for the generated stubs, one of which stands in each ``…_pb2_grpc``."""
    below_the_wire = [
        path
        for silo in ("control_silo", "region_silo")
        for part in PARTS
        for path in (ROOT / silo / part).rglob("*.py")
    ]
    callers = {str(path.relative_to(ROOT)) for path in below_the_wire if "_pb2_grpc" in path.read_text()}
    assert callers == PORTS
