"""Until when: what people write behind `--until`, by the clock on the practice's wall."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta

from healthcheck.model import Practice
from healthcheck.model.maintenance import ends
from healthcheck.words import calendar_day, clock, plain

LONGEST = timedelta(days=90)
"""Whatever is known for longer is looked at anew: a season is long enough to forget why."""
EXAMPLES = 'friday, "tomorrow 18:00", 2026-12-01, "3 days" or "2 weeks"'

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_LENGTH = re.compile(r"\+?\s*(\d{1,4})\s*(hours?|h|days?|d|weeks?|w)")
_CLOCK = re.compile(r"(\d{1,2})(?::(\d\d))?\s*(am|pm)?")
_DATE = re.compile(r"[12]\d{3}-\d\d-\d\d")
_UNIT = {"d": timedelta(days=1), "w": timedelta(weeks=1)}


def parse(text: str, now: datetime) -> datetime:
    """The moment that is meant; `now` and it are in the practice's own zone. `ValueError` says what is wrong.

    A day alone is meant with all its hours: it ends as the next begins. A day of the week is the next one, never today.
    """
    shown = plain(text, 40)
    words = " ".join(text.casefold().split()).removeprefix("until ").removeprefix("the end of ")
    at = _meant(words, now)
    if at is None:
        raise ValueError(f'"{shown}" is no day and no time that is understood here; write {EXAMPLES}')
    left = at - now.astimezone(UTC)
    if left <= timedelta():
        raise ValueError(f'"{shown}" is over already; name a day or a time to come, such as {EXAMPLES}')
    if left > LONGEST + timedelta(days=1):
        last = calendar_day((now + LONGEST).date())
        raise ValueError(
            f'"{shown}" is too far away: it can be {LONGEST.days} days at most, until {last}; '
            "say it anew when that is over"
        )
    return at.astimezone(now.tzinfo)


def _meant(words: str, now: datetime) -> datetime | None:
    """The moment in UTC. Of a time that comes twice as clocks go back, the second is meant."""
    if length := _LENGTH.fullmatch(words):
        number, unit = int(length[1]), length[2][0]
        if unit == "h":
            return now.astimezone(UTC) + timedelta(hours=number)
        return _at((now + number * _UNIT[unit]).date(), None, now)
    if (hour := _hour(words)) is not None:
        return _at(now.date(), hour, now)
    name, _, rest = words.partition(" ")
    day, hour = _day(name.rstrip(","), now.date()), _hour(rest.removeprefix("at "))
    return None if day is None or (rest and hour is None) else _at(day, hour, now)


def _at(day: date, hour: time | None, now: datetime) -> datetime:
    """That hour of a day; its end, without one."""
    wall = datetime.combine(day, hour) if hour is not None else datetime.combine(day + timedelta(days=1), time())
    return ends(wall, now.tzinfo or UTC)


def _day(word: str, today: date) -> date | None:
    if word in ("today", "tonight"):
        return today
    if word == "tomorrow":
        return today + timedelta(days=1)
    if _DATE.fullmatch(word):
        try:
            return date.fromisoformat(word)
        except ValueError:
            return None
    found = [number for number, name in enumerate(_DAYS) if len(word) >= 3 and name.startswith(word)]
    if not found:
        return None
    return today + timedelta(days=(found[0] - today.weekday() - 1) % 7 + 1)


def _hour(text: str) -> time | None:
    """A time of day: "18:00", "6 pm", "6:30pm". A number alone is none."""
    found = _CLOCK.fullmatch(text)
    if found is None or not (found[2] or found[3]):
        return None
    hour, minute, half = int(found[1]), int(found[2] or 0), found[3]
    if minute > 59 or hour > (12 if half else 23) or (half and hour == 0):
        return None
    return time(hour % 12 + (12 if half == "pm" else 0) if half else hour, minute)


def said_back(until: datetime) -> str:
    """What was understood, with the date: "the end of Friday, November 27"."""
    if until.time() == time():
        return f"the end of {calendar_day(until.date() - timedelta(days=1))}"
    return f"{calendar_day(until)}, {clock(until)}"


def next_report(practice: Practice, until: datetime) -> datetime | None:
    """The first report after that moment, in the practice's zone; None when no day is open within a year."""
    at = datetime.combine(until.date(), practice.report_at, practice.timezone)
    if practice.is_open_on(until.date()) and at >= until:
        return at
    day = practice.next_open_day(until.date())
    return datetime.combine(day, practice.report_at, practice.timezone) if day else None
