"""The one way to ask a web server: TLS verified, one deadline, no redirect followed, little read, no secret shown."""

from __future__ import annotations

import base64
import contextlib
import http.client
import math
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit

from healthcheck.delivery.line import Line
from healthcheck.errors import DeliveryError
from healthcheck.records import frozen
from healthcheck.words import plain

_READ_BYTES = 16 * 1024
_WORDS = 300
_TRY_AGAIN = (http.client.REQUEST_TIMEOUT, http.client.LOCKED, http.client.TOO_EARLY, http.client.TOO_MANY_REQUESTS)
_KEPT = "/%:@!$&'()*+,;=~?"
"""What stands in an address as it was written; all else is sent as percent and number (RFC 3986, 2)."""
_SHORTEST_SECRET = 6
"""A part of an address that is shorter keeps no secret, and hiding it would eat the server's words."""


@frozen
class Post:
    """A body and where it goes. The address and the headers may be secrets."""

    url: str = field(repr=False)
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)


@frozen
class Answer:
    """A status, what of the body is worth reading, and the seconds that we are asked to wait.

    `in_time` tells that the head came whole; a status may have been said before the time was over.
    """

    status: int
    text: str
    wait_s: float
    in_time: bool


def post(what: Post, *, timeout_s: float, ca_file: str = "") -> str:
    """Post it; returns the other side's words, such as "200 ok". `DeliveryError` when it did not accept.

    The whole of it takes `timeout_s` seconds at most. `ca_file` (PEM) replaces the system's authorities.
    """
    where = urlsplit(what.url)
    with _said(where, what.headers):
        answer = exchange("POST", where, what.body, what.headers, timeout_s=timeout_s, ca_file=ca_file)
    reply = _without_secrets(f"{answer.status} {answer.text}", where, what.headers)
    return _judged(where.hostname or "", answer.status, reply, answer.wait_s)


def exchange(
    method: str,
    where: SplitResult,
    body: bytes | None = None,
    headers: Mapping[str, str] = MappingProxyType({}),
    *,
    timeout_s: float,
    ca_file: str = "",
) -> Answer:
    """Ask an address once, for `timeout_s` seconds at most, and return whatever it answers.

    Raises `OSError` (`TimeoutError` once the time is over), `ValueError` for what is no address, or `HTTPException`.
    Their words may repeat the address.
    """
    with _line(where, timeout_s) as line:
        try:
            return _exchanged(line, method, where, body, headers, ca_file)
        except (OSError, http.client.HTTPException):
            if line.overdue:
                raise TimeoutError(f"no answer within {timeout_s:g} seconds") from None
            raise


def reach(url: str, *, timeout_s: float, ca_file: str = "") -> None:
    """Connect to an address's server and check its certificate; nothing is posted. `DeliveryError` as from `post`."""
    where = urlsplit(url)
    with _said(where, {}), _line(where, timeout_s) as line:
        if where.scheme == "https":
            line.socket.settimeout(timeout_s)
            _encrypt(line, where, ca_file)


def _line(where: SplitResult, timeout_s: float) -> Line:
    return Line(where.hostname or "", where.port or (443 if where.scheme == "https" else 80), timeout_s)


def _encrypt(line: Line, where: SplitResult, ca_file: str) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca_file or None)
    line.socket = context.wrap_socket(line.socket, server_hostname=where.hostname)
    return context


@contextlib.contextmanager
def _said(where: SplitResult, headers: Mapping[str, str]) -> Iterator[None]:
    """Turn what TLS and the network raise into one sentence."""
    who = where.hostname or ""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise DeliveryError(
            f"Nothing was sent: {who} could not prove who it is ({plain(error.verify_message)}).", permanent=False
        ) from None
    except (OSError, ValueError, http.client.HTTPException) as error:
        reply = _without_secrets(f"{type(error).__name__}: {error}", where, headers)
        raise DeliveryError(f"{who} could not be reached.", permanent=False, reply=reply) from None


def _exchanged(
    line: Line, method: str, where: SplitResult, body: bytes | None, headers: Mapping[str, str], ca_file: str
) -> Answer:
    connection: http.client.HTTPConnection
    if where.scheme == "https":
        context = _encrypt(line, where, ca_file)
        connection = http.client.HTTPSConnection(where.hostname or "", where.port, context=context)
    else:
        connection = http.client.HTTPConnection(where.hostname or "", where.port)
    connection.sock = line.socket
    path = quote(where.path or "/", safe=_KEPT) + (f"?{quote(where.query, safe=_KEPT)}" if where.query else "")
    told = {"User-Agent": "healthcheck", "Connection": "close", **_login(where), **headers}
    connection.request(method, path, body, told)
    with connection.getresponse() as response:
        in_time = not line.overdue
        try:
            text = response.read(_READ_BYTES).decode("utf-8", "replace")
        except (OSError, http.client.HTTPException):
            text = ""  # the status has been said, and that decides
        asked_wait_s = wait_s(response.headers.get("Retry-After", ""), datetime.now(UTC))
        return Answer(response.status, text, asked_wait_s, in_time)


def _login(where: SplitResult) -> dict[str, str]:
    """A name and password that stand in the address, as they are sent (RFC 7617)."""
    if not where.username:
        return {}
    pair = f"{unquote(where.username)}:{unquote(where.password or '')}"
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


def wait_s(retry_after: str, now: datetime) -> float:
    """How long a server wants to be left alone: seconds or a date (RFC 9110, 10.2.3); 0 for anything else."""
    try:
        seconds = float(retry_after)
    except ValueError:
        try:
            at = parsedate_to_datetime(retry_after)
        except ValueError:
            return 0.0
        seconds = (at.replace(tzinfo=at.tzinfo or UTC) - now) / timedelta(seconds=1)
    return max(0.0, seconds) if math.isfinite(seconds) else 0.0


def _judged(who: str, status: int, reply: str, asked_wait_s: float) -> str:
    if 200 <= status <= 299:
        return reply
    if 300 <= status <= 399:
        says = f"{who} sent us on to another address, and that is not followed."
        raise DeliveryError(says, permanent=False, reply=reply)
    if status == http.client.REQUEST_ENTITY_TOO_LARGE:
        raise DeliveryError(f"The message is too large for {who}.", permanent=True, reply=reply, too_large=True)
    later = status >= 500 or status in _TRY_AGAIN
    says = f"{who} could not take the message now." if later else f"{who} refused the message."
    raise DeliveryError(says, permanent=not later, reply=reply, wait_s=asked_wait_s)


def _without_secrets(said: str, where: SplitResult, headers: Mapping[str, str]) -> str:
    """The words on one line, with nothing in them that the address or the headers keep secret."""
    text = plain(said, _READ_BYTES)
    for secret in sorted(set(_secrets(where, headers)), key=len, reverse=True):
        text = text.replace(secret, "…")
    return plain(text, _WORDS)


def _secrets(where: SplitResult, headers: Mapping[str, str]) -> Iterator[str]:
    parts = [where.path, where.query, where.username or "", where.password or "", *where.path.split("/")]
    parts += [value for _, value in parse_qsl(where.query)]
    sent = (*_login(where).items(), *headers.items())
    parts += [word for name, value in sent if name == "Authorization" for word in value.split()]
    for part in parts:
        yield from (word for word in (part, unquote(part)) if len(word) >= _SHORTEST_SECRET)
