"""What goes slowly wrong, in whole sentences, and all that only looks like it."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcheck.diagnosis import diagnose
from healthcheck.diagnosis.courses import Point, days_until_nothing
from healthcheck.findings import Change, Incident, Past, Sampled
from healthcheck.model import Host, Metric, Outcome, Round, Site, Status
from tests.diagnosis.surveyed import (
    MONDAY,
    PACIFIC,
    PRACTICE,
    measured,
    outcome,
    power_cut,
    says,
    told,
)

GB = 1e9
LOOK = Status.WARNING
Course = Sequence[tuple[datetime, float]]


def daily(*values: float) -> Course:
    """One value a morning, the last of them yesterday."""
    return [(MONDAY - timedelta(days=len(values) - number), value) for number, value in enumerate(values)]


def falling(days: int, start: float, step: float, noise: float = 0.0) -> list[float]:
    """A value that falls by a step each day, with noise that is the same each time."""
    chance = random.Random(7)
    return [start - step * number + noise * chance.uniform(-1, 1) for number in range(days)]


def disk(values: Sequence[float], metric: str = "free bytes /", unit: str = "B") -> list[tuple[Status, str]]:
    """What is said of a disk whose last value is today's."""
    past = Past(
        metrics={("Pasadena/pasadena-server/disk", metric): tuple(Sampled(*one) for one in daily(*values[:-1]))}
    )
    return says(past, outcome("disk", MONDAY, "pasadena-server", Metric(metric, values[-1], unit)))


# Disks that fill


def test_a_disk_that_fills_is_told_with_the_days_that_are_left() -> None:
    values = falling(11, 43 * GB, 2.3 * GB)
    past = measured("Pasadena/pasadena-server/disk", **{"free bytes /": daily(*values[:-1])})
    look = outcome("disk", MONDAY, "pasadena-server", Metric("free bytes /", values[-1], "B"))
    assert told(past, look) == [
        Change(
            "Pasadena",
            "pasadena-server",
            "The main disk of the server in Pasadena is almost full: about 9 days left.",
            "Pasadena/pasadena-server/disk free bytes /: 43,000,000,000 → 20,000,000,000 in 10 days, 11 values",
            Status.WARNING,
        )
    ]


def test_a_disk_is_called_by_its_name() -> None:
    assert disk(falling(6, 10 * GB, 1 * GB), "free bytes /srv/scans") == [
        (LOOK, "The disk “scans” of the server in Pasadena is almost full: about 5 days left.")
    ]


@pytest.mark.parametrize("wild", [math.nan, math.inf, 0.0, 900 * GB], ids=["nan", "inf", "nothing", "much"])
def test_one_wild_value_among_many_hides_nothing(wild: float) -> None:
    values = falling(14, 33 * GB, 2 * GB)
    values[3] = wild
    assert disk(values) == [(LOOK, "The main disk of the server in Pasadena is almost full: about 4 days left.")]


def test_a_little_more_room_now_and_then_is_no_clean_up() -> None:
    values = [40, 38, 36, 34, 32, 30, 28, 26, 24, 22, 20, 18, 16, 14, 14.4, 12]
    assert disk([value * GB for value in values]) == [
        (LOOK, "The main disk of the server in Pasadena is almost full: about 6 days left.")
    ]


def test_after_a_big_copy_it_counts_anew() -> None:
    assert disk([100 * GB, 100 * GB, *falling(8, 40 * GB, 3 * GB)]) == [
        (LOOK, "The main disk of the server in Pasadena is almost full: about 6 days left.")
    ]


def test_many_values_of_one_day_say_nothing() -> None:
    assert days_until_nothing([Point(number / 10, 10.0 - number) for number in range(8)]) is None


def test_the_last_day_is_one_day() -> None:
    assert disk(falling(6, 5.1 * GB, 1 * GB)) == [
        (LOOK, "The main disk of the server in Pasadena is almost full: about 1 day left.")
    ]


def test_many_small_files_fill_a_disk_too() -> None:
    assert disk(falling(8, 20, 2), "free inodes /", "%") == [
        (LOOK, "The main disk of the server in Pasadena can hold few more files: about 3 days left.")
    ]


def test_a_disk_that_is_written_to_on_open_days_only_fills_too() -> None:
    values = [40.0]
    for day in range(16):
        values.append(values[-1] - (0.0 if day % 7 in (5, 6) else 2.2))
    assert disk([value * GB for value in values]) == [
        (LOOK, "The main disk of the server in Pasadena is almost full: about 9 days left.")
    ]


