"""What one look tells of a clinic and of a service: whether it answered. Pure.

Between the reports only power and lines are looked at. What a service needs and only the report looks at is believed
for a day; meanwhile the machine it runs on stands in for it: as long as that answers, the service counts as working.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from healthcheck.check import Planned
from healthcheck.findings import EarlierRound
from healthcheck.history.answered import Answer, answered
from healthcheck.model import Service, Status
from healthcheck.monthly.watched import Look

BELIEVED_FOR = timedelta(days=1)


def reachability(plan: Iterable[Planned], site: str) -> frozenset[str]:
    """The checks of a clinic that ask for an answer."""
    return frozenset(one.key for one in plan if one.site.name == site and one.check.reachability)


def clinic_looks(keys: Collection[str], looks: Iterable[EarlierRound]) -> Iterator[Look]:
    """A clinic answers when at least one thing in it does."""
    known: dict[int, Answer] = {}
    for look in looks:
        # Light passes that found the same share one table of what they found.
        answer = known.get(id(look.statuses))
        if answer is None:
            answer = known[id(look.statuses)] = answered(look.statuses, keys)
        yield look.started_at, answer


def service_looks(plan: Iterable[Planned], service: Service, looks: Iterable[EarlierRound]) -> Iterator[Look]:
    """A service works when all that it needs does, and one of those of which it needs any."""
    planned = tuple(plan)
    all_of = [_Need.of(planned, name) for name in service.needs]
    any_of = [_Need.of(planned, name) for name in service.needs_any]
    for look in looks:
        needs = {need.answer(look) for need in all_of}
        if any_of:
            needs.add(_one_of({need.answer(look) for need in any_of}))
        worst_first = (Answer.NO, Answer.NOT_ASKED, Answer.COULD_NOT_LOOK, Answer.YES)
        yield look.started_at, next((answer for answer in worst_first if answer in needs), Answer.NOT_ASKED)


def _one_of(answers: Collection[Answer]) -> Answer:
    best_first = (Answer.YES, Answer.NOT_ASKED, Answer.COULD_NOT_LOOK, Answer.NO)
    return next(answer for answer in best_first if answer in answers)


@dataclass
class _Need:
    """A host or a check that a service needs, and what is remembered of it from look to look.

    `deciding` are the checks whose answer it is; `standing_in` those that ask whether the machine answers at all.
    """

    deciding: frozenset[str]
    standing_in: frozenset[str]
    last: dict[str, tuple[datetime, Status]] = field(default_factory=dict)
    mute: frozenset[str] = frozenset()
    """Those standing in that gave no answer while the thing itself worked: their silence says nothing."""

    @classmethod
    def of(cls, plan: Collection[Planned], name: str) -> _Need:
        host = next((one.host.name for one in plan if one.key == name), name)
        here = [one for one in plan if one.host.name == host]
        asks = frozenset(one.key for one in here if one.check.reachability)
        if host != name:
            return cls(frozenset({name}), asks - {name})
        serves = frozenset(one.key for one in here if one.check.reachability and one.check.kind != "ping")
        lives = frozenset(one.key for one in here if one.check.kind in ("ping", "service"))
        return cls(serves or lives, asks)

    def answer(self, look: EarlierRound) -> Answer:
        """What a look tells of it. The looks come in order."""
        found = {key: look.statuses[key] for key in self.deciding if key in look.statuses}
        self.last |= {key: (look.started_at, status) for key, status in found.items()}
        if found and not set(found.values()) & {Status.CRITICAL, Status.UNKNOWN}:
            self.mute = _silent(look.statuses, self.standing_in)
        stands = answered(look.statuses, self.standing_in - self.mute)
        if not found and stands is Answer.NOT_ASKED:
            return Answer.NOT_ASKED
        believed = {status for at, status in self.last.values() if look.started_at - at <= BELIEVED_FOR}
        if Status.CRITICAL in believed or stands is Answer.NO:
            return Answer.NO
        if Status.UNKNOWN in believed or not believed or stands is Answer.COULD_NOT_LOOK:
            return Answer.COULD_NOT_LOOK
        return Answer.YES


def _silent(statuses: Mapping[str, Status], keys: Iterable[str]) -> frozenset[str]:
    return frozenset(key for key in keys if statuses.get(key) is Status.CRITICAL)
