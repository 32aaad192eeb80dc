"""How setting up encryption with a service went, and which certificate it showed, even where nobody can trust it."""

from __future__ import annotations

import functools
import ssl
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from healthcheck.api import ProbeError, frozen, plain
from healthcheck.checks._certificate.certificate import Certificate, read_certificate
from healthcheck.checks._line import Line

SECOND_LOOK_S = 2.0
"""What another connection to read a bad certificate may take."""
UNENCRYPTED = "answers without the encryption that it should have"


@frozen
class Handshake:
    """What came of it. `failed` is the predicate where there was no handshake for another reason than trust.

    The line is encrypted when nothing failed and the certificate is trusted.
    """

    certificate: Certificate | None = None
    failed: str = ""
    detail: str = ""

    @property
    def secure(self) -> bool:
        """Whether one can go on to talk."""
        return not self.failed and self.certificate is not None and not self.certificate.distrust


def shake_hands(line: Line, context: ssl.SSLContext, name: str, again: Callable[[float], Line]) -> Handshake:
    """Encrypt the line with somebody who must be `name`.

    `again` opens another line to the same service within so many seconds, where one is needed to read a certificate
    that is not trusted; what it raises as `OSError` or `ProbeError` only leaves the certificate unread.
    """
    try:
        shown = line.encrypt(context, name).getpeercert() or {}
        return Handshake(Certificate(_date(shown.get("notBefore")), _date(shown.get("notAfter"))))
    except TimeoutError as error:
        return Handshake(None, "took the connection, but never finished setting up encryption", brief(error))
    except OSError as error:
        certificate = _second_look(again, name)
        if isinstance(error, ssl.SSLCertVerificationError):
            return Handshake(replace(certificate, distrust=error.verify_code, reason=error.verify_message))
        return Handshake(certificate if certificate.not_after else None, _why(error), brief(error))


@functools.cache  # nine clinics may well show the same one
def _date(text: object) -> datetime | None:
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(text), UTC) if isinstance(text, str) else None


_UNENCRYPTED = {
    "WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE",
    "UNEXPECTED_MESSAGE", "BAD_RECORD_TYPE", "RECORD_TOO_SMALL",
}  # fmt: skip
_OUTDATED = {
    "UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION", "VERSION_TOO_LOW", "WRONG_SSL_VERSION",
    "SSLV3_ALERT_HANDSHAKE_FAILURE", "DH_KEY_TOO_SMALL", "UNSAFE_LEGACY_RENEGOTIATION_DISABLED", "BAD_KEY_SHARE",
    "WRONG_SIGNATURE_TYPE", "LEGACY_SIGALG_DISALLOWED_OR_UNSUPPORTED", "TLSV1_ALERT_INSUFFICIENT_SECURITY",
}  # fmt: skip


def _why(error: OSError) -> str:
    reason = getattr(error, "reason", "") or ""
    if reason in _UNENCRYPTED:
        return UNENCRYPTED
    if reason in _OUTDATED:
        return "offers only an outdated kind of encryption"
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError | ConnectionError):
        return "hung up while encryption was being set up"
    return "could not agree with this computer on encryption"


def _second_look(again: Callable[[float], Line], name: str) -> Certificate:
    """The certificate as it stands, from a connection that takes anything and asks for nothing."""
    anything = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anything.check_hostname = False
    anything.verify_mode = ssl.CERT_NONE
    anything.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    anything.set_ciphers("ALL:@SECLEVEL=0")
    try:
        with again(SECOND_LOOK_S) as line:
            return read_certificate(line.encrypt(anything, name).getpeercert(binary_form=True) or b"")
    except (OSError, ValueError, ProbeError):
        return Certificate()


def brief(error: Exception) -> str:
    """An error as IT reads it."""
    return plain(f"{type(error).__name__}: {error}", 200)
