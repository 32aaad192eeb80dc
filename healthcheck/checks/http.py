"""Whether a web page or web service answers as it should, and how long its certificate still holds."""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import ClassVar, cast
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from healthcheck.api import (
    Check,
    Levels,
    Metric,
    NoAnswer,
    ProbeError,
    Prohibited,
    Refused,
    Result,
    Status,
    Target,
    ago,
    calendar_day,
    duration,
    plain,
)  # fmt: skip

READ_BYTES = 1 << 20
"""How much of a page is read; the text that is looked for must stand within it."""
SECOND_LOOK_S = 2.0
"""What another connection to read a bad certificate may take."""
ADDRESS = "{address}"

_REDIRECTS = {301, 302, 303, 307, 308}
_PORTS = {"http": 80, "https": 443}
_KEPT_IN_URLS = "/%:@!$&'()*+,;=?[]~"
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Page:
    """What came of asking for a page. `failed` is the predicate when none came; `shown` is its URL without its query.

    `onward` is where a redirect leads that was not followed any more; `cut` tells that more came than is read.
    """

    shown: str
    failed: str = ""
    detail: str = ""
    status: int = 0
    onward: str = ""
    has_text: bool = False
    cut: bool = False
    took_s: float = 0.0
    redirects: int = 0
    certificate: Certificate | None = None


