"""Keys that every silo and every caller of the tests shares with every other: nobody lacks a key, only rights."""

from shared.domain.peer import CONTROL
from shared.rpc.keyring import Key, Keyring

SERVICE = "service:test"
OPERATOR = "operator:cli"
PEERS = (CONTROL, "us", "de", "jp", SERVICE, "service:billing", OPERATOR)
SEAL_KEY = "5e" * 32
OPERATOR_KEY = Key(peer=OPERATOR, id="cli", secret=b"secret-of-the-operator")
"""The same for all silos, as in ``silo up``."""


def keys_of(name: str, *more: str) -> Keyring:
    """What a silo or a caller of that name holds.

    Args:
        name: whose keys.
        more: peers besides ``PEERS``.
    """
    if name == OPERATOR:
        return Keyring([OPERATOR_KEY])
    return Keyring(shared_key(name, peer) for peer in dict.fromkeys((*PEERS, *more)) if peer != name)


def shared_key(name: str, peer: str) -> Key:
    """What the two share, as the first has it."""
    if peer == OPERATOR:
        return OPERATOR_KEY
    both = "-".join(sorted((name, peer))).replace(":", ".")
    return Key(peer=peer, id=both, secret=f"secret-of-{both}".encode())
