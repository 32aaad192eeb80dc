"""Whether a web page or web service answers as it should, and how long its certificate still holds."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, cast
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from healthcheck.api import (
    Check,
    Levels,
    Metric,
    NoAnswer,
    Prohibited,
    Refused,
    Result,
    Status,
    Target,
    duration,
    frozen,
)
from healthcheck.checks._certificate.certificate import Certificate, worse
from healthcheck.checks._certificate.handshake import brief, shake_hands
from healthcheck.checks._certificate.judge import judged
from healthcheck.checks._line import Line
from healthcheck.checks._talk import SILENT, UNFINISHED

READ_BYTES = 1 << 20
"""How much of a page is read; the text that is looked for must stand within it."""
ADDRESS = "{address}"

_REDIRECTS = {301, 302, 303, 307, 308}
_PORTS = {"http": 80, "https": 443}
_KEPT_IN_URLS = "/%:@!$&'()*+,;=?[]~"


@frozen
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

    Problem: the connection is refused, not answered in time, or forbidden on the way; there is no encryption where it
    is asked for; the certificate is not trusted (expired, not valid yet, another name, unknown issuer, self-signed,
    too weak); the page answers with another status or without the text; or a value is beyond its critical limit. Look:
    a value beyond its warning limit, or a secure page that hands its visitors on to an insecure one. Could not check:
    the name has no address, or `ca_file` cannot be read.

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
            certificate = worse(certificate, page.certificate)
            if not page.onward or redirects >= self.max_redirects:
                took_s = time.monotonic() - begun
                return replace(page, took_s=took_s, redirects=redirects, certificate=certificate)
            url, redirects = page.onward, redirects + 1

    def _fetch(self, target: Target, url: SplitResult) -> Page:
        """One request and what came of it."""
        page = Page(f"{url.scheme}://{url.netloc.rpartition('@')[2]}{url.path}")
        name = url.hostname or ""
        try:
            line = Line(target, _port(url), name)
        except (Refused, NoAnswer, Prohibited) as error:
            return replace(page, failed=error.says, detail=error.detail)
        with line:
            if url.scheme == "https":
                shaken = shake_hands(
                    line,
                    target.tls(ca_file=self.ca_file),
                    name,
                    lambda most_s: Line(target, _port(url), name, left_s=min(most_s, target.left_s())),
                )
                page = replace(page, failed=shaken.failed, detail=shaken.detail, certificate=shaken.certificate)
                if not shaken.secure:
                    return page
            return self._read(line, url, page)

    def _read(self, line: Line, url: SplitResult, page: Page) -> Page:
        answering = False
        try:
            response = _get(line, url)
            answering = True
            page = replace(page, status=response.status)
            if response.status in _REDIRECTS and response.status not in self.status:
                onward = _onward(url, response.headers.get("Location", ""))
                if onward:
                    return replace(page, onward=onward)
            body = response.read(READ_BYTES + 1)
            if response.length and len(body) <= READ_BYTES:
                raise http.client.IncompleteRead(body, response.length)
            charset = response.headers.get_content_charset("utf-8")
        except (OSError, ValueError, http.client.HTTPException) as error:
            return replace(page, failed=_broken_off(error, answering), detail=brief(error))
        return replace(page, has_text=self.text in _decoded(body[:READ_BYTES], charset), cut=len(body) > READ_BYTES)

    def evaluate(self, page: Page, now: datetime) -> Iterator[Result]:
        if page.failed:
            yield Result(Status.CRITICAL, page.failed, f"{page.shown}: {page.detail}")
        elif page.status:
            yield self._judge_page(page)
        if page.certificate is not None:
            yield from judged(page.certificate, self.days_left, now)

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


def _get(line: Line, url: SplitResult) -> http.client.HTTPResponse:
    """Ask for a page; its status and headers have come when this returns."""
    connection = http.client.HTTPConnection(url.hostname or "", _port(url))
    connection.default_port = _PORTS[url.scheme]
    connection.sock = cast("socket.socket", line)
    page = quote(url.path or "/", safe=_KEPT_IN_URLS)
    if url.query:
        page += f"?{quote(url.query, safe=_KEPT_IN_URLS)}"
    connection.request("GET", page, headers={"User-Agent": "healthcheck", "Accept": "*/*", "Connection": "close"})
    return connection.getresponse()


def _port(url: SplitResult) -> int:
    return url.port or _PORTS[url.scheme]


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


def _broken_off(error: Exception, answering: bool) -> str:
    if isinstance(error, TimeoutError):
        return UNFINISHED if answering else SILENT
    if isinstance(error, http.client.IncompleteRead):
        return "broke off in the middle of the page"
    if isinstance(error, ConnectionError | ssl.SSLError):  # http.client's RemoteDisconnected is a ConnectionError
        return "broke off in the middle of the page" if answering else "took the connection and hung up"
    return "answers, but not as a web server does"
