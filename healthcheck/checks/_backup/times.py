"""The times of a host whose clock may be off, in the words of ours."""

from __future__ import annotations

from datetime import datetime

from healthcheck.api import duration, frozen, moment

SKEW_S = 120
"""Less than this is the time that looking takes, and the difference that any two clocks have."""


@frozen
class HostTimes:
    """The host's epoch seconds in our words, when its clock said `clock_s` and ours `now`.

    A clock that is clearly off is corrected for: an age is right whatever the clock says.
    """

    clock_s: int
    now: datetime

    @property
    def skew_s(self) -> float:
        """How far the host's clock is ahead; 0 while that is nothing to speak of."""
        skew_s = self.clock_s - self.now.timestamp()
        return skew_s if abs(skew_s) > SKEW_S else 0.0

    @property
    def note(self) -> str:
        """The end of a technical line: how far the clock is off, if it is."""
        if not self.skew_s:
            return ""
        return f"; the host's clock is {duration(abs(self.skew_s))} {'ahead' if self.skew_s > 0 else 'behind'}"

    def moment(self, epoch_s: float) -> datetime:
        """The true time of a moment that the host calls `epoch_s`, in the site's zone."""
        return datetime.fromtimestamp(epoch_s - self.skew_s, self.now.tzinfo)

    def words(self, epoch_s: float) -> str:
        """The same as people say it: "Friday, 11:02 pm"."""
        return moment(self.moment(epoch_s), self.now)
