"""Until when: what people write, and what is made of it."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcheck.cli.until import LONGEST, next_report, parse, said_back
from healthcheck.model import Practice

PACIFIC = ZoneInfo("America/Los_Angeles")
MONDAY = datetime(2026, 11, 23, 9, 30, tzinfo=PACIFIC)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("friday", "the end of Friday, November 27"),
        ("Fri", "the end of Friday, November 27"),
        ("until the end of Friday", "the end of Friday, November 27"),
        ("monday", "the end of Monday, November 30"),
        ("sunday", "the end of Sunday, November 29"),
        ("today", "the end of Monday, November 23"),
        ("tonight", "the end of Monday, November 23"),
        ("tomorrow", "the end of Tuesday, November 24"),
        ("2026-12-01", "the end of Tuesday, December 1"),
        ("2026-12-01 18:00", "Tuesday, December 1, 6:00 pm"),
        ("friday 18:00", "Friday, November 27, 6:00 pm"),
        ("Friday, 6 pm", "Friday, November 27, 6:00 pm"),
        ("tomorrow at 7:15am", "Tuesday, November 24, 7:15 am"),
        ("friday 12am", "the end of Thursday, November 26"),
        ("18:00", "Monday, November 23, 6:00 pm"),
        ("12pm", "Monday, November 23, 12:00 pm"),
        ("+3d", "the end of Thursday, November 26"),
        ("3 days", "the end of Thursday, November 26"),
        ("1 day", "the end of Tuesday, November 24"),
        ("2 weeks", "the end of Monday, December 7"),
        ("2w", "the end of Monday, December 7"),
        ("6 hours", "Monday, November 23, 3:30 pm"),
        ("90 days", "the end of Sunday, February 21"),
    ],
)
def test_what_people_write_is_understood_and_said_back_with_its_date(text: str, says: str) -> None:
    assert said_back(parse(text, MONDAY)) == says


TOO_FAR = "too far away: it can be 90 days at most, until Sunday, February 21; say it anew when that is over"
HOW = 'friday, "tomorrow 18:00", 2026-12-01, "3 days" or "2 weeks"'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("next month", f'"next month" is no day and no time that is understood here; write {HOW}'),
        ("fr", f'"fr" is no day and no time that is understood here; write {HOW}'),
        ("2026-02-30", f'"2026-02-30" is no day and no time that is understood here; write {HOW}'),
        ("friday 25:00", f'"friday 25:00" is no day and no time that is understood here; write {HOW}'),
        ("friday 13pm", f'"friday 13pm" is no day and no time that is understood here; write {HOW}'),
        ("7", f'"7" is no day and no time that is understood here; write {HOW}'),
        ("today 9:30", f'"today 9:30" is over already; name a day or a time to come, such as {HOW}'),
        ("2026-11-22", f'"2026-11-22" is over already; name a day or a time to come, such as {HOW}'),
        ("0 hours", f'"0 hours" is over already; name a day or a time to come, such as {HOW}'),
        ("91 days", f'"91 days" is {TOO_FAR}'),
        ("2062-12-01", f'"2062-12-01" is {TOO_FAR}'),
    ],
)
def test_what_is_not_understood_past_or_too_far_is_refused_with_what_to_write(text: str, says: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse(text, MONDAY)
    assert str(caught.value) == says


@pytest.mark.fault(63)
@pytest.mark.parametrize(
    ("now", "text", "utc"),
    [
        (datetime(2026, 10, 31, 12, tzinfo=PACIFIC), "sunday", "2026-11-02T08:00"),
        (datetime(2026, 10, 31, 12, tzinfo=PACIFIC), "+24h", "2026-11-01T19:00"),
        (datetime(2026, 11, 1, 1, 40, tzinfo=PACIFIC, fold=0), "1 hour", "2026-11-01T09:40"),
        (datetime(2026, 11, 1, 1, 40, tzinfo=PACIFIC, fold=1), "1:50", "2026-11-01T09:50"),
        (datetime(2027, 3, 13, 12, tzinfo=PACIFIC), "sunday 2:30", "2027-03-14T10:30"),
        (datetime(2027, 3, 13, 12, tzinfo=PACIFIC), "tomorrow", "2027-03-15T07:00"),
    ],
    ids=[
        "a-longer-day",
        "hours-are-hours",
        "in-the-hour-that-comes-twice",
        "later-in-the-second",
        "left-out",
        "shorter",
    ],
)
def test_nights_on_which_the_clocks_change_have_no_surprise(now: datetime, text: str, utc: str) -> None:
    assert parse(text, now).astimezone(UTC) == datetime.fromisoformat(f"{utc}+00:00")


@given(st.text(max_size=30) | st.from_regex(r"(mon|friday|\+?\d{1,5} ?(d|weeks|h)|\d{4}-\d\d-\d\d)( \d\d?:?\d\d)?"))
def test_whatever_is_written_it_is_a_time_within_three_months_or_refused(text: str) -> None:
    try:
        until = parse(text, MONDAY)
    except ValueError:
        return
    assert MONDAY < until <= MONDAY + LONGEST + timedelta(days=1)


@pytest.mark.parametrize(
    ("until", "report"),
    [
        (datetime(2026, 11, 28, tzinfo=PACIFIC), datetime(2026, 11, 30, 5, 45, tzinfo=PACIFIC)),
        (datetime(2026, 11, 27, 5, 45, tzinfo=PACIFIC), datetime(2026, 11, 27, 5, 45, tzinfo=PACIFIC)),
        (datetime(2026, 11, 27, 6, 0, tzinfo=PACIFIC), datetime(2026, 11, 30, 5, 45, tzinfo=PACIFIC)),
    ],
    ids=["over-the-weekend", "that-very-moment", "later-that-day"],
)
def test_the_report_that_tells_it_again_is_the_first_one_after(until: datetime, report: datetime) -> None:
    assert next_report(Practice("Foothill", PACIFIC, opens=time(7, 30)), until) == report
