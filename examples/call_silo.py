"""Calls one method of a silo, signed, with nothing of Silo's own code: docs/signing.md says what is signed, and why.

    SILO_RPC_KEYS=operator:cli/op-1:… python call_silo.py operator:cli us 127.0.0.1:50061 \
        /hybridcloud.apps.v1.AppService/GetSentryAppBySlug 0a066b616e62616e

Prints the answer as hex; the code that protoc makes of protos/ writes the request and reads the answer.
"""

import hashlib
import hmac
import os
import secrets
import sys
import time

import grpc


def sign(
    entry: str, *, caller: str, target: str, method: str, timestamp: str, nonce: str, request: bytes
) -> dict[str, str]:
    """The metadata of one call. Each call is signed anew: a nonce is accepted once.

    Args:
        entry: ``peer/id:secret``, as ``silo key add`` prints it for the caller; who the peer is, is not signed.
        caller: whom the key was made for.
        target: the name of the silo that is called, never its address.
        method: ``/package.Service/Method``.
        timestamp: unix seconds.
        nonce: 32 hex digits that were never used before.
        request: the message, exactly as it is sent; empty when the request is a stream.
    """
    key_id, _, secret = entry.partition("/")[2].partition(":")
    digest = hashlib.sha256(request).hexdigest()
    lines = f"silo-v1\n{key_id}\n{caller}\n{target}\n{method}\n{timestamp}\n{nonce}\n{digest}"
    return {
        "silo-key": key_id,
        "silo-caller": caller,
        "silo-target": target,
        "silo-timestamp": timestamp,
        "silo-nonce": nonce,
        "silo-signature": hmac.new(secret.encode(), lines.encode(), hashlib.sha256).hexdigest(),
    }


def main(caller: str, target: str, address: str, method: str, request: str) -> None:
    """Makes the call and prints what came of it."""
    body = bytes.fromhex(request)
    metadata = sign(
        os.environ["SILO_RPC_KEYS"].split(",")[0],
        caller=caller,
        target=target,
        method=method,
        timestamp=str(int(time.time())),
        nonce=secrets.token_hex(16),
        request=body,
    )
    with grpc.insecure_channel(address) as channel:
        call = channel.unary_unary(method, None, None)  # without serializers: bytes in, bytes out
        try:
            print(call(body, timeout=5, metadata=tuple(metadata.items())).hex())
        except grpc.RpcError as error:
            sys.exit(f"{error.code().name}: {error.details()}")


if __name__ == "__main__":
    main(*sys.argv[1:])
