"""What a certificate is worth: the one place that says so, in words for people."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from healthcheck.api import Levels, Metric, Result, Status, ago, calendar_day, duration
from healthcheck.checks._certificate.certificate import Certificate, described

_DAY = timedelta(days=1)


def judged(certificate: Certificate, days_left: Levels, now: datetime) -> Iterator[Result]:
    """Every finding about a certificate: whether it is trusted, and when it ends. `now` is in the site's time zone."""
    detail = described(certificate)
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
        status = days_left.judge(left.value)
        until = duration((ends - now).total_seconds())
        holds = f"holds for {until} more" if status is Status.OK else f"expires in {until}"
        yield Result(status, f"has a security certificate that {holds}", detail, left)


EXPIRED = 10
NOT_YET_VALID = 9
OTHER_NAME = 62
_DISTRUST = {
    NOT_YET_VALID: "that rests on one that is not valid yet",
    EXPIRED: "that rests on one that has expired",
    **dict.fromkeys((2, 20, 21), "from an issuer that this computer does not know"),
    18: "that it made itself, so nobody vouches for it",
    19: "from a private issuer that this computer was not told to trust",
    23: "that its issuer has withdrawn",
    **dict.fromkeys((OTHER_NAME, 64), "that is made out to another name"),
    **dict.fromkeys((66, 67, 68), "that is too weak to be trusted"),
}


def _distrust(code: int) -> str:
    return _DISTRUST.get(code, "that cannot be trusted")
