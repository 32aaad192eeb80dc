"""Everything that a month's report is made of, read from the history once and worked out. `work_out` is pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from healthcheck.config.settings import Config
from healthcheck.findings import EarlierRound, Incident, PlacedEvent
from healthcheck.history import History
from healthcheck.history.days import SiteDay
from healthcheck.history.retention import KEEP_WATCH_DAYS
from healthcheck.history.review import KeptRound, Sent
from healthcheck.known import Pause
from healthcheck.monthly import tally
from healthcheck.monthly.opening import Month, Span, opening, without
from healthcheck.monthly.subjects import clinic_looks, reachability, service_looks
from healthcheck.monthly.tally import Coverage, Offender, Reports
from healthcheck.monthly.watched import Watched, gaps, watched
from healthcheck.records import frozen

HOLDS_AT_LEAST = timedelta(minutes=15)
HOLDS_PASSES = 3
"""A look speaks for no longer than this, or for so many light passes: then one or two may fail."""
MOST_BLIND = 5


@frozen
class Kept:
    """What the history holds that concerns a month, and what came after it."""

    first_at: datetime | None
    looks: tuple[EarlierRound, ...] = ()
    rounds: tuple[KeptRound, ...] = ()
    sent: tuple[Sent, ...] = ()
    incidents: tuple[Incident, ...] = ()
    events: tuple[PlacedEvent, ...] = ()
    pauses: tuple[Pause, ...] = ()
    days: Mapping[tuple[datetime, str], SiteDay] | None = None


@frozen(slots=False)
class MonthFacts:
    """A month, worked out. `whole` is the month itself (UTC), no further than `now`.

    `clinics` and `services` are in the order of the config. `watched_from` is when the history begins, where that is
    after the month's begin; `passes_from` the day before which no light passes are kept any more, where that matters.
    """

    config: Config
    month: Month
    now: datetime
    whole: Span
    spans: tuple[Span, ...]
    looks: int
    holds: timedelta
    clinics: Mapping[str, Watched]
    services: Mapping[str, Watched]
    gaps: tuple[Span, ...]
    incidents: tuple[Incident, ...]
    offenders: Sequence[Offender]
    power_cuts: tuple[PlacedEvent, ...]
    reports: Reports
    coverage: Coverage
    days: Mapping[tuple[datetime, str], SiteDay]
    watched_from: datetime | None = None
    passes_from: datetime | None = None

    @property
    def is_over(self) -> bool:
        """Whether the month has ended; else this is how it stands so far."""
        return self.whole.end < self.now


def read(history: History, config: Config, month: Month) -> Kept:
    """What is kept of a month. Raises `HistoryError`."""
    midnights = month.midnights(config.practice.timezone)
    # The looks of the day before decide what is known when the doors open on the first.
    since = midnights[0] - timedelta(days=1)
    return Kept(
        first_at=history.first_at(),
        looks=history.looks(since),
        rounds=history.rounds(since),
        sent=history.sent(since),
        incidents=history.incidents(midnights[0]),
        events=history.events(midnights[0]),
        pauses=history.pauses(midnights[0]),
        days=history.days(midnights),
    )


def work_out(config: Config, month: Month, kept: Kept, now: datetime) -> MonthFacts:
    """Everything about a month that has begun."""
    practice = config.practice
    midnights = month.midnights(practice.timezone)
    begin, end = midnights[0].astimezone(UTC), min(midnights[-1].astimezone(UTC), now.astimezone(UTC))
    whole, spans = Span(begin, end), opening(practice, month, now)
    holds = max(HOLDS_AT_LEAST, HOLDS_PASSES * timedelta(minutes=config.watch_every_minutes))
    looks = [look for look in kept.looks if look.started_at < end]
    incidents = tally.incidents_of(whole, kept.incidents)
    passes_from = now - timedelta(days=KEEP_WATCH_DAYS)
    return MonthFacts(
        config=config,
        month=month,
        now=now,
        whole=whole,
        spans=spans,
        looks=sum(look.started_at >= begin for look in looks),
        holds=holds,
        clinics={
            site.name: watched(
                clinic_looks(reachability(config.plan, site.name), looks),
                without(spans, (Span(one.at, one.until) for one in kept.pauses if one.place == site.name)),
                holds,
            )
            for site in practice.sites
        },
        services={
            service.name: watched(service_looks(config.plan, service, looks), spans, holds)
            for service in practice.services
        },
        gaps=tuple(gaps((look.started_at for look in looks), spans, holds)),
        incidents=incidents,
        offenders=tally.offenders(whole, incidents),
        power_cuts=tally.power_cuts(whole, kept.events),
        reports=tally.reports(practice, month, kept.rounds, kept.sent, kept.first_at or now, now),
        coverage=tally.coverage(whole, looks, MOST_BLIND),
        days=kept.days or {},
        watched_from=kept.first_at if kept.first_at and begin < kept.first_at < end else None,
        passes_from=passes_from if begin < passes_from else None,
    )