def test_days_on_which_nobody_looked_are_no_days_of_standstill() -> None:
    course = [(MONDAY - timedelta(days=ago), (ago + 5) * GB) for ago in (20, 19, 12, 5, 4)]
    past = measured("Pasadena/pasadena-server/disk", **{"free bytes /": course})
    assert says(past, outcome("disk", MONDAY, "pasadena-server", Metric("free bytes /", 5 * GB, "B"))) == [
        (LOOK, "The main disk of the server in Pasadena is almost full: about 5 days left.")
    ]


def test_several_rounds_a_day_are_one_day() -> None:
    course = [(MONDAY - timedelta(hours=number), (20 + number) * GB) for number in range(5, 0, -1)]
    past = measured("Pasadena/pasadena-server/disk", **{"free bytes /": course})
    assert says(past, outcome("disk", MONDAY, "pasadena-server", Metric("free bytes /", 20 * GB, "B"))) == []


def test_a_disk_that_fills_in_steps_fills_too() -> None:
    values = [10, 10.1, 10.2, 8, 8.1, 8.2, 6, 6.1, 6.2, 4, 4.1, 4.2, 2]
    assert disk([value * GB for value in values]) == [
        (LOOK, "The main disk of the server in Pasadena is almost full: about 3 days left.")
    ]


def test_after_a_clean_up_it_counts_anew() -> None:
    assert disk([5 * GB, 4 * GB, 3 * GB, 60 * GB, *falling(9, 58 * GB, 4 * GB)]) == [
        (LOOK, "The main disk of the server in Pasadena is almost full: about 6 days left.")
    ]


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(falling(4, 10, 2), id="too-few-values"),
        pytest.param([3, 1, 2.9, 0.9, 2.8, 0.8, 2.7, 0.7], id="goes-up-nearly-as-much-as-down"),
        pytest.param([9, 8, 7, 6, 5, 4, math.nan], id="not-known-today"),
        pytest.param([value - pair / 10 for pair in range(15) for value in (3.1, 1.6)], id="swings-more-than-it-falls"),
        pytest.param([50.0] * 20, id="stands-still"),
        pytest.param(falling(20, 10, -1), id="gets-emptier"),
        pytest.param(falling(20, 900, 5), id="full-in-half-a-year"),
        pytest.param([30 + 3 * math.sin(number) for number in range(30)], id="goes-up-and-down"),
        pytest.param([100, 100, 100, 100, 30, 30, 30, 30], id="one-big-copy"),
        pytest.param([100, 99.9, 99.8, 99.7, 30, 29.9, 29.8], id="one-big-copy-and-a-little-each-day"),
        pytest.param([5, 4, 3, 60, 58, 56], id="too-few-values-since-a-clean-up"),
        pytest.param([*falling(7, 40, 5), *falling(7, 40, 5), *falling(7, 40, 5), *falling(5, 40, 5)], id="weekly"),
        pytest.param([10.0, 9.0, 8.0, 7.0, 6.0, 0.0], id="full-already"),
        pytest.param([20.0, math.nan, 18.0, math.inf, 16.0, 15.0], id="few-that-are-numbers"),
    ],
)
def test_what_only_looks_like_filling_is_no_news(values: list[float]) -> None:
    assert disk([value * GB for value in values]) == []


def test_a_clean_up_that_is_overdue_will_not_help() -> None:
    weekly = [*falling(7, 60, 5), *falling(7, 60, 5), *falling(7, 60, 5)]
    assert disk([value * GB for value in (*weekly, *falling(11, 60, 5))]) == [
        (LOOK, "The main disk of the server in Pasadena is almost full: about 2 days left.")
    ]


def test_what_is_left_before_each_clean_up_may_run_out_too() -> None:
    values = [value for week in range(8) for value in falling(7, 75 - 5 * week, 5)]
    [(_, sentence)] = disk([value * GB for value in (*values, 35.0)])
    assert sentence == "The main disk of the server in Pasadena is almost full: about 13 days left."


def test_values_of_a_time_that_has_not_come_do_not_count() -> None:
    future = [(MONDAY + timedelta(days=300 + number), (29 - 2 * number) * GB) for number in range(15)]
    past = measured("Pasadena/pasadena-server/disk", **{"free bytes /": future})
    assert says(past, outcome("disk", MONDAY, "pasadena-server", Metric("free bytes /", 30 * GB, "B"))) == []


