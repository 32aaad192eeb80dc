"""A program that a system keeps running, in systemd's own words, whatever the system is."""

from __future__ import annotations

from datetime import datetime

from healthcheck.api import frozen


@frozen
class Unit:
    """One systemd unit, or one service of Windows told as one. `started` is UTC by the host's clock.

    `restarts` counts automatic restarts since it was last started by hand, on Windows since it was first looked at;
    None where that is not known, as before systemd 235.
    """

    name: str
    load: str
    active: str
    sub: str
    type: str = ""
    result: str = ""
    restarts: int | None = None
    started: datetime | None = None
    exit: str = ""

    @property
    def state(self) -> str:
        """As IT reads it: "charts.service: loaded failed (failed), exit-code 1"."""
        result = f", {self.result} {self.exit}".rstrip() if self.result not in ("", "success") else ""
        return f"{self.name}: {self.load} {self.active} ({self.sub}){result}"
