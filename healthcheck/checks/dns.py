"""Whether a name server tells where to find a machine, and tells it right."""

from __future__ import annotations

import ipaddress
import re
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import ClassVar, Literal

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
    duration,
    frozen,
)
from healthcheck.checks._datagrams import ask_by_datagram
from healthcheck.checks._dns import NO_ERROR, NO_SUCH_NAME, REFUSED, Question, Reply, packed_name, read_reply
from healthcheck.checks._talk import FOREIGN, Failed, Failure, Talk, ask

SYSTEM = "system"
_RESOLVERS = Path("/etc/resolv.conf")
_MOST_RESOLVERS = 3
"""So many lines does the system's own resolver use (resolv.conf(5))."""
_CODES = {0: "NOERROR", 1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED"}


@frozen
class LookUp:
    """What came of a question: the reply of the first server that gave one, and the failures of those before it."""

    server: str = ""
    reply: Reply | None = None
    took_s: float = 0.0
    failures: tuple[Failure, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Dns(Check[LookUp]):
    """Whether a name server knows a name, and answers with the addresses it should.

    lookup       the name to look up, "charts.foothill.example"
    expect       what the answer must consist of, in any order: addresses, or for "MX" the names of the mail servers;
                 empty: any answer will do
    record       "A" (IPv4 addresses), "AAAA" (IPv6 addresses) or "MX" (mail servers)
    server       whom to ask: empty for the host itself, where it is the name server; "system" for those that this
                 computer uses (/etc/resolv.conf), in their order; or another machine's address
    port         of the name server
    label        what people call what is looked for: "the patient charts"
    response_s   seconds until the answer was there

    Problem: the question is refused, not answered, or forbidden on the way; something else than an answer comes, or
    the answer is that there is no such name or no such record, a failure of the server, none of the expected values,
    or slower than the critical limit. Look: some expected values are missing or others come as well (a second address
    that is dead makes every other connection wait), the first of the system's servers did not answer but the next one
    did, or slower than the warning limit. Could not check: the server answers, but not to this computer, or this
    computer has no name server set.

    Needs: that the server answers this computer's questions; nothing is read but one public record. One question by
    UDP, sent twice, by TCP where the answer is too long; numbers and ports are random, and answers to anything else
    are not heard. Format: RFC 1035, RFC 3596, RFC 7766.
    """

    kind: ClassVar[str] = "dns"
    reachability: ClassVar[bool] = True
    default_timeout_s: ClassVar[float] = 5.0
    default_attempts: ClassVar[int] = 3

    lookup: str
    expect: tuple[str, ...] = ()
    record: Literal["A", "AAAA", "MX"] = "A"
    server: str = ""
    port: int = 53
    label: str = "other computers"
    response_s: Levels = Levels.above(warning=2)

    def other_end(self) -> str:
        return "" if self.server == SYSTEM else self.server

    def probe(self, target: Target) -> LookUp:
        if self.server == SYSTEM:
            servers = name_servers(_RESOLVERS.read_text(errors="replace") if _RESOLVERS.exists() else "")
        else:
            servers = (target.wait(target.resolve(self.server)),)
        failures: list[Failure] = []
        for number, server in enumerate(servers):
            question = Question(secrets.randbelow(65536), self.lookup, self.record)
            begun = time.monotonic()
            answer = self._ask(target, server, question, target.left_s() * 0.9 / (len(servers) - number))
            if isinstance(answer, Reply):
                return LookUp(server, answer, time.monotonic() - begun, tuple(failures))
            failures.append(answer)
        return LookUp(failures=tuple(failures))

    def _ask(self, target: Target, server: str, question: Question, left_s: float) -> Reply | Failure:
        def by_stream(talk: Talk) -> Reply:
            message = question.message()
            talk.send(len(message).to_bytes(2) + message)
            said = talk.exactly(int.from_bytes(talk.exactly(2)))
            reply = read(said)
            if reply is None or reply.truncated:
                raise talk.foreign(said)
            return reply

        def read(said: bytes) -> Reply | None:
            try:
                return read_reply(said, question) if question.is_answered_by(said) else None
            except ValueError:
                return None

        try:
            reply = ask_by_datagram(server, self.port, question.message(), read, left_s=left_s)
        except (Refused, NoAnswer, Prohibited) as error:
            return Failure(error.says, error.detail)
        except Failed as failed:
            return Failure(failed.says, failed.why)
        return ask(target, self.port, by_stream, name=server) if reply.truncated else reply

    def evaluate(self, found: LookUp, now: datetime) -> Iterator[Result]:
        if found.reply is None:
            yield max((failure.result() for failure in found.failures), key=lambda result: result.says == FOREIGN)
            return
        yield self._judge(found, found.reply)
        if found.failures:
            says = f"had to look for {self.label} in a second place, because the first does not answer"
            yield Result(Status.WARNING, says, "; ".join(failure.detail for failure in found.failures))

    def _judge(self, found: LookUp, reply: Reply) -> Result:
        asked = f"{self.record} {self.lookup} at {found.server}"
        took = Metric("answer", found.took_s, "s")
        if reply.code != NO_ERROR:
            return Result(*self._refusal(reply.code), f"{asked}: {_CODES.get(reply.code, reply.code)}", took)
        if not reply.values:
            return Result(Status.CRITICAL, f"does not know where to find {self.label}", f"{asked}: no record", took)
        detail = f"{asked}: {', '.join(reply.values[:8])} in {found.took_s * 1000:.0f} ms"
        expected = {_normal(value) for value in self.expect} or set(reply.values)
        if expected != set(reply.values):
            detail += f"; expected {', '.join(sorted(expected))}"
            if not expected & set(reply.values):
                return Result(Status.CRITICAL, f"sends everybody to a wrong place for {self.label}", detail, took)
            if expected - set(reply.values):
                return Result(Status.WARNING, f"does not know all the places of {self.label}", detail, took)
            return Result(Status.WARNING, f"sends some people to a wrong place for {self.label}", detail, took)
        slow = self.response_s.judge(found.took_s)
        says = f"knows where to find {self.label}"
        return Result(slow, says if slow is Status.OK else f"{says}, but took {duration(found.took_s)}", detail, took)

    def _refusal(self, code: int) -> tuple[Status, str]:
        if code == NO_SUCH_NAME:
            return Status.CRITICAL, f"does not know where to find {self.label}"
        if code == REFUSED and self.server != SYSTEM:
            return Status.UNKNOWN, f"does not tell this computer where to find {self.label}"
        return Status.CRITICAL, f"could not find out where {self.label} can be found"

    def mistakes(self) -> Iterator[tuple[str, str]]:
        try:
            packed_name(self.lookup)
        except ValueError:
            yield "lookup", "is not a name that can be looked up"
        if not 1 <= self.port <= 65535:
            yield "port", "must be between 1 and 65535"
        if not self.label.strip():
            yield "label", "must not be empty: it is what people call what is looked for"
        for value in self.expect:
            if not _fits(value, self.record):
                yield "expect", f"{value!r} is not what a record of type {self.record} holds"


def name_servers(text: str) -> tuple[str, ...]:
    """The numeric addresses of the servers in /etc/resolv.conf (resolv.conf(5)); `ProbeError` if there are none."""
    found = re.findall(r"^nameserver[ \t]+(\S+)", text, re.MULTILINE)
    servers = tuple(server for server in found if _is_address(server.partition("%")[0]))[:_MOST_RESOLVERS]
    if not servers:
        raise ProbeError("this computer does not know whom to ask", f"{_RESOLVERS}: no nameserver line")
    return servers


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _fits(value: str, record: str) -> bool:
    try:
        if record == "MX":
            return bool(packed_name(value)) and not _is_address(value)
        return ipaddress.ip_address(value).version == (4 if record == "A" else 6)
    except ValueError:
        return False


def _normal(value: str) -> str:
    """As a reply would show it."""
    return str(ipaddress.ip_address(value)) if _is_address(value) else value.lower().removesuffix(".")