@dataclass(frozen=True, kw_only=True)
class Http(Check[Page]):
    """Whether a web page answers, says what it should, and how many days its certificate still holds.

    url            http:// or https://; "{address}" in it stands for the host's own address
    text           must occur in the page (in its first MiB); empty: any page will do
    status         status codes that are right; empty: 200 to 299, and any redirect where none is followed
    max_redirects  how many redirects are followed
    response_s     seconds until the page was there
    days_left      days until the certificate expires
    ca_file        PEM file of the only authorities to trust, for a practice with its own; empty: the system's

    Problem: refused, no answer in time, forbidden on the way, no encryption where it is asked for, a certificate that
    is not trusted (expired, not valid yet, another name, unknown issuer, self-signed, too weak), another status, the
    text not found, or a value beyond its critical limit. Look: a value beyond its warning limit, or a secure page that
    hands its visitors on to an insecure one. Could not check: the name has no address, or `ca_file` cannot be read.

    Needs nothing on the other side. No login and no cookie is ever sent. Sources: RFC 9110 and RFC 9112 (HTTP),
    RFC 5280 (certificates), verify codes of OpenSSL 3.
    """

    kind: ClassVar[str] = "http"
    reachability: ClassVar[bool] = True
    default_timeout_s: ClassVar[float] = 10.0
    default_attempts: ClassVar[int] = 3

    url: str
    text: str = ""
    status: tuple[int, ...] = ()
    max_redirects: int = 5
    response_s: Levels = Levels.above(warning=5)
    days_left: Levels = Levels.below(warning=21, critical=7)
    ca_file: str = ""

    def other_end(self) -> str:
        return "" if ADDRESS in self.url else urlsplit(self.url).hostname or ""

    def probe(self, target: Target) -> Page:
        begun = time.monotonic()
        address = f"[{target.host.address}]" if ":" in target.host.address else target.host.address
        url, redirects, certificate = self.url.replace(ADDRESS, address), 0, None
        while True:
            page = self._fetch(target, urlsplit(url))
            certificate = _worse(certificate, page.certificate)
            if not page.onward or redirects >= self.max_redirects:
                took_s = time.monotonic() - begun
                return replace(page, took_s=took_s, redirects=redirects, certificate=certificate)
            url, redirects = page.onward, redirects + 1

    def _fetch(self, target: Target, url: SplitResult) -> Page:
        """One request and what came of it."""
        page = Page(f"{url.scheme}://{url.netloc.rpartition('@')[2]}{url.path}")
        try:
            line = Line(target, url, target.left_s())
        except (Refused, NoAnswer, Prohibited) as error:
            return replace(page, failed=error.says, detail=error.detail)
        with line:
            if url.scheme == "https":
                try:
                    page = replace(page, certificate=line.encrypt(target.tls(ca_file=self.ca_file)))
                except OSError as error:
                    return _not_secure(target, url, page, error)
            try:
                return self._read(line, url, page)
            except (OSError, ValueError, http.client.HTTPException) as error:
                return replace(page, failed=_broken_off(error, line), detail=_brief(error))

    def _read(self, line: Line, url: SplitResult, page: Page) -> Page:
        response = line.get(url)
        page = replace(page, status=response.status)
        if response.status in _REDIRECTS and response.status not in self.status:
            onward = _onward(url, response.headers.get("Location", ""))
            if onward:
                return replace(page, onward=onward)
        body = response.read(READ_BYTES + 1)
        if response.length and len(body) <= READ_BYTES:
            raise http.client.IncompleteRead(body, response.length)
        charset = response.headers.get_content_charset("utf-8")
        return replace(page, has_text=self.text in _decoded(body[:READ_BYTES], charset), cut=len(body) > READ_BYTES)

    def evaluate(self, page: Page, now: datetime) -> Iterator[Result]:
        if page.failed:
            yield Result(Status.CRITICAL, page.failed, f"{page.shown}: {page.detail}")
        elif page.status:
            yield self._judge_page(page)
        if page.certificate is not None:
            yield from self._judge_certificate(page.certificate, now)

    def _judge_page(self, page: Page) -> Result:
        detail = f"GET {page.shown}: status {page.status} in {page.took_s * 1000:.0f} ms"
        if page.redirects:
            detail += f", redirects: {page.redirects}"
        took = Metric("response", page.took_s, "s")
        if page.onward and self.max_redirects:
            return Result(Status.CRITICAL, "sends its visitors on and on without end", detail, took)
        if not self._is_right(page.status):
            return Result(Status.CRITICAL, _wrong_status(page.status), detail, took)
        if self.text and not page.has_text:
            where = f"the first {READ_BYTES} bytes" if page.cut else "the page"
            says = "answers, but the page does not say what it should"
            return Result(Status.CRITICAL, says, f"{detail}; {self.text!r} is not in {where}", took)
        if self.url.startswith("https:") and page.shown.startswith("http:"):
            return Result(Status.WARNING, "hands its visitors on to a page without encryption", detail, took)
        slow = self.response_s.judge(page.took_s)
        says = "shows its page" if slow is Status.OK else f"shows its page slowly, after {duration(page.took_s)}"
        return Result(slow, says, detail, took)

    def _is_right(self, status: int) -> bool:
        if self.status:
            return status in self.status
        return 200 <= status <= 299 or (status in _REDIRECTS and not self.max_redirects)

    def _judge_certificate(self, certificate: Certificate, now: datetime) -> Iterator[Result]:
        detail = _described(certificate)
        begins, ends = certificate.not_before, certificate.not_after
        over, early = ends is not None and ends < now, begins is not None and begins > now
        told_by_dates = (certificate.distrust == EXPIRED and over) or (certificate.distrust == NOT_YET_VALID and early)
        if certificate.distrust and not told_by_dates:
            yield Result(Status.CRITICAL, f"has a security certificate {_distrust(certificate.distrust)}", detail)
        if begins is None or ends is None:
            if not certificate.distrust:
                yield Result(Status.UNKNOWN, "has a security certificate whose dates could not be read", detail)
            return
        left = Metric("days left", round((ends - now) / _DAY, 2), "d")
        if over:
            says = f"has a security certificate that expired {ago(ends, now)}"
            yield Result(Status.CRITICAL, says, detail, left)
        elif early:
            first = begins.astimezone(now.tzinfo)
            says = f"has a security certificate that is not valid before {calendar_day(first)}, {first.year}"
            yield Result(Status.CRITICAL, says, detail, left)
        else:
            judged = self.days_left.judge(left.value)
            until = duration((ends - now).total_seconds())
            holds = f"holds for {until} more" if judged is Status.OK else f"expires in {until}"
            yield Result(judged, f"has a security certificate that {holds}", detail, left)

    def mistakes(self) -> Iterator[tuple[str, str]]:
        try:
            url = urlsplit(self.url.replace(ADDRESS, "address"))
            _ = url.port
        except ValueError as error:
            yield "url", f"is not a URL: {error}"
            return
        if url.scheme not in _PORTS or not url.hostname:
            yield "url", "must begin with http:// or https:// and name a machine"
        if "@" in url.netloc:
            yield "url", "must not carry a user name or password: they would show in reports"
        if not 0 <= self.max_redirects <= 20:
            yield "max_redirects", "must be between 0 and 20"
        if not all(100 <= status <= 599 for status in self.status):
            yield "status", "must be between 100 and 599"


