"""Whether the certificate of a service or in a file still holds, and whom it is made out to."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar, Literal

from healthcheck.api import Check, Levels, Result, Status, Target, answers, duration, frozen, script
from healthcheck.checks._certificate import files
from healthcheck.checks._certificate.certificate import Certificate, described, is_made_out_to
from healthcheck.checks._certificate.handshake import Handshake, shake_hands
from healthcheck.checks._certificate.judge import OTHER_NAME, judged
from healthcheck.checks._certificate.starttls import STARTTLS
from healthcheck.checks._line import Line
from healthcheck.checks._talk import Failed, Failure, Talk, ask, connected


@frozen
class Shown:
    """What a port showed: the handshake, or why there was none. `connect_s` is how long the connection took."""

    handshake: Handshake
    connect_s: float


@dataclass(frozen=True, kw_only=True)
class CertificateHolds(Check[Shown | Failure | files.Chain]):
    """Whether the certificate of any encrypted port, or in a file, is trusted, and how many days it still holds.

    port         the TCP port that shows it; or else:
    path         the file on the host that holds it: PEM, with those that vouch for it behind it, or DER
    server_name  the name that it must be made out to; empty: for a port the host's address, for a file any
    starttls     how a port that begins in the open is asked to go on encrypted: "smtp", "imap", "ldap", "postgres";
                 empty: it is encrypted from the start
    days_left    days until it expires
    ca_file      for a port: PEM file of the only authorities to trust; empty: the system's

    Problem: the port refuses, does not answer, is forbidden on the way, has no encryption or only an outdated kind;
    the certificate is not trusted (expired, not valid yet, another name, unknown issuer, self-signed, too weak), or
    has fewer days left than the critical limit. Look: fewer days than the warning limit, or certificates in one file
    that do not vouch for each other. Could not check: no such file, no right to read it, or nothing readable in it.

    Whether anybody trusts a file is not asked: for that, look at the port that shows it. Files of PKCS#7 and PKCS#12
    are not read.

    Needs nothing on the other side for a port: no login is sent. A file needs a login on the host that may read it;
    only the certificates are fetched, never a private key beside them, yet it is better to keep those apart.

    Sources: RFC 5280, RFC 7468, RFC 3207 (SMTP), RFC 9051 (IMAP), RFC 4511 (LDAP), PostgreSQL 16, OpenSSL 3.
    """

    kind: ClassVar[str] = "certificate"
    reachability: ClassVar[bool] = True
    default_timeout_s: ClassVar[float] = 10.0
    default_attempts: ClassVar[int] = 3

    port: int = 0
    path: str = ""
    server_name: str = ""
    starttls: Literal["", "smtp", "imap", "ldap", "postgres"] = ""
    days_left: Levels = Levels.below(warning=21, critical=7)
    ca_file: str = ""

    def probe(self, target: Target) -> Shown | Failure | files.Chain:
        if self.path:
            asked = target.wait(target.run(script(file=files.question(self.path))))
            return files.chain(answers(asked.out, "file")["file"])
        return ask(target, self.port, lambda talk: self._shown(target, talk))

    def _shown(self, target: Target, talk: Talk) -> Shown:
        def again(most_s: float) -> Line:
            with contextlib.ExitStack() as undo:
                line = undo.enter_context(Line(target, self.port, left_s=min(most_s, target.left_s())))
                try:
                    self._begin(Talk(line))
                except Failed as failed:
                    raise ConnectionError(failed.why) from None
                undo.pop_all()
                return line

        self._begin(talk)
        context = target.tls(ca_file=self.ca_file)
        return Shown(shake_hands(talk.line, context, self.server_name or target.host.address, again), talk.connect_s)

    def _begin(self, talk: Talk) -> None:
        if self.starttls:
            STARTTLS[self.starttls](talk)

    def evaluate(self, found: Shown | Failure | files.Chain, now: datetime) -> Iterator[Result]:
        if isinstance(found, Failure):
            yield found.result()
        elif isinstance(found, Shown):
            shaken = found.handshake
            if shaken.failed:
                detail = f"TCP port {self.port}: {shaken.detail}"
                yield Result(Status.CRITICAL, shaken.failed, detail, connected(found.connect_s))
            if shaken.certificate is not None:
                yield from judged(shaken.certificate, self.days_left, now)
        else:
            yield from self._judge_file(found, now)

    def _judge_file(self, found: files.Chain, now: datetime) -> Iterator[Result]:
        own, *above = found.certificates
        if self.server_name and not is_made_out_to(own, self.server_name):
            own = replace(own, distrust=OTHER_NAME, reason=f"not for {self.server_name}")
        yield from judged(own, self.days_left, now)
        for certificate in above:
            yield from self._judge_support(certificate, now)
        if not found.linked:
            says = "has security certificates in one file that do not vouch for each other"
            yield Result(Status.WARNING, says, "; ".join(map(described, found.certificates)))

    def _judge_support(self, certificate: Certificate, now: datetime) -> Iterator[Result]:
        """One that vouches for the host's own is only spoken of when it ends soon."""
        if certificate.not_after is None:
            return
        left = certificate.not_after - now
        status = self.days_left.judge(left / timedelta(days=1))
        if left <= timedelta(0):
            status, ends = Status.CRITICAL, "has expired"
        else:
            ends = f"expires in {duration(left.total_seconds())}"
        if status is not Status.OK:
            yield Result(status, f"has a security certificate that rests on one that {ends}", described(certificate))

    def mistakes(self) -> Iterator[tuple[str, str]]:
        if bool(self.port) == bool(self.path):
            yield "port", "must be given, or else `path`, but not both"
        if self.port and not 1 <= self.port <= 65535:
            yield "port", "must be between 1 and 65535"
        if self.path and not self.path.startswith("/"):
            yield "path", "must begin with /"
        if self.path and (self.starttls or self.ca_file):
            yield "starttls" if self.starttls else "ca_file", "is for a port, not for a file"
