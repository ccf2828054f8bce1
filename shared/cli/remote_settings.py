"""What a command reads of the environment when it talks to a platform that is not on this machine.

Imported by those commands alone: pydantic takes longer to start than most commands take.
"""

from typing import Annotated

from pydantic import Field, SecretStr

from shared.config.settings import Shown
from shared.config.silo import TlsSettings


class RemoteSettings(TlsSettings):
    """The means to use a platform, beside ``--control`` and ``--token``."""

    session: Annotated[SecretStr, Shown("none")] = Field(default=SecretStr(""), validation_alias="SILO_SESSION")
    """the value of a cookie `sentrysid`, for commands that no token may do"""
    # Parsed only by the commands that sign: the others work with a text that is no keyring.
    rpc_keys: SecretStr = Field(default=SecretStr(""), validation_alias="SILO_RPC_KEYS")
    """`peer/id:secret[,…]`: a key names the peer that it is shared with; the first of a peer signs, all verify"""