def test_a_drive_that_two_checks_look_at_is_told_once() -> None:
    values = falling(8, 22.0, 2.0)
    course = tuple(Sampled(*one) for one in daily(*values[:-1]))
    past = Past(
        metrics={
            ("Pasadena/pasadena-server/disk", "free bytes /mnt/backup"): course,
            ("Pasadena/pasadena-server/backup", "free"): course,
        }
    )
    both = (
        outcome("backup", MONDAY, "pasadena-server", Metric("free", values[-1], "%")),
        outcome(
            "disk", MONDAY, "pasadena-server",
            Metric("free /mnt/backup", values[-1], "%"), Metric("free bytes /mnt/backup", values[-1], "B"),
        ),
    )  # fmt: skip
    expected = [(LOOK, "The backup drive of the server in Pasadena is almost full: about 4 days left.")]
    assert says(past, *both) == expected
    assert says(past, *reversed(both)) == expected


# Backups that shrink


def backup(course: Course, today: float) -> list[tuple[Status, str]]:
    past = measured("Pasadena/pasadena-server/backup", size=course)
    return says(past, outcome("backup", MONDAY, "pasadena-server", Metric("size", today, "B")))


def test_a_backup_that_shrinks_for_weeks_is_worth_a_look() -> None:
    values = falling(43, 100 * GB, 0.9 * GB, noise=0.2 * GB)
    assert backup(daily(*values[:-1]), values[-1]) == [
        (LOOK, "The backup of the server in Pasadena has been getting smaller for six weeks: 62 GB instead of 100 GB.")
    ]


