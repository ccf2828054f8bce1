"""The second half runs a real Node.js, since what its JSON.stringify prints is the specification."""

import hashlib
import hmac
import json
import shutil
import subprocess
from collections.abc import Iterator
from typing import IO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.domain.json_text import encode_body, stringify
from shared.domain.json_value import JsonValue
from shared.domain.signature import sign, sign_webhook

SECRET = "s3cr3t-é"
PAYLOAD: JsonValue = {"data": {"title": "Ça marche 🎉", "count": 3.0}, "action": "created"}

KEYS = st.one_of(st.text(max_size=6), st.integers(0, 2**33).map(str), st.sampled_from(["__proto__", "constructor"]))
STRINGS = st.text(st.characters(exclude_categories=()), max_size=20)  # lone surrogates included
NUMBERS = st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.floats(1e-9, 1e-3))
VALUES: st.SearchStrategy[JsonValue] = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, STRINGS),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=30,
)

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="node is not on PATH")
ECHO = "require('readline').createInterface({input:process.stdin}).on('line',l=>console.log(%s))"


class Node:
    """A running Node.js that answers ``JSON.stringify(JSON.parse(line))`` for every line."""

    def __init__(self, stdin: IO[bytes], stdout: IO[bytes]) -> None:
        self._stdin, self._stdout = stdin, stdout

    def reprint(self, body: bytes) -> bytes:
        self._stdin.write(body + b"\n")
        self._stdin.flush()
        return self._stdout.readline().removesuffix(b"\n")


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    script = ECHO % "JSON.stringify(JSON.parse(l))"
    with subprocess.Popen(["node", "-e", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield Node(process.stdin, process.stdout)
        process.stdin.close()


def test_the_hook_signature_is_hex_hmac_sha256_of_the_body() -> None:
    signed = sign_webhook(PAYLOAD, secret=SECRET)
    assert signed.hook_signature == hmac.new(SECRET.encode(), signed.body, hashlib.sha256).hexdigest()
    assert json.loads(signed.body) == PAYLOAD


def test_the_app_signature_is_of_what_javascript_prints() -> None:
    printed = '{"data":{"title":"Ça marche 🎉","count":3},"action":"created"}'
    assert sign_webhook(PAYLOAD, secret=SECRET).app_signature == sign(printed.encode(), secret=SECRET)


def test_both_headers_are_sent() -> None:
    signed = sign_webhook({}, secret=SECRET)
    assert signed.headers == {
        "Sentry-Hook-Signature": sign(b"{}", secret=SECRET),
        "Sentry-App-Signature": sign(b"{}", secret=SECRET),
    }


def test_the_body_is_not_in_the_repr() -> None:
    assert "marche" not in repr(sign_webhook(PAYLOAD, secret=SECRET))


def test_a_request_without_body_is_signed_too() -> None:
    assert sign(b"", secret="key") == hmac.new(b"key", b"", hashlib.sha256).hexdigest()


@needs_node
@given(value=VALUES)
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_node_prints_every_body_as_we_do(node: Node, value: JsonValue) -> None:
    assert node.reprint(encode_body(value)) == stringify(value).encode()


@needs_node
@given(number=st.floats(allow_nan=False, allow_infinity=False))
@settings(max_examples=400, deadline=None)
def test_node_prints_every_number_as_we_do(node: Node, number: float) -> None:
    assert node.reprint(encode_body(number)) == stringify(number).encode()


@needs_node
def test_a_receiver_in_javascript_verifies_the_app_signature(node: Node) -> None:
    signed = sign_webhook(PAYLOAD, secret=SECRET)
    computed = sign(node.reprint(signed.body), secret=SECRET)
    assert computed == signed.app_signature
    assert computed != signed.hook_signature
