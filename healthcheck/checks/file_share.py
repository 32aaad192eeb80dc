"""Whether a file server is ready to share its files with the Windows machines of a clinic."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from healthcheck.api import Check, Result, Status, Target, frozen
from healthcheck.checks._smb import OUTDATED, Negotiated, negotiate, negotiate_outdated
from healthcheck.checks._talk import Failure, ask, connected


@frozen
class Offer:
    """What a file server agreed to, and how long the connection took."""

    negotiated: Negotiated
    connect_s: float


@dataclass(frozen=True, kw_only=True)
class FileShare(Check[Offer | Failure]):
    """Whether a Windows or Samba file server agrees to share files, and in a kind of SMB that is safe.

    port    the TCP port

    Problem: the connection is refused, not answered, or forbidden on the way; something else than a file server
    answers, or one that refuses every kind of SMB that is offered (2.0.2 to 3.1.1). Look: it only knows SMB 1, which
    is outdated and was the way in for worms. Could not check: the name has no address. Measures the seconds to
    connect.

    Needs nothing on the other side: it only agrees on a kind of SMB, as every Windows machine begins, and no login is
    sent. So it does not see whether a certain share is there or full; for that, look into the server with `disk`.
    Source: MS-SMB2 (2.2.3, 2.2.4), MS-CIFS (2.2.4.52).
    """

    kind: ClassVar[str] = "file_share"
    reachability: ClassVar[bool] = True
    default_timeout_s: ClassVar[float] = 6.0
    default_attempts: ClassVar[int] = 3

    port: int = 445

    def probe(self, target: Target) -> Offer | Failure:
        found = ask(target, self.port, lambda talk: Offer(negotiate(talk), talk.connect_s), left_s=target.left_s() / 2)
        if isinstance(found, Offer) or found.connect_s is None:
            return found
        # Old servers hang up on what they do not know, or keep silent.
        outdated = ask(target, self.port, lambda talk: Offer(negotiate_outdated(talk), talk.connect_s))
        return outdated if isinstance(outdated, Offer) else found

    def evaluate(self, found: Offer | Failure, now: datetime) -> Iterator[Result]:
        if isinstance(found, Failure):
            yield found.result()
            return
        agreed, took = found.negotiated, connected(found.connect_s)
        detail = f"TCP port {self.port}: connected in {found.connect_s * 1000:.0f} ms, SMB {agreed.dialect}"
        if agreed.refused:
            detail = f"{detail}negotiation refused with status {agreed.refused}"
            yield Result(Status.CRITICAL, "answers, but refuses to share its files", detail, took)
        elif agreed.dialect == OUTDATED:
            yield Result(Status.WARNING, "shares its files only in an outdated way that is not safe", detail, took)
        else:
            detail += ", signing required" if agreed.signed else ""
            yield Result(Status.OK, "is ready to share its files", detail, took)

    def mistakes(self) -> Iterator[tuple[str, str]]:
        if not 1 <= self.port <= 65535:
            yield "port", "must be between 1 and 65535"
