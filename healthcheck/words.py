"""Numbers, times and durations as people say them, and remote text made harmless.

Everything here is a pure function. Times are given aware and are told in the zone they carry.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_SMALL = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")

MINUTE_S = 60
HOUR_S = 3600
DAY_S = 86400


def duration(seconds: float) -> str:
    """A length of time in one unit, two where the second matters: "40 seconds", "17 minutes", "2 hours 5 minutes"."""
    total = max(0, round(seconds))
    if total < MINUTE_S:
        return count(total, "second")
    minutes = round(total / MINUTE_S)
    if minutes < 60:
        return count(minutes, "minute")
    if total < 10 * HOUR_S:
        hours, rest = divmod(minutes, 60)
        return count(hours, "hour") + (f" {count(rest, 'minute')}" if rest else "")
    hours = round(total / HOUR_S)
    if hours < 48:
        return count(hours, "hour")
    return count(round(total / DAY_S), "day")


def count(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun: "1 clinic", "9 clinics"."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def small(number: int) -> str:
    """A number in words up to ten: "three", "12"."""
    return _SMALL[number] if 0 <= number < len(_SMALL) else f"{number:,}"


def clock(moment: datetime | time) -> str:
    """A time of day: "2:14 am", "noon" never, because nobody agrees on midnight: "12:00 pm"."""
    hour = moment.hour % 12 or 12
    return f"{hour}:{moment.minute:02d} {'am' if moment.hour < 12 else 'pm'}"


def weekday(day: date) -> str:
    """Monday."""
    return _DAYS[day.weekday()]


def calendar_day(day: date) -> str:
    """Monday, November 23."""
    return f"{weekday(day)}, {_MONTHS[day.month - 1]} {day.day}"


def short_day(day: date) -> str:
    """Mon Nov 23: for a subject, where room is dear."""
    return f"{weekday(day)[:3]} {_MONTHS[day.month - 1][:3]} {day.day}"


def dated(at: datetime) -> str:
    """ "Mon Nov 23, 5:45 am": a moment for what is read on another day, too, when "today" would mislead."""
    return f"{short_day(at)}, {clock(at)}"


def month_name(day: date) -> str:
    """November 2026."""
    return f"{_MONTHS[day.month - 1]} {day.year}"


def moment(at: datetime, now: datetime) -> str:
    """A moment as seen from `now`: "today, 2:14 am", "Sunday, 2:14 am", with the date once a week has gone by."""
    return f"{day_of(at, now)}, {clock(at)}"


def span(start: datetime, end: datetime, now: datetime) -> str:
    """A stretch of time: "Sunday, 2:14 am to 2:31 am", naming the second day only where it differs."""
    begin = moment(start, now)
    if clock(start) == clock(end) and start.date() == end.date():
        return begin
    return f"{begin} to {clock(end) if start.date() == end.date() else moment(end, now)}"


def between(earliest: datetime, latest: datetime, now: datetime) -> str:
    """An uncertain moment: "between Sunday, 2:14 am and 2:19 am"."""
    begin = moment(earliest, now)
    if clock(earliest) == clock(latest) and earliest.date() == latest.date():
        return begin
    return f"between {begin} and {clock(latest) if earliest.date() == latest.date() else moment(latest, now)}"


def deadline(at: datetime, now: datetime) -> str:
    """A moment to come, after "until": "the end of Friday" for midnight, "today, 6:00 pm", with the date if far off."""
    if clock(at) == clock(time()):
        return f"the end of {_day_ahead(at.date() - timedelta(days=1), now.astimezone(at.tzinfo).date())}"
    return f"{_day_ahead(at.date(), now.astimezone(at.tzinfo).date())}, {clock(at)}"


def _day_ahead(day: date, today: date) -> str:
    days = (day - today).days
    if days in (0, 1):
        return "tomorrow" if days else "today"
    return weekday(day) if 1 < days < 7 else _dated(day, days)


def _dated(day: date, days_away: int) -> str:
    text = calendar_day(day)
    return text if abs(days_away) < 300 else f"{text}, {day.year}"


def day_of(at: datetime, now: datetime) -> str:
    """The day of a moment that is over, as seen from `now`: "today", "Sunday", "Monday, November 16"."""
    local_now = now.astimezone(at.tzinfo)
    days = (local_now.date() - at.date()).days
    if days == 0:
        return "today"
    if 0 < days < 7:
        return weekday(at)
    return _dated(at, days)


def on_day(at: datetime, now: datetime) -> str:
    """When something ended, by its day: "today", "on Friday". What ended as a day began was good for the day before."""
    said = day_of(at - timedelta(seconds=1) if at.time() == time() else at, now)
    return said if said == "today" else f"on {said}"


def ago(at: datetime, now: datetime) -> str:
    """How long before `now`: "26 hours ago"; "in the future" when the clock says so."""
    seconds = (now - at) / timedelta(seconds=1)
    return "in the future" if seconds < -MINUTE_S else f"{duration(seconds)} ago"


def size(count_bytes: float) -> str:
    """Bytes as drives are sold, by thousands: "118 GB", "2.4 TB"."""
    value = float(count_bytes)
    if round(value) == 1:
        return "1 byte"
    for unit in ("bytes", "kB", "MB", "GB", "TB"):
        if abs(value) < 1000 or unit == "TB":
            return f"{value:.0f} {unit}" if value >= 10 or unit == "bytes" else f"{value:.1f} {unit}"
        value /= 1000
    raise AssertionError("the loop returns")


def share(part: float, whole: float) -> str:
    """How much of something was well: "99.99 percent", and never "100" while anything is missing."""
    return f"{math.floor(10_000 * part / whole) / 100:g} percent"


def percent(value: float) -> str:
    """A share: "4 %" is written "4 percent" on page one, so the sign never stands without meaning."""
    return f"{value:.0f} percent"


def join(items: Iterable[str]) -> str:
    """A list in a sentence: "Pasadena, Glendale and Azusa"."""
    names = list(items)
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def join_some(items: Iterable[str], most: int) -> str:
    """A list that does not grow without end: "Pasadena, Glendale and 7 more"."""
    names = list(items)
    return join(names) if len(names) <= most else join([*names[: most - 1], f"{len(names) - most + 1:,} more"])


def sentence(text: str) -> str:
    """The text with a capital at its start and a full stop at its end."""
    text = text.strip()
    if not text:
        return ""
    text = text[0].upper() + text[1:]
    return text if text[-1] in ".!?" else text + "."


_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_UNUSUAL = re.compile(r"[^ -~]")


def plain(text: str, limit: int = 300) -> str:
    """Remote text on one line that can do no harm: escapes, control and direction marks gone, cut to `limit`.

    It is still to be escaped for HTML by whoever writes HTML.
    """
    kept = text[: limit * 8]
    if not (kept.isascii() and kept.isprintable()):
        kept = _UNUSUAL.sub(_harmless, _ANSI.sub("", kept))
    kept = " ".join(kept.split())
    return kept if len(kept) <= limit else kept[: limit - 1].rstrip() + "…"


def _harmless(unusual: re.Match[str]) -> str:
    char = unusual[0]
    if char in "\t\n\r\v\f":
        return " "
    return "" if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn") else char


_ASCII = str.maketrans(
    {"–": "-", "—": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "…": "...", "ß": "ss", "ø": "o", "Ø": "O"}
)


def ascii_line(text: str, limit: int = 100) -> str:
    """One line of plain ASCII for a mail header: no accent, no line break, nothing that reads as an encoded word."""
    kept = unicodedata.normalize("NFKD", plain(text, limit * 4).translate(_ASCII))
    kept = plain(kept.encode("ascii", "ignore").decode().replace("=?", "= ?"), limit * 4)
    return kept if len(kept) <= limit else kept[: limit - 3].rstrip() + "..."
