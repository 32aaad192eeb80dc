"""What the rounds since the last open day saw between them: silences with honest bounds, and time nobody watched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from healthcheck.diagnosis.scene import Scene
from healthcheck.findings import Past
from healthcheck.model import Status
from healthcheck.records import frozen

FEW = 3
"""So many watch passes show how far apart they usually are."""
HOLE = 3
"""A hole is longer than so many times the usual time between two passes."""
_JITTER = timedelta(minutes=1)


@frozen
class Look:
    """One round as a sample: each check's status by key."""

    at: datetime
    statuses: Mapping[str, Status]
    watch: bool = False


@frozen
class SetBack:
    """A clock of ours that showed less than before: `by` at least, seen `at`."""

    at: datetime
    by: timedelta


@frozen
class Silence:
    """A time without the right answer: it began in (`well`, `first`] and ended in (`last`, `again`].

    `well` is None when nobody saw it well before, `again` when it has not been seen well since. `keys` failed.
    """

    site: str
    hosts: tuple[str, ...]
    keys: frozenset[str]
    well: datetime | None
    first: datetime
    last: datetime
    again: datetime | None

    @property
    def shortest(self) -> timedelta:
        """At least so long."""
        return self.last - self.first

    @property
    def longest(self) -> timedelta | None:
        """At most so long, if both ends are known."""
        return self.again - self.well if self.again and self.well else None


def looks(scene: Scene, past: Past) -> tuple[tuple[Look, ...], tuple[SetBack, ...]]:
    """Every round so far in the order of time, this one last, and where our own clock was set back.

    What was dated by a clock that ran ahead is left out: its times are wrong.
    """
    every = [Look(earlier.started_at, earlier.statuses, earlier.trigger == "watch") for earlier in past.rounds]
    statuses = {key: outcome.status for key, outcome in scene.by_key.items()}
    every.append(Look(scene.round.started_at, statuses, scene.round.trigger == "watch"))
    backs = tuple(
        SetBack(later.at, earlier.at - later.at)
        for earlier, later in pairwise(every)
        if later.at < earlier.at - _JITTER
    )
    kept: list[Look] = []
    for look in reversed(every):
        if not kept or look.at <= kept[-1].at:
            kept.append(look)
    return tuple(reversed(kept)), backs


def holes(seen: Sequence[Look]) -> Iterator[tuple[datetime | None, datetime]]:
    """The times nobody watched, from the last look before to the first after; None where there was none before.

    Without regular passes there is no telling what a hole is.
    """
    passes = [look.at for look in seen if look.watch]
    if len(passes) < FEW:
        return
    usual = timedelta(seconds=median((later - earlier).total_seconds() for earlier, later in pairwise(passes)))
    longest = HOLE * max(usual, _JITTER)
    yield None, seen[0].at
    for earlier, later in pairwise(seen):
        if later.at - earlier.at > longest:
            yield earlier.at, later.at


def silences(scene: Scene, seen: Sequence[Look]) -> tuple[Silence, ...]:
    """Each time that something did not answer, oldest first: what failed together is told together."""
    asked = {outcome.key: outcome for outcome in scene.outcomes if outcome.reachability}
    by_host: dict[str, list[Silence]] = {}
    for key, silence in _of_each_check(asked, seen):
        outcome = asked[key]
        whole = replace(silence, site=outcome.site, hosts=(outcome.host,))
        by_host.setdefault(outcome.host, []).append(whole)
    found = [silence for of_one in by_host.values() for silence in joined(of_one)]
    return tuple(sorted(found, key=lambda silence: (silence.first, silence.site, silence.hosts)))


def _of_each_check(keys: Iterable[str], seen: Sequence[Look]) -> Iterator[tuple[str, Silence]]:
    for key in keys:
        well: datetime | None = None
        open_: Silence | None = None
        for look in seen:
            status = look.statuses.get(key, Status.UNKNOWN)
            if status is Status.CRITICAL:
                open_ = (
                    replace(open_, last=look.at)
                    if open_
                    else Silence("", (), frozenset((key,)), well, look.at, look.at, None)
                )
            elif status is not Status.UNKNOWN:
                if open_:
                    yield key, replace(open_, again=look.at)
                well, open_ = look.at, None
        if open_:
            yield key, open_


def joined(found: Iterable[Silence]) -> Iterator[Silence]:
    """Those that overlap, as one."""
    current: Silence | None = None
    for silence in sorted(found, key=lambda silence: (silence.first, silence.last, sorted(silence.keys))):
        if current and silence.first <= current.last:
            current = _both(current, silence)
        else:
            if current:
                yield current
            current = silence
    if current:
        yield current


def _both(one: Silence, other: Silence) -> Silence:
    """From the first of both to the last of both."""
    well = one.well if one.first < other.first else _latest(one.well, other.well)
    later = max(one, other, key=lambda silence: silence.last)
    again = later.again if one.last != other.last else _latest_end(one.again, other.again)
    return replace(
        one,
        hosts=tuple(dict.fromkeys((*one.hosts, *other.hosts))),
        keys=one.keys | other.keys,
        well=well,
        last=later.last,
        again=again,
    )


def _latest(one: datetime | None, other: datetime | None) -> datetime | None:
    return max(filter(None, (one, other)), default=None)


def _latest_end(one: datetime | None, other: datetime | None) -> datetime | None:
    return max(one, other) if one and other else None
