"""How a month is counted, in the words that stand at the end of its report."""

from __future__ import annotations

from collections.abc import Iterator

from healthcheck.model import Practice
from healthcheck.monthly.facts import MonthFacts
from healthcheck.words import clock, duration, join

_DAYS = {
    "mon": "Monday", "tue": "Tuesday", "wed": "Wednesday", "thu": "Thursday",
    "fri": "Friday", "sat": "Saturday", "sun": "Sunday",
}  # fmt: skip


def definition(facts: MonthFacts) -> Iterator[str]:
    """A paragraph each: the hours that count, what a look speaks for, what "answered", "worked" and "lasted" mean."""
    yield _opening(facts.config.practice)
    yield (
        f"A look speaks for the time until the next one, and for {duration(facts.holds.total_seconds())} at most. Time "
        "that no look speaks for was not watched: it counts neither as answered nor as silent. The share is of the "
        "time in which the answer is known."
    )
    yield "A clinic answered when at least one thing in it did. It was silent when nothing in it did."
    yield (
        "A service worked when all that it needs did. What only the morning's report looks at is believed for a day; "
        "between the reports, the machine that it runs on must answer. What was found broken counts as broken until a "
        "look at that very thing finds it well, so a look by hand after a repair is worth it."
    )
    yield (
        "A trouble lasts from the look that found it first to the look that found it well, nights and weekends "
        "included. One that nobody checks any more counts as ended."
    )
    yield (
        "The hours for which a clinic was paused are left out of its own. Planned work, and pauses of single devices, "
        "count like any other time."
    )


def _opening(practice: Practice) -> str:
    days = join(name for short, name in _DAYS.items() if short in practice.open_days)
    assumed = "" if practice.closes_is_known else " (assumed, for the config does not say when the doors close)"
    between = f"{clock(practice.opens)} to {clock(practice.closes)}"
    return f"Opening hours are {days}, {between}{assumed}, but for the days that the config calls closed."
