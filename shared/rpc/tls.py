"""Mutual TLS between silos.

Owns reading the three files and turning them into gRPC credentials. Refuses to know who may call: that is the
signature's matter; TLS only keeps the wire private and strangers out.
"""

from dataclasses import dataclass
from pathlib import Path

import grpc

from shared import errors


@dataclass(frozen=True)
class TlsConfig:
    """Paths of PEM files. Both ends present a certificate that the authority signed."""

    ca: Path
    """Certificate of the authority (``SILO_TLS_CA``)."""
    cert: Path
    """This silo's certificate chain, leaf first; its names include the host that others dial (``SILO_TLS_CERT``)."""
    key: Path
    """The certificate's private key, without a passphrase (``SILO_TLS_KEY``)."""

    def channel_credentials(self) -> grpc.ChannelCredentials:
        """Raises:
        ConfigInvalid: a file cannot be read.
        """
        return grpc.ssl_channel_credentials(
            root_certificates=_read(self.ca), private_key=_read(self.key), certificate_chain=_read(self.cert)
        )

    def server_credentials(self) -> grpc.ServerCredentials:
        """Raises:
        ConfigInvalid: a file cannot be read.
        """
        return grpc.ssl_server_credentials(
            [(_read(self.key), _read(self.cert))], root_certificates=_read(self.ca), require_client_auth=True
        )


def _read(path: Path) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as exc:
        raise errors.ConfigInvalid(f"The TLS file {path} cannot be read.", metadata={"path": str(path)}) from exc