EXPIRED = 10
NOT_YET_VALID = 9
_DISTRUST = {
    NOT_YET_VALID: "that rests on one that is not valid yet",
    EXPIRED: "that rests on one that has expired",
    **dict.fromkeys((2, 20, 21), "from an issuer that this computer does not know"),
    18: "that it made itself, so nobody vouches for it",
    19: "from a private issuer that this computer was not told to trust",
    23: "that its issuer has withdrawn",
    **dict.fromkeys((62, 64), "that is made out to another name"),
    **dict.fromkeys((66, 67, 68), "that is too weak to be trusted"),
}


def _distrust(code: int) -> str:
    return _DISTRUST.get(code, "that cannot be trusted")


def _wrong_status(status: int) -> str:
    if status in _REDIRECTS:
        return "answers, but sends its visitors nowhere"
    if status in (401, 403, 407):
        return "answers, but does not let anybody see the page"
    if status in (404, 410):
        return "answers, but the page is not there"
    if status in (429, 503):
        return "answers, but says that it is too busy or closed for repair"
    return "answers, but reports a fault of its own" if status >= 500 else "answers, but not with the page"


_UNENCRYPTED = {
    "WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE",
    "UNEXPECTED_MESSAGE", "BAD_RECORD_TYPE", "RECORD_TOO_SMALL",
}  # fmt: skip
_OUTDATED = {
    "UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION", "VERSION_TOO_LOW", "WRONG_SSL_VERSION",
    "SSLV3_ALERT_HANDSHAKE_FAILURE", "DH_KEY_TOO_SMALL", "UNSAFE_LEGACY_RENEGOTIATION_DISABLED", "BAD_KEY_SHARE",
    "WRONG_SIGNATURE_TYPE", "LEGACY_SIGALG_DISALLOWED_OR_UNSUPPORTED", "TLSV1_ALERT_INSUFFICIENT_SECURITY",
}  # fmt: skip


def _not_secure(target: Target, url: SplitResult, page: Page, error: OSError) -> Page:
    """Why no secure connection came about, with what the certificate says to somebody who trusts everybody."""
    if isinstance(error, TimeoutError):
        return replace(
            page, failed="took the connection, but never finished setting up encryption", detail=_brief(error)
        )
    certificate = _second_look(target, url)
    if isinstance(error, ssl.SSLCertVerificationError):
        known = replace(certificate, distrust=error.verify_code, reason=error.verify_message)
        return replace(page, certificate=known)
    reason = getattr(error, "reason", "") or ""
    if reason in _UNENCRYPTED:
        says = "answers without the encryption that it should have"
    elif reason in _OUTDATED:
        says = "offers only an outdated kind of encryption"
    elif isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError | ConnectionError):
        says = "hung up while encryption was being set up"
    else:
        says = "could not agree with this computer on encryption"
    return replace(page, failed=says, detail=_brief(error), certificate=certificate if certificate.not_after else None)


def _second_look(target: Target, url: SplitResult) -> Certificate:
    """The certificate as it stands, from a connection that takes anything and asks for nothing."""
    anything = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anything.check_hostname = False
    anything.verify_mode = ssl.CERT_NONE
    anything.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    anything.set_ciphers("ALL:@SECLEVEL=0")
    try:
        with Line(target, url, min(SECOND_LOOK_S, target.left_s())) as line:
            line.encrypt(anything)
            return read_certificate(line.certificate_bytes())
    except (OSError, ValueError, ProbeError):
        return Certificate()


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