def test_a_weekly_backup_that_shrinks_is_seen_every_day_and_counts_once() -> None:
    values = [100 * GB - 8 * GB * (number // 7) for number in range(43)]
    assert backup(daily(*values[:-1]), values[-1]) == [
        (LOOK, "The backup of the server in Pasadena has been getting smaller for six weeks: 52 GB instead of 100 GB.")
    ]


@pytest.mark.parametrize(
    "values",
    [
        pytest.param([100.0] * 40, id="stays"),
        pytest.param(falling(40, 100, -1), id="grows"),
        pytest.param(falling(40, 100, 0.2), id="a-little"),
        pytest.param(falling(9, 100, 5), id="for-a-week"),
        pytest.param([100.0 if number % 7 == 0 else 5.0 for number in range(40)], id="full-once-a-week"),
        pytest.param([*[100.0] * 20, *[60.0] * 20], id="once"),
        pytest.param([*falling(20, 100, 0.1), *falling(20, 55, 0.1)], id="once-and-a-little-each-day"),
        pytest.param([*falling(25, 100, 2), *falling(15, 52, -1.2)], id="grows-again"),
    ],
)
def test_what_only_looks_like_shrinking_is_no_news(values: list[float]) -> None:
    sizes = [value * GB for value in values]
    assert backup(daily(*sizes[:-1]), sizes[-1]) == []


# Batteries that age

UPS = "Pasadena/pasadena-ups/ups"


def battery(
    runtimes: Sequence[float],
    *,
    charge: Callable[[int], float] = lambda number: 100.0,
    load: Callable[[int], float] = lambda number: 20.0,
    host: str = "pasadena-ups",
    others: Sequence[Outcome] = (),
) -> list[tuple[Status, str]]:
    last = len(runtimes) - 1
    key = f"Pasadena/{host}/ups"
    past = measured(
        key,
        runtime=daily(*runtimes[:-1]),
        charge=daily(*(charge(number) for number in range(last))),
        load=daily(*(load(number) for number in range(last))),
    )
    now = outcome(
        "ups", MONDAY, host,
        Metric("runtime", runtimes[-1], "s"), Metric("charge", charge(last), "%"), Metric("load", load(last), "%"),
    )  # fmt: skip
    return says(past, now, *others)


AGEING = falling(90, 2700, 10, noise=40)


def test_a_battery_that_ages_is_worth_a_look() -> None:
    assert battery(AGEING) == [(LOOK, "The battery backup in Pasadena lasts a third shorter than three months ago.")]


@pytest.mark.parametrize(
    ("days", "step", "sentence"),
    [
        (61, 12, "The battery backup in Pasadena lasts a quarter shorter than two months ago."),
        (36, 38, "The battery backup in Pasadena lasts half as long as five weeks ago."),
        (61, 30, "The battery backup in Pasadena lasts less than half as long as two months ago."),
    ],
)
def test_how_much_and_since_when(days: int, step: float, sentence: str) -> None:
    assert battery(falling(days, 2700, step)) == [(LOOK, sentence)]


def test_the_battery_of_a_server_is_called_so() -> None:
    assert battery(AGEING, host="pasadena-server") == [
        (LOOK, "The battery backup of the server in Pasadena lasts a third shorter than three months ago.")
    ]


@pytest.mark.parametrize(
    ("runtimes", "charge", "load"),
    [
        pytest.param([2700.0] * 90, lambda number: 100.0, lambda number: 20.0, id="stays"),
        pytest.param(falling(20, 2700, 60), lambda number: 100.0, lambda number: 20.0, id="too-short-a-time"),
        pytest.param(
            AGEING, lambda number: 60.0 if number == 89 else 100.0, lambda number: 20.0, id="is-not-full-today"
        ),
        pytest.param(
            [*falling(45, 2700, 38), *[1500.0] * 45], lambda number: 100.0, lambda number: 20.0, id="got-better-again"
        ),
        pytest.param(AGEING, lambda number: 100.0, lambda number: 20.0 + number, id="carries-more-today"),
        pytest.param(
            [2700.0 if number % 2 else 1500.0 for number in range(90)],
            lambda number: 100.0 if number % 2 else 50.0,
            lambda number: 20.0,
            id="was-empty-now-and-then",
        ),
        pytest.param([1800.0, *[2700.0] * 50], lambda number: 100.0, lambda number: 20.0, id="was-replaced"),
    ],
)
def test_what_only_looks_like_an_old_battery_is_no_news(
    runtimes: Sequence[float], charge: Callable[[int], float], load: Callable[[int], float]
) -> None:
    assert battery(runtimes, charge=charge, load=load) == []


def test_a_battery_that_a_power_cut_wore_out_is_worth_a_look() -> None:
    cut = outcome("restart", MONDAY, "pasadena-server", events=[power_cut()])
    assert battery([2700, 2690, 2710, 2700, 1750], others=[cut]) == [
        (LOOK, "The battery backup in Pasadena lasts a third shorter than before the power cut.")
    ]


def test_a_battery_that_lasts_as_long_as_before_the_power_cut_is_no_news() -> None:
    cut = outcome("restart", MONDAY, "pasadena-server", events=[power_cut()])
    assert battery([2700, 2690, 2710, 2700, 2500], others=[cut]) == []


def test_what_a_battery_says_while_it_is_used_does_not_count() -> None:
    used = [0.0] * 3 + [1.0] * 86
    past = measured(UPS, **{"runtime": daily(*AGEING[:-1]), "charge": daily(*[100.0] * 89), "on battery": daily(*used)})
    metrics = Metric("runtime", AGEING[-1]), Metric("charge", 100.0), Metric("on battery", 0.0)
    assert says(past, outcome("ups", MONDAY, "pasadena-ups", *metrics)) == []


def test_several_batteries_are_told_apart() -> None:
    past = measured(
        UPS,
        **{
            "runtime a": daily(*AGEING[:-1]), "charge a": daily(*[100.0] * 89),
            "runtime b": daily(*[2700.0] * 89), "charge b": daily(*[100.0] * 89),
        },
    )  # fmt: skip
    metrics = (
        Metric("runtime a", AGEING[-1]),
        Metric("charge a", 100),
        Metric("runtime b", 2700),
        Metric("charge b", 100),
    )
    assert len(says(past, outcome("ups", MONDAY, "pasadena-ups", *metrics))) == 1


# The same day of every week

SERVICE = "Pasadena/pasadena-server/service"


def was_wrong(*days: date, cause: str = SERVICE) -> Past:
    incidents = []
    for number, day in enumerate(days):
        begun = datetime(day.year, day.month, day.day, 5, 45, tzinfo=PACIFIC)
        incident = Incident(
            f"HC-{day:%Y%m%d}-1", cause, Status.CRITICAL, "Pasadena", "pasadena-server",
            "The server in Pasadena is not running the charts program.", "", (cause,), since=begun,
            closed_at=begun + timedelta(hours=4 + number),
        )  # fmt: skip
        incidents.append(incident)
    return Past(earlier_incidents=tuple(incidents))


def mondays(*back: int) -> list[date]:
    return [MONDAY.date() - timedelta(weeks=number) for number in back]


def fails_again(past: Past, now: datetime = MONDAY) -> list[tuple[Status, str]]:
    return says(past, outcome("service", now, status=Status.CRITICAL), now=now)


SENTENCE = "{} Monday in a row: The server in Pasadena is so."


@pytest.mark.parametrize(
    ("back", "ordinal"),
    [((1, 3), "Third"), ((1, 3, 4), "Fourth"), ((1, 3, 4, 5, 6, 7, 8, 9), "Ninth")],
)
def test_what_comes_again_every_monday_is_told_and_a_closed_monday_breaks_no_row(
    back: tuple[int, ...], ordinal: str
) -> None:
    assert fails_again(was_wrong(*mondays(*back))) == [(LOOK, SENTENCE.format(ordinal))]


@pytest.mark.parametrize(
    "past",
    [
        pytest.param(Past(), id="never-before"),
        pytest.param(was_wrong(*mondays(1)), id="twice"),
        pytest.param(was_wrong(*mondays(3, 4, 5)), id="not-last-week"),
        pytest.param(was_wrong(*mondays(1, 3), cause="Pasadena/pasadena-server/disk"), id="something-else"),
        pytest.param(was_wrong(*(MONDAY.date() - timedelta(days=number) for number in range(1, 30))), id="every-day"),
    ],
)
def test_what_is_no_rhythm_is_no_news(past: Past) -> None:
    assert fails_again(past) == []


def test_what_began_weeks_ago_and_never_ended_is_no_news() -> None:
    past = replace(
        was_wrong(*mondays(3, 4, 5)),
        open_incidents=(replace(was_wrong(*mondays(2)).earlier_incidents[0], closed_at=None),),
    )
    assert fails_again(past) == []


def test_what_began_on_another_day_of_this_week_is_told_by_that_day() -> None:
    wednesday = MONDAY + timedelta(days=2)
    past = replace(
        was_wrong(*mondays(1, 3)),
        open_incidents=(replace(was_wrong(MONDAY.date()).earlier_incidents[0], closed_at=None),),
    )
    assert fails_again(past, wednesday) == [(LOOK, SENTENCE.format("Third"))]


# Whatever happens

VALUES = st.lists(st.floats(0, 1e13) | st.just(math.nan), max_size=40)


@given(values=VALUES, today=st.floats(0, 1e13))
def test_no_course_of_values_breaks_anything(values: list[float], today: float) -> None:
    assert len(disk([*values, today])) <= 1


@given(values=st.lists(st.floats(1, 1e12), min_size=1, max_size=60))
def test_a_value_that_never_falls_never_runs_out(values: list[float]) -> None:
    rising = [Point(float(number), value) for number, value in enumerate(sorted(values))]
    assert days_until_nothing(rising) is None


@given(st.lists(st.floats(1, 1e6), min_size=1, max_size=4))
def test_less_than_five_values_say_nothing(values: list[float]) -> None:
    assert days_until_nothing([Point(float(number), value) for number, value in enumerate(values)]) is None


def test_two_hundred_hosts_with_three_months_of_everything_take_no_time() -> None:
    hosts = tuple(Host(f"server-{number}", "Pasadena", f"server {number}") for number in range(200))
    practice = replace(PRACTICE, sites=(Site("Pasadena", PACIFIC, hosts=hosts),))
    courses: dict[tuple[str, str], tuple[Sampled, ...]] = {}
    outcomes = []
    values = falling(90, 200 * GB, 2.1 * GB, noise=GB)
    for host in hosts:
        key = f"Pasadena/{host.name}/disk"
        metrics = [Metric(f"free bytes /{number}", values[-1]) for number in range(4)]
        outcomes.append(
            replace(outcome("disk", MONDAY, "azusa-server", *metrics), key=key, site="Pasadena", host=host.name)
        )
        for metric in metrics:
            courses[key, metric.name] = tuple(Sampled(*one) for one in daily(*values[:-1]))
    found = Round("r", "Foothill", "report", MONDAY, MONDAY, tuple(outcomes))
    changes = diagnose(practice, found, Past(metrics=courses), MONDAY).changes
    assert len(changes) == 800
