"""What a certificate says (RFC 5280)."""

from __future__ import annotations

from datetime import UTC, datetime

from healthcheck.api import frozen, plain


@frozen
class Certificate:
    """What a server shows: dates (None where unreadable), names, issuer, and the verify error's code and text.

    The codes are OpenSSL's (`X509_V_ERR_…` in x509_vfy.h); 0 is a certificate that is trusted.
    """

    not_before: datetime | None = None
    not_after: datetime | None = None
    names: tuple[str, ...] = ()
    issuer: str = ""
    distrust: int = 0
    reason: str = ""


def read_certificate(der: bytes) -> Certificate:
    """The dates, names and issuer of a certificate (DER, RFC 5280); whatever of it cannot be read is left out."""
    from cryptography import x509  # slow to import, and needed for bad certificates only

    try:
        read = x509.load_der_x509_certificate(der)
        dates = read.not_valid_before_utc, read.not_valid_after_utc
    except (ValueError, x509.InvalidVersion):
        return Certificate()
    try:
        issuer = plain(read.issuer.rfc4514_string(), 120)
    except ValueError:
        issuer = ""
    try:
        alternatives = read.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = tuple(plain(str(name.value), 80) for name in alternatives)
    except (ValueError, x509.ExtensionNotFound, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        names = ()
    return Certificate(*dates, names=names, issuer=issuer)


def worse(first: Certificate | None, second: Certificate | None) -> Certificate | None:
    """Of two certificates met on the way, the one to speak of."""
    if first is None or second is None or second.distrust:
        return second or first
    latest = datetime.max.replace(tzinfo=UTC)
    return min(first, second, key=lambda certificate: certificate.not_after or latest)


def described(certificate: Certificate) -> str:
    parts = []
    if certificate.not_before and certificate.not_after:
        parts.append(f"certificate valid {certificate.not_before:%Y-%m-%d} to {certificate.not_after:%Y-%m-%d} UTC")
    if certificate.names:
        parts.append(f"for {', '.join(certificate.names[:5])}")
    if certificate.issuer:
        parts.append(f"issuer {certificate.issuer}")
    if certificate.distrust:
        parts.append(f"verify error {certificate.distrust}: {certificate.reason}")
    return "; ".join(parts)


def is_made_out_to(certificate: Certificate, name: str) -> bool:
    """Whether one of its names is this one, or stands for it with a "*" in place of the first word (RFC 9525)."""
    wanted = name.lower().removesuffix(".")
    _, _, parent = wanted.partition(".")
    usable = {known.lower() for known in certificate.names}
    return wanted in usable or ("." in parent and f"*.{parent}" in usable)
