"""The contract's sentences as the simulator quotes them are those that stand above the service."""

import re
from pathlib import Path

from shared.simulation.contract import CONTRACT

PROTO = Path(__file__).parents[2] / "protos/hybridcloud/replication/v1/replica_service.proto"


def test_the_simulator_quotes_the_contract_as_it_stands_above_the_service() -> None:
    comment = " ".join(line.strip().removeprefix("//").strip() for line in PROTO.read_text().splitlines())
    stands = comment[comment.index(" 1. ") : comment.index("service ReplicaService")]
    sentences = re.split(r" (\d)\. ", stands)[1:]
    assert {int(number): text.strip() for number, text in zip(sentences[::2], sentences[1::2], strict=True)} == CONTRACT
