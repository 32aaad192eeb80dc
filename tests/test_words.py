from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcheck import words

PACIFIC = ZoneInfo("America/Los_Angeles")
NOW = datetime(2026, 11, 23, 5, 47, tzinfo=PACIFIC)


def at(day: int, hour: int, minute: int = 0, month: int = 11, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=PACIFIC)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-5, "0 seconds"),
        (0, "0 seconds"),
        (0.6, "1 second"),
        (40, "40 seconds"),
        (59.4, "59 seconds"),
        (59.6, "1 minute"),
        (17 * 60, "17 minutes"),
        (3569, "59 minutes"),
        (3599, "1 hour"),
        (3600, "1 hour"),
        (2 * 3600 + 5 * 60, "2 hours 5 minutes"),
        (9 * 3600 + 59 * 60 + 50, "10 hours"),
        (26 * 3600, "26 hours"),
        (47.4 * 3600, "47 hours"),
        (47.6 * 3600, "2 days"),
        (40 * 86400, "40 days"),
    ],
)
def test_a_length_of_time_is_told_as_people_tell_it(seconds: float, said: str) -> None:
    assert words.duration(seconds) == said


@given(st.floats(0, 1e9))
def test_no_length_of_time_reads_60_minutes_or_60_seconds(seconds: float) -> None:
    assert not re.match(r"60 (minutes|seconds)", words.duration(seconds))


@pytest.mark.parametrize(
    ("number", "noun", "plural", "said"),
    [(1, "clinic", "", "1 clinic"), (9, "clinic", "", "9 clinics"), (3996, "check", "", "3,996 checks"),
     (2, "battery", "batteries", "2 batteries"), (0, "file", "", "0 files")],
)  # fmt: skip
def test_a_number_agrees_with_its_noun(number: int, noun: str, plural: str, said: str) -> None:
    assert words.count(number, noun, plural) == said


@pytest.mark.parametrize(
    ("number", "said"), [(0, "no"), (3, "three"), (10, "ten"), (11, "11"), (1200, "1,200"), (-1, "-1")]
)
def test_small_numbers_are_words(number: int, said: str) -> None:
    assert words.small(number) == said


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (at(22, 2, 14), "2:14 am"),
        (at(22, 0, 5), "12:05 am"),
        (at(22, 12, 0), "12:00 pm"),
        (at(22, 23, 59), "11:59 pm"),
        (time(6, 30), "6:30 am"),
    ],
)
def test_a_time_of_day_is_on_a_clock_with_twelve_hours(moment: datetime | time, said: str) -> None:
    assert words.clock(moment) == said


def test_days_have_their_names() -> None:
    day = date(2026, 11, 23)
    assert (words.weekday(day), words.calendar_day(day), words.short_day(day)) == (
        "Monday",
        "Monday, November 23",
        "Mon Nov 23",
    )


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        pytest.param(at(23, 2, 14), "today, 2:14 am", id="today"),
        pytest.param(at(22, 2, 14), "Sunday, 2:14 am", id="yesterday"),
        pytest.param(at(17, 2, 14), "Tuesday, 2:14 am", id="six-days-ago"),
        pytest.param(at(16, 2, 14), "Monday, November 16, 2:14 am", id="a-week-ago"),
        pytest.param(at(24, 6, 30), "Tuesday, November 24, 6:30 am", id="tomorrow"),
        pytest.param(at(23, 2, 14, year=2025), "Sunday, November 23, 2025, 2:14 am", id="last-year"),
    ],
)
def test_a_moment_is_told_as_seen_from_now(moment: datetime, said: str) -> None:
    assert words.moment(moment, NOW) == said


def test_a_moment_is_told_in_the_zone_it_carries() -> None:
    assert words.moment(at(22, 23, 30).astimezone(ZoneInfo("America/Denver")), NOW) == "today, 12:30 am"


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        (at(22, 2, 14), at(22, 2, 31), "Sunday, 2:14 am to 2:31 am"),
        (at(21, 23, 50), at(22, 0, 10), "Saturday, 11:50 pm to Sunday, 12:10 am"),
        (at(22, 2, 14), at(22, 2, 14), "Sunday, 2:14 am"),
    ],
)
def test_a_stretch_of_time_names_the_second_day_only_where_it_differs(
    start: datetime, end: datetime, said: str
) -> None:
    assert words.span(start, end, NOW) == said


@pytest.mark.parametrize(
    ("earliest", "latest", "said"),
    [
        (at(22, 2, 14), at(22, 2, 19), "between Sunday, 2:14 am and 2:19 am"),
        (at(21, 23, 58), at(22, 0, 3), "between Saturday, 11:58 pm and Sunday, 12:03 am"),
        (at(22, 2, 14), at(22, 2, 14), "Sunday, 2:14 am"),
    ],
)
def test_an_uncertain_moment_is_told_with_both_ends(earliest: datetime, latest: datetime, said: str) -> None:
    assert words.between(earliest, latest, NOW) == said


