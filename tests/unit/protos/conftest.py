"""What the tests of the contracts look at: the contracts themselves, parsed with their comments."""

from collections.abc import Sequence

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet

from protos.generate import protoc


@pytest.fixture(scope="session")
def contracts(tmp_path_factory: pytest.TempPathFactory) -> Sequence[FileDescriptorProto]:
    described = tmp_path_factory.mktemp("contracts") / "descriptors.bin"
    protoc(f"--descriptor_set_out={described}", "--include_source_info")
    return FileDescriptorSet.FromString(described.read_bytes()).file
