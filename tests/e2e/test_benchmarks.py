"""The benchmarks that run a process of their own still find what they measure."""

from pathlib import Path

import pytest

from tests.benchmarks.rest import serving
from tests.benchmarks.rest_server import EMPTY

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def test_the_server_of_the_rest_benchmark_answers_what_is_measured(tmp_path: Path) -> None:
    with serving(f"sqlite:///{tmp_path / 'few.db'}", apps=100) as line:
        nothing, one, many = (
            line.getter(path)() for path in (EMPTY, "/api/0/sentry-apps/app-77/", "/api/0/sentry-apps/")
        )
    assert nothing == len("{}") < one < many
