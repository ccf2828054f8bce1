"""Servers that are no control, which someone named all the same."""

import pytest

from shared.cli.main import SAID_NO, run
from tests.integration.third_party import running_app


@pytest.mark.parametrize("body", [b"<html>", b""])
def test_a_server_that_is_not_control_is_told(body: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    with running_app() as other:
        other.answers("/api/0/sentry-apps/", body=body)
        line = ["app", "list", "--control", other.url, "--token", "t"]
        assert run(line, environ={}) == SAID_NO
    assert "does not answer as control does" in capsys.readouterr().err
