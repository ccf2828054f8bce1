"""``python -m tests.unit.protos.record_previous_release``: keeps what the previous release said on the wire.

Whoever makes a release runs it, after the release's commit is named in ``tests/e2e/previous_release.py``; its contracts
come from the history of the checkout.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorSet

from tests.e2e.previous_release import unpack_previous_release

PREVIOUS = Path(__file__).parent / "previous_release.binpb"
"""The contracts of the previous release, without their comments, as protoc describes them."""


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="silo-release-") as folder:
        protos = unpack_previous_release(Path(folder) / "release") / "protos"
        written = Path(folder) / "contracts.binpb"
        named = [path.relative_to(protos).as_posix() for path in sorted(protos.rglob("*.proto"))]
        command = [
            sys.executable,
            "-m",
            "grpc_tools.protoc",
            "--proto_path=.",
            f"--descriptor_set_out={written}",
            *named,
        ]
        subprocess.run(command, cwd=protos, check=True)
        contracts = FileDescriptorSet.FromString(written.read_bytes())
    PREVIOUS.write_bytes(contracts.SerializeToString(deterministic=True))
    print(f"wrote {len(contracts.file)} contracts to {PREVIOUS}")


if __name__ == "__main__":
    main()
