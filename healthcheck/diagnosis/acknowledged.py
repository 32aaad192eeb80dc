"""What somebody acknowledged, beside what a round found: what stays quiet, what came back worse, what is over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cached_property

from healthcheck.diagnosis.scene import Scene
from healthcheck.diagnosis.worse import worse
from healthcheck.findings import Change, Incident, Known, Past
from healthcheck.known import Acknowledgement, Ended, shape
from healthcheck.records import frozen
from healthcheck.words import day_of, deadline, on_day, plain

_DAYS_A_WEEK = 7


@frozen(slots=False)
class Acknowledged:
    """The newest word on each trouble, by its reference and by its cause."""

    scene: Scene
    past: Past
    now: datetime

    def of(self, incident: Incident) -> Acknowledgement | None:
        """What was said of this trouble, as it stands after this round; None where nobody ever did.

        One that was mended and has failed again is not what was acknowledged, whatever reference it has.
        """
        given = self._by_reference.get(incident.reference) or self._by_cause.get(incident.cause)
        if given is None or given.ended is Ended.REMOVED:
            return None
        if given.reference != incident.reference:
            again = given.ended is Ended.MENDED and self.scene.round.started_at < given.until
            return given if again else None
        if given.holds(self.scene.round.started_at) and (how := worse(self.scene, self.past, given, incident)):
            return replace(given, ended_at=self.scene.round.finished_at, ended=Ended.WORSE, worse=how)
        return given

    def known(self, incident: Incident) -> Known | None:
        """What the report says of it, and whether that keeps the trouble quiet."""
        given = self.of(incident)
        if given is None:
            return None
        holds = given.holds(self.scene.round.started_at)
        return Known(self._says(incident, given, holds), holds, given.until)

    def of_change(self, change: Change) -> Known | None:
        """What is known of something that did not come back as it was."""
        for given in self.past.acknowledged:
            here = given.cause.split("/")[:2] == [change.site, change.host]
            if here and given.holds(self.scene.round.started_at) and shape(change.says) in given.changes:
                return Known(self._says(None, given, True), True, given.until)
        return None

    def ended(
        self, incidents: Iterable[Incident], over: Iterable[Incident], changes: Iterable[Change]
    ) -> Iterator[Acknowledgement]:
        """Those that this round ends: what they are about got worse, is mended, or is no longer checked."""
        for incident in incidents:
            given = self.of(incident)
            if given and given.ended is Ended.WORSE and given.ended_at == self.scene.round.finished_at:
                yield given
        for incident in over:
            given = self._by_reference.get(incident.reference)
            if given and given.ended_at is None:
                yield self._mended(given)
        if self.scene.round.trigger == "report":
            told = {(f"{change.site}/{change.host}", shape(change.says)) for change in changes}
            for given in self.past.acknowledged:
                there = any((given.cause, says) in told for says in given.changes)
                if not given.checks and given.ended_at is None and not there:
                    yield self._mended(given)

    def _mended(self, given: Acknowledgement) -> Acknowledgement:
        return replace(given, ended_at=self.scene.round.finished_at, ended=Ended.MENDED)

    @cached_property
    def _by_reference(self) -> Mapping[str, Acknowledgement]:
        return {given.reference: given for given in self.past.acknowledged}

    @cached_property
    def _by_cause(self) -> Mapping[str, Acknowledgement]:
        return {given.cause: given for given in self.past.acknowledged}

    def _says(self, incident: Incident | None, given: Acknowledgement, holds: bool) -> str:
        """ "Still open, week 3. Acknowledged Monday by Maria until the end of Friday: drive ordered." """
        when = day_of(self._local(given.at), self.now)
        who, note = plain(given.by), plain(given.note).rstrip(".")
        until = deadline(self._local(given.until), self.now)
        still = f"{age} " if incident and (age := self._age(incident)) else ""
        if holds:
            return f"{still}Acknowledged {when} by {who} until {until}: {note}."
        if given.ended is Ended.WORSE:
            return f"Acknowledged {when} by {who} ({note}), but it got worse: {given.worse}."
        if given.ended is Ended.MENDED:
            return f"Acknowledged {when} by {who} ({note}), but it was mended and failed again."
        ended = on_day(self._local(given.until), self.now)
        return f"{still}The acknowledgement of {when} by {who} ({note}) ended {ended}."

    def _age(self, incident: Incident) -> str:
        """ "Still open, day 3.", "Still open, week 3."; empty on the first day."""
        if incident.since is None:
            return ""
        days = (self._local(self.now).date() - self._local(incident.since).date()).days
        if days < 1:
            return ""
        count = f"week {days // _DAYS_A_WEEK + 1}" if days >= _DAYS_A_WEEK else f"day {days + 1}"
        return f"Still open, {count}."

    def _local(self, at: datetime) -> datetime:
        return at.astimezone(self.scene.practice.timezone)
