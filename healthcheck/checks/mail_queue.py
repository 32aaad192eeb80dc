"""Whether a server gets rid of the mail that it is to send."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from healthcheck.api import Check, Levels, Metric, Result, Status, Target, answers, count, duration, script
from healthcheck.checks._mail_queue import Queue, clock_of, question, queue

_HOUR_S = 3600


@dataclass(frozen=True, kw_only=True)
class MailQueue(Check[Queue]):
    """How many mails wait to be sent on a server, and for how many hours the oldest has waited.

    count      mails that wait
    age_h      hours since the oldest of them came
    program    "postfix", "exim" or "sendmail"; empty: the first of them that is there

    Problem: more mails wait, or the oldest waits longer, than the critical limit, or the mail program is not running.
    Look: more than the warning limit. Could not check: no mail program that is known here, no right to ask it, or an
    answer that cannot be read.

    Needs on the host: for Postfix nothing, or the login in `authorized_mailq_users` where that is set; for Exim the
    group of its administrators (Debian-exim, exim), or `queue_list_requires_admin = false`; for Sendmail nothing,
    unless `restrictmailq` is set. Only how many and how old leaves the host, no address and no subject.

    Formats: `postqueue -j` (Postfix 3.1 and later) and `-p`, `exim -bp` (Exim 4), `mailq` (Sendmail 8); a time
    without a year is read as the latest that it can be.
    """

    kind: ClassVar[str] = "mail_queue"
    inside: ClassVar[bool] = True
    systems: ClassVar[frozenset[str]] = frozenset({"linux"})

    count: Levels = Levels.above(warning=50, critical=500)
    age_h: Levels = Levels.above(warning=4, critical=24)
    program: Literal["", "postfix", "exim", "sendmail"] = ""

    async def probe(self, target: Target) -> Queue:
        asked = answers(
            (await target.run(script(clock="date '+%s %z'", queue=question(self.program)))).out, "clock", "queue"
        )
        return queue(asked["queue"], clock_of(asked["clock"]))

    def evaluate(self, found: Queue, now: datetime) -> Iterator[Result]:
        if not found.running:
            says = "sends no mail, because its mail program is not running"
            yield Result(Status.CRITICAL, says, f"{found.program}: mail system is down")
        if found.mails is None:
            return
        waits = f"has {count(found.mails, 'mail')} waiting to be sent" if found.mails else "has no mail waiting"
        detail = f"{found.program}: {count(found.mails, 'mail')}"
        yield Result(self.count.judge(found.mails), waits, detail, Metric("mails", found.mails))
        if found.oldest_s is not None:
            age_h = found.oldest_s / _HOUR_S
            status = self.age_h.judge(age_h)
            says = waits if status is Status.OK else f"could not send a mail for {duration(found.oldest_s)}"
            yield Result(status, says, f"oldest: {duration(found.oldest_s)}", Metric("oldest", round(age_h, 2), "h"))
