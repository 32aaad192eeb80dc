"""Times in the words of a site's own wall clock, honest about nights on which the clocks change."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from healthcheck import words
from healthcheck.records import frozen

_NEAR = timedelta(hours=12)
"""Over a longer stretch nobody counts the hours, so a change of the clocks is not worth a word."""


@frozen
class Wall:
    """The clock on the wall at one site. `home` is the practice's zone: where a site's differs, its place is named."""

    zone: ZoneInfo
    home: ZoneInfo
    now: datetime

    def moment(self, at: datetime) -> str:
        """ "Sunday, 2:14 am"."""
        return words.moment(self._local(at), self.now) + self._note(at, at)

    def span(self, start: datetime, end: datetime) -> str:
        """ "Sunday, 2:14 am to 2:31 am"."""
        return words.span(self._local(start), self._local(end), self.now) + self._note(start, end)

    def between(self, earliest: datetime, latest: datetime) -> str:
        """ "between Sunday, 2:14 am and 2:19 am"."""
        return words.between(self._local(earliest), self._local(latest), self.now) + self._note(earliest, latest)

    def _local(self, at: datetime) -> datetime:
        return at.astimezone(self.zone)

    def _note(self, start: datetime, end: datetime) -> str:
        return self._place(end) + self._change(self._local(start), self._local(end))

    def _place(self, at: datetime) -> str:
        if self._local(at).utcoffset() == at.astimezone(self.home).utcoffset():
            return ""
        return f" {self.zone.key.rsplit('/', 1)[-1].replace('_', ' ')} time"

    def _change(self, start: datetime, end: datetime) -> str:
        before, after = _offset(start), _offset(end)
        if before != after and (end - after) - (start - before) < _NEAR:
            return f" (the clocks went {'forward' if after > before else 'back'} in between)"
        if start.date() == end.date() and _offset(start.replace(fold=0)) != _offset(start.replace(fold=1)):
            return f" ({'after' if start.fold else 'before'} the clocks went back)"
        return ""


def _offset(at: datetime) -> timedelta:
    return at.utcoffset() or timedelta()