@pytest.mark.fault(63)
@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (at(24, 0), "the end of today"),
        (at(25, 0), "the end of tomorrow"),
        (at(28, 0), "the end of Friday"),
        (at(1, 0, month=12), "the end of Monday, November 30"),
        (at(23, 18), "today, 6:00 pm"),
        (at(29, 7, 15), "Sunday, 7:15 am"),
        (at(1, 12, month=12, year=2027), "Wednesday, December 1, 2027, 12:00 pm"),
    ],
)
def test_a_time_to_come_is_told_by_its_day_and_midnight_is_the_end_of_one(moment: datetime, said: str) -> None:
    assert words.deadline(moment, NOW) == said


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (at(23, 5), "today"),
        (at(23, 0), "on Sunday"),
        (at(21, 0), "on Friday"),
        (at(20, 18), "on Friday"),
        (at(10, 0), "on Monday, November 9"),
    ],
)
def test_what_ended_as_a_day_began_ended_on_the_day_before(moment: datetime, said: str) -> None:
    assert words.on_day(moment, NOW) == said


def test_the_hour_that_comes_twice_is_told_by_the_wall_clock() -> None:
    first = datetime(2026, 11, 1, 8, 30, tzinfo=UTC).astimezone(PACIFIC)
    second = first.astimezone(UTC) + timedelta(hours=1)
    assert words.clock(first) == words.clock(second.astimezone(PACIFIC)) == "1:30 am"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(26 * 3600, "26 hours ago"), (0, "0 seconds ago"), (-30, "0 seconds ago"), (-3600, "in the future")],
)
def test_the_past_is_told_from_now(seconds: float, said: str) -> None:
    assert words.ago(NOW - timedelta(seconds=seconds), NOW) == said


@pytest.mark.parametrize(
    ("count_bytes", "said"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1500, "1.5 kB"),
        (118e9, "118 GB"),
        (2.4e12, "2.4 TB"),
        (9e15, "9000 TB"),
    ],
)
def test_bytes_are_told_as_drives_are_sold(count_bytes: float, said: str) -> None:
    assert words.size(count_bytes) == said


def test_a_share_is_told_without_a_sign() -> None:
    assert words.percent(4.4) == "4 percent"


@pytest.mark.parametrize(
    ("items", "said"),
    [([], ""), (["A"], "A"), (["A", "B"], "A and B"), (["A", "B", "C"], "A, B and C")],
)
def test_a_list_ends_with_and(items: list[str], said: str) -> None:
    assert words.join(items) == said


@pytest.mark.parametrize(
    ("items", "said"),
    [("ABC", "A, B and C"), ("ABCD", "A, B and 2 more"), ("", ""), ("A" * 2000, "A, A and 1,998 more")],
)
def test_a_long_list_ends_with_how_many_more(items: str, said: str) -> None:
    assert words.join_some(items, 3) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [("", ""), ("  ", ""), ("it works", "It works."), ("Does it?", "Does it?"), ("yes!", "Yes!"), ("done.", "Done.")],
)
def test_a_sentence_has_a_capital_and_a_stop(text: str, said: str) -> None:
    assert words.sentence(text) == said


@pytest.mark.fault(19)
@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("\x1b[31mred\x1b[0m alert", "red alert", id="colours"),
        pytest.param("\x1b]0;title\x07done", "done", id="window-title"),
        pytest.param("a\r\nBcc: x\tb", "a Bcc: x b", id="line-breaks"),
        pytest.param("nul\x00l", "null", id="nul"),
        pytest.param("\u202egnp.exe\u202c", "gnp.exe", id="direction-marks"),
        pytest.param("  much   room  ", "much room", id="spaces"),
        pytest.param("caf\u00e9 \U0001f525", "café \U0001f525", id="letters-stay"),
        pytest.param("x" * 400, "x" * 299 + "…", id="long"),
    ],
)
def test_remote_text_is_made_harmless(text: str, said: str) -> None:
    assert words.plain(text) == said


@given(st.text())
def test_no_control_or_format_character_survives(text: str) -> None:
    said = words.plain(text, 40)
    assert len(said) <= 40
    assert not any(unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn") for char in said)
    assert words.plain(said, 40) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("La Cañada – “open”", 'La Canada - "open"'),
        ("two\r\nBcc: thief@example.org", "two Bcc: thief@example.org"),
        ("=?utf-8?q?=3Cb=3E?=", "= ?utf-8?q?=3Cb=3E?="),
        ("漢字 \U0001f525", ""),
        ("x" * 200, "x" * 97 + "..."),
    ],
)
def test_a_header_line_is_plain_ascii(text: str, said: str) -> None:
    assert words.ascii_line(text) == said


@given(st.text())
def test_every_text_makes_one_header_line(text: str) -> None:
    said = words.ascii_line(text, 60)
    assert said.isascii() and said.isprintable() and len(said) <= 60 and "=?" not in said
