"""Whom this process believes over TLS, and what is wrong with those whom it does not believe.

Owns the authorities of every way out but those of gRPC, which are the silos' own. Refuses to know who is called.
"""

import ssl
from functools import cache

import httpx

from shared.errors import ConfigInvalid

_NAME, _NUMBER = 62, 64
_NOT_YET, _EXPIRED = 9, 10
_NO_ISSUER = (2, 18, 19, 20, 21)
"""Codes of OpenSSL's verification (X509_V_ERR_…), which Python has no names for."""


@cache
def authorities() -> ssl.SSLContext:
    """The usual authorities; in their place those of ``SSL_CERT_FILE`` or ``SSL_CERT_DIR``, as every tool reads them.

    Raises:
        ConfigInvalid: there are none where the variable says.
    """
    try:
        return httpx.create_ssl_context()
    except OSError as exc:  # ssl.SSLError, of a file that holds no certificate, is one
        raise ConfigInvalid("SSL_CERT_FILE names no file of certificates in PEM.") from exc


def problem_of(error: BaseException) -> str | None:
    """What was wrong with the certificate or the TLS of whoever was called, in a few words; None: it was not that."""
    found: BaseException | None = error
    while found is not None and not isinstance(found, ssl.SSLError):
        # httpx and anyio wrap what OpenSSL says several times.
        found = found.__cause__ or found.__context__
    if isinstance(found, ssl.SSLCertVerificationError):
        return _problem_of_certificate(found.verify_code)
    return None if found is None else "it does not speak TLS as we do"


def _problem_of_certificate(code: int) -> str:
    # Two codes for one mistake: of a name, and of an address.
    if code in {_NAME, _NUMBER}:
        return "its certificate is for another name"
    if code == _EXPIRED:
        return "its certificate has expired"
    if code == _NOT_YET:
        return "its certificate is not valid yet"
    if code in _NO_ISSUER:
        return "its certificate is from an authority that is not known here"
    return "its certificate is not to be trusted"
