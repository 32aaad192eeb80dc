"""Certificates in a file of a host: PEM with as many as it likes, or one as DER. Private keys are never fetched."""

from __future__ import annotations

import base64
import binascii
import re
import shlex

from healthcheck.api import Answer, ProbeError, frozen, plain
from healthcheck.checks._certificate.certificate import Certificate, read_certificate

MOST_CERTIFICATES = 20
"""A server's file holds its own and a few above it; what holds more is a collection."""


@frozen
class Chain:
    """The certificates of a file in their order, and whether each is vouched for by the one that follows it."""

    certificates: tuple[Certificate, ...]
    linked: bool = True


def question(path: str) -> str:
    """POSIX shell that prints the certificates in a PEM file and nothing else of it, or a DER file in base64."""
    file = shlex.quote(path)
    certificates = r"/-----BEGIN \(X509 \)\{0,1\}CERTIFICATE-----/,/-----END/p"
    return (
        f": <{file}; if grep -q -e '-----BEGIN' {file}; then sed -n -e '{certificates}' {file} | head -c 400000; "
        f"else base64 <{file} | head -c 100000; fi"
    )


_PEM = re.compile(r"-----BEGIN (?:X509 )?CERTIFICATE-----([^-]*)-----END")


def chain(answer: Answer) -> Chain:
    """What the answer to `question` holds (RFC 7468). `ProbeError` when that is no certificate that can be read."""
    if answer.exit != 0:
        raise ProbeError("the file with its security certificate could not be read", plain(answer.text, 200))
    blocks = _PEM.findall(answer.text) or [answer.text]
    try:
        encoded = [base64.b64decode("".join(block.split()), validate=True) for block in blocks]
    except (binascii.Error, ValueError):
        raise _unreadable(f"{len(answer.text)} characters that are neither PEM nor DER") from None
    if len(encoded) > MOST_CERTIFICATES:
        raise _unreadable(f"{len(encoded)} certificates: a collection, not the file of one server")
    certificates = tuple(read_certificate(der) for der in encoded)
    if not all(certificate.not_after for certificate in certificates):
        raise _unreadable(f"{sum(map(len, encoded))} bytes that are no X.509 certificate")
    return Chain(certificates, all(map(_vouched_for, encoded, encoded[1:])))


def _vouched_for(certificate: bytes, issuer: bytes) -> bool:
    from cryptography import exceptions, x509  # slow to import, and needed for files only

    try:
        read, above = (x509.load_der_x509_certificate(der) for der in (certificate, issuer))
        read.verify_directly_issued_by(above)
    except (ValueError, TypeError, x509.InvalidVersion, exceptions.InvalidSignature, exceptions.UnsupportedAlgorithm):
        return False
    return True


def _unreadable(detail: str) -> ProbeError:
    return ProbeError("its file holds no security certificate that can be read", detail)
