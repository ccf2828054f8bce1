"""Every webhook as an app received it; played once for all tests of this folder."""

import itertools
from collections.abc import Iterator
from typing import TypeAlias

import pytest

from shared.domain.event import AppEvent
from tests.contract.rest.stage import Stage, open_stage
from tests.contract.webhooks.page import play
from tests.integration.third_party import ReceivedRequest

Received: TypeAlias = dict[AppEvent, ReceivedRequest]


@pytest.fixture(scope="package")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder, numbers = tmp_path_factory.mktemp("webhooks"), itertools.count(1)
    with open_stage(lambda: f"sqlite:///{folder / str(next(numbers))}.db") as stage:
        yield stage


@pytest.fixture(scope="package")
def received(stage: Stage) -> Received:
    return play(stage)
