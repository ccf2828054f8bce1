"""What is wrong with a certificate, in a few words, by each code that OpenSSL has for it (X509_V_ERR_…)."""

import ssl

import pytest

from shared.outgoing.trust import problem_of

CODES = {
    2: "from an authority that is not known here",  # unable to get issuer cert
    9: "not valid yet",
    10: "has expired",
    18: "from an authority that is not known here",  # depth zero self-signed
    19: "from an authority that is not known here",  # self-signed in chain
    20: "from an authority that is not known here",  # unable to get issuer cert locally
    21: "from an authority that is not known here",  # unable to verify leaf signature
    23: "not to be trusted",  # revoked
    62: "for another name",  # hostname mismatch
    64: "for another name",  # IP address mismatch
}


@pytest.mark.parametrize("code", CODES)
def test_a_code_is_said_in_words(code: int) -> None:
    refused = ssl.SSLCertVerificationError("text of OpenSSL")
    refused.verify_code = code
    wrapped = ConnectionError("text of a library")
    wrapped.__cause__ = refused
    assert (problem_of(wrapped) or "").endswith(CODES[code])


def test_what_is_no_fault_of_tls_has_no_problem() -> None:
    assert problem_of(ConnectionError("refused")) is None