def _worse(first: Certificate | None, second: Certificate | None) -> Certificate | None:
    """Of two certificates met on the way, the one to speak of."""
    if first is None or second is None or second.distrust:
        return second or first
    latest = datetime.max.replace(tzinfo=UTC)
    return min(first, second, key=lambda certificate: certificate.not_after or latest)


def _described(certificate: Certificate) -> str:
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


class Line(io.RawIOBase):
    """A connection with one deadline over everything that is sent and received, however slowly it comes.

    It stands in for a socket in `http.client`, whose own timeouts begin anew with every byte.
    """

    def __init__(self, target: Target, url: SplitResult, left_s: float) -> None:
        self._deadline = time.monotonic() + left_s
        self._name = url.hostname or ""
        self._port = url.port or _PORTS[url.scheme]
        # A connection from here is always a socket; only one through a host is something else.
        self._socket = cast("socket.socket", target.wait(target.connect(self._port, self._name)))
        self.answering = False

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def encrypt(self, context: ssl.SSLContext) -> Certificate:
        """Speak TLS from here on; the certificate's dates. Raises `OSError`, of which `ssl.SSLError` is one."""
        self._socket.settimeout(self._left_s())
        secure = context.wrap_socket(self._socket, server_hostname=self._name)
        self._socket = secure
        shown = secure.getpeercert() or {}
        return Certificate(_date(shown.get("notBefore")), _date(shown.get("notAfter")))

    def certificate_bytes(self) -> bytes:
        """The other side's certificate (DER)."""
        return cast("ssl.SSLSocket", self._socket).getpeercert(binary_form=True) or b""

    def get(self, url: SplitResult) -> http.client.HTTPResponse:
        """Ask for a page; its status and headers have come when this returns."""
        connection = http.client.HTTPConnection(self._name, self._port)
        connection.default_port = _PORTS[url.scheme]
        connection.sock = cast("socket.socket", self)
        page = quote(url.path or "/", safe=_KEPT_IN_URLS)
        if url.query:
            page += f"?{quote(url.query, safe=_KEPT_IN_URLS)}"
        connection.request("GET", page, headers={"User-Agent": "healthcheck", "Accept": "*/*", "Connection": "close"})
        response = connection.getresponse()
        self.answering = True
        return response

    def sendall(self, data: bytes) -> None:
        self._socket.settimeout(self._left_s())
        self._socket.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # any writable buffer, says io
        self._socket.settimeout(self._left_s())
        return self._socket.recv_into(buffer)

    def close(self) -> None:
        """Nothing: `http.client` closes as soon as it has the headers; the `with` statement ends the connection."""

    def _left_s(self) -> float:
        left_s = self._deadline - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("deadline exceeded")
        return left_s


def _date(text: object) -> datetime | None:
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(text), UTC) if isinstance(text, str) else None


def _onward(url: SplitResult, location: str) -> str:
    """Where a redirect leads, without any login in it; empty when that is no web address."""
    try:
        onward = urlsplit(urljoin(url.geturl(), location.encode("latin-1", "replace").decode("utf-8", "replace")))
        port = f":{onward.port}" if onward.port else ""
    except ValueError:
        return ""
    if not location or onward.scheme not in _PORTS or not onward.hostname:
        return ""
    name = f"[{onward.hostname}]" if ":" in onward.hostname else onward.hostname
    return onward._replace(netloc=name + port, fragment="").geturl()


def _decoded(body: bytes, charset: str) -> str:
    try:
        return body.decode(charset, "replace")
    except (LookupError, ValueError):  # a charset that nobody knows, or one that is not for text
        return body.decode("utf-8", "replace")


def _broken_off(error: Exception, line: Line) -> str:
    if isinstance(error, TimeoutError):
        return "began to answer, but did not finish" if line.answering else "took the connection, but does not reply"
    if isinstance(error, http.client.IncompleteRead):
        return "broke off in the middle of the page"
    if isinstance(error, ConnectionError | ssl.SSLError):  # http.client's RemoteDisconnected is a ConnectionError
        return "broke off in the middle of the page" if line.answering else "took the connection and hung up"
    return "answers, but not as a web server does"


def _brief(error: Exception) -> str:
    return plain(f"{type(error).__name__}: {error}", 200)
