"""Whether a machine answers at all, and how well the line to it is."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import ClassVar

from healthcheck.api import Check, Levels, Metric, PingReply, Result, Status, Target, count, duration, frozen, percent

AT_ONCE_S = 0.1
"""Faster than this nobody notices."""

_NO_WAY = {
    "no route to its network": "could not be reached: the network knows no way to it",
    "prohibited on the way": "could not be reached: something on the way forbids it",
    "prohibited by this computer": "could not be reached: this computer's own firewall forbids it",
}
_METHOD = {"icmp": "ICMP echo", "tcp": "no right to send ICMP; TCP instead:"}


@frozen
class Calls:
    """What came back from a burst of echo requests, and how long that was waited for."""

    reply: PingReply
    waited_s: float


@dataclass(frozen=True, kw_only=True)
class Ping(Check[Calls]):
    """Whether the host answers echo requests ("ping"), how many are lost (%) and how long they take (ms).

    count           requests in one attempt
    interval_s      seconds between two of them
    loss_percent    share of requests without an answer
    rtt_ms          round-trip time in milliseconds, the median of the answers

    Problem: no answer at all in every attempt, no way to the host, or loss or time beyond the critical limit.
    Look: loss or time beyond the warning limit. Could not check: the name has no address, or this computer may not
    send pings and nothing else answered.

    Needs the right to send ICMP: CAP_NET_RAW (AmbientCapabilities= of a systemd service) or a group within
    net.ipv4.ping_group_range. Without it a connection to a usual TCP port that is answered or refused counts as an
    answer. Formats: RFC 792 (ICMP), RFC 4443 (ICMPv6).
    """

    kind: ClassVar[str] = "ping"
    reachability: ClassVar[bool] = True
    watched: ClassVar[bool] = True
    default_timeout_s: ClassVar[float] = 4.0
    default_attempts: ClassVar[int] = 3

    count: int = 10
    interval_s: float = 0.1
    loss_percent: Levels = Levels.above(warning=10, critical=70)
    rtt_ms: Levels = Levels.above(warning=2500)

    async def probe(self, target: Target) -> Calls:
        begun = time.monotonic()
        reply = await target.ping(count=self.count, interval_s=self.interval_s)
        return Calls(reply, time.monotonic() - begun)

    def evaluate(self, calls: Calls, now: datetime) -> Iterator[Result]:
        if not calls.reply.rtts_s:
            yield _silence(calls)
            return
        yield from self._line(calls.reply)

    def _line(self, reply: PingReply) -> Iterator[Result]:
        took_s = median(reply.rtts_s)
        slow = self.rtt_ms.judge(took_s * 1000)
        yield Result(
            slow,
            f"answers {_pace(took_s)}" if slow is Status.OK else f"answers slowly, only {_pace(took_s)}",
            f"{_METHOD[reply.method]} {reply.address}: {len(reply.rtts_s)} of {reply.sent} answered, "
            f"median {took_s * 1000:.1f} ms",
            Metric("rtt", took_s, "s"),
        )
        lost = self.loss_percent.judge(reply.loss_percent)
        share = f"{percent(reply.loss_percent)} of the test messages" if reply.loss_percent else "no test message"
        yield Result(
            lost,
            f"loses {share}" if lost is Status.OK else f"answers, but {share} were lost on the way",
            f"loss {reply.loss_percent:.0f} %" + (f" ({reply.error})" if reply.error else ""),
            Metric("loss", reply.loss_percent, "%"),
        )

    def mistakes(self) -> Iterator[tuple[str, str]]:
        if not 1 <= self.count <= 100:
            yield "count", "must be between 1 and 100"
        if not 0.01 <= self.interval_s <= 10:
            yield "interval_s", "must be between 0.01 and 10 seconds"


def _silence(calls: Calls) -> Result:
    reply = calls.reply
    silent = f"did not answer {count(reply.sent, 'time')} in {duration(max(1, calls.waited_s))}"
    detail = f"{_METHOD[reply.method]} {reply.address}: 0 of {reply.sent} answered"
    if reply.error:
        detail += f"; {reply.error}"
    return Result(Status.CRITICAL, _NO_WAY.get(reply.error, silent), detail, Metric("loss", 100.0, "%"))


def _pace(took_s: float) -> str:
    return "at once" if took_s < AT_ONCE_S else f"after {took_s:.1f} seconds"
