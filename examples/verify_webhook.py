"""Verifies a webhook with nothing of ours: the bytes that came, against the header Sentry-Hook-Signature.

python verify_webhook.py SECRET SIGNATURE < body          exits with 0 if it is genuine
"""

import hashlib
import hmac
import sys


def is_genuine(body: bytes, signature: str, secret: str) -> bool:
    """Whether whoever knows the client secret has signed these bytes."""
    expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    # In constant time: how soon a comparison ends would tell how much was right.
    return hmac.compare_digest(expected, signature)


if __name__ == "__main__":
    sys.exit(0 if is_genuine(sys.stdin.buffer.read(), sys.argv[2], sys.argv[1]) else 1)
