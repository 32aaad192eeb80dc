"""A whole month's report, each number worked out by hand; and what is said where little or nothing is known."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from healthcheck.findings import EarlierRound, PlacedEvent
from healthcheck.known import Pause
from healthcheck.model import Event, EventKind, Status
from healthcheck.monthly import render
from healthcheck.monthly.build import build
from healthcheck.monthly.facts import Kept, MonthFacts, work_out
from healthcheck.monthly.opening import Month
from healthcheck.monthly.page import Monthly, Section
from tests.monthly.october import (
    CONFIG,
    OCTOBER,
    PACIFIC,
    PRACTICE,
    a_month,
    a_report,
    accepted,
    an_incident,
    at,
    kept,
    look,
    open_days,
)

NOW = at(2, 6, month=11).astimezone(PACIFIC)


def told(history: Kept, *, now: datetime = NOW, month: Month = OCTOBER) -> Monthly:
    return build(work_out(CONFIG, month, history, now))


def section(month: Monthly, title: str) -> Section:
    [found] = [one for one in month.sections if one.title == title]
    return found


def bad_month() -> Kept:
    """Azusa is silent for an hour, the charts are broken for a day, and on one day nobody watches."""
    silent, blind = (at(5, 10), at(5, 11)), (at(15, 12), at(15, 12, 30))
    broken = {at(6, 5, 46): {"database": Status.CRITICAL}, at(8, 5, 46): {"disk": Status.UNKNOWN}}

    def found(one: EarlierRound) -> EarlierRound:
        if silent[0] <= one.started_at < silent[1]:
            return look(one.started_at, one.trigger, tcp=Status.CRITICAL)
        if blind[0] <= one.started_at < blind[1]:
            return look(one.started_at, one.trigger, ping=Status.UNKNOWN)
        return look(one.started_at, one.trigger, **broken.get(one.started_at, {}))

    rounds = tuple(a_report(day) for day in open_days() if day != 14)
    cut = Event(at(20, 2, 14), "lost mains power", "ups", EventKind.POWER_CUT, at(20, 2, 31))
    return kept(
        looks=tuple(found(one) for one in a_month(14)),
        rounds=rounds,
        sent=tuple(accepted(one) for one in rounds),
        incidents=(
            an_incident("HC-20261005-1", at(5, 10), at(5, 11), owner="DB Support"),
            an_incident("HC-20261006-1", at(6, 5, 46), at(7, 5, 46)),
            an_incident("HC-20261030-1", at(30, 9), at(2, 5, 46, month=11), Status.WARNING),
        ),
        events=(PlacedEvent("Azusa", "azusa-ups", cut),),
    )


def test_a_month_is_told_as_it_was_to_the_last_word() -> None:
    assert render.text(told(bad_month())) == (
        """\
Service report October 2026 - Foothill

- Of the opening hours watched, these answered the least: Azusa 99.44
  percent. The other clinic answered whenever looked at.
- Patient charts worked 94.44 percent of the 180 hours in which that is
  known.
- 3 troubles, of which 2 ended: half of them within 12 hours, the longest
  after 24 hours. 1 was not over at the end of the month.
- 1 power cut at 1 clinic.
- 20 of 21 reports came in time; 1 not made.
- Of 189 hours of opening, 9 hours were not watched at all.

CLINICS

In the 189 hours in which the doors were open.
Problem: Azusa. Answered: 99.44 percent. Silent: 1 hour (1 time). Not
  watched: 9 hours.
Could not check: Covina. Answered: 100 percent. Silent: never. Could not
  look: 30 minutes. Not watched: 9 hours.

SERVICES

In the 189 hours in which the doors were open.
Problem: Patient charts. Worked: 94.44 percent. Did not work: 10 hours (2
  times). Not watched: 9 hours.

TROUBLES

Problem: The server in Azusa did not answer. First seen: Mon Oct 5, 10:00
  am. Lasted: 1 hour. Whose: DB Support. Reference: HC-20261005-1.
Problem: The server in Azusa did not answer. First seen: Tue Oct 6, 5:46 am.
  Lasted: 24 hours. Whose: Bay IT. Reference: HC-20261006-1.
Look: The server in Azusa did not answer. First seen: Fri Oct 30, 9:00 am.
  Lasted: not over at the end of the month; over Mon Nov 2, 5:46 am, after 3
  days. Whose: Bay IT. Reference: HC-20261030-1.

TIME TO REPAIR

From the look that found it first to the look that found it well; what is
not over stands apart.
Problem. Ended: 2. Half of them within: 12 hours. The longest: 24 hours. Not
  over: 0.
Look. Ended: 0. Not over: 1.

WHERE THE TROUBLE WAS

The server in Azusa. Troubles: 3. In trouble for: 3 days.

POWER CUTS

The battery backup in Azusa. Clinic: Azusa. Began: Tue Oct 20, 2:14 am.
  Lasted: 17 minutes.

THE MORNING'S REPORT

Due on 21 open days, by 6:30 am.
In time. Days: 20.
Not made. Days: 1. Which: Wednesday, October 14.

WHAT COULD NOT BE CHECKED

Of 80 planned checks in 20 reports, 79 were done (98.75 percent).
Azusa/azusa-server/disk. Could not look: 1 of 20 times.

WHEN NOBODY WATCHED

Wed Oct 14, 8:00 am to 5:00 pm. For: 9 hours.

HOW THIS IS COUNTED

Opening hours are Monday, Tuesday, Wednesday, Thursday and Friday, 8:00 am
to 5:00 pm, but for the days that the config calls closed.
A look speaks for the time until the next one, and for 15 minutes at most.
Time that no look speaks for was not watched: it counts neither as answered
nor as silent. The share is of the time in which the answer is known.
A clinic answered when at least one thing in it did. It was silent when
nothing in it did.
A service worked when all that it needs did. What only the morning's report
looks at is believed for a day; between the reports, the machine that it
runs on must answer. What was found broken counts as broken until a look at
that very thing finds it well, so a look by hand after a repair is worth it.
A trouble lasts from the look that found it first to the look that found it
well, nights and weekends included. One that nobody checks any more counts
as ended.
The hours for which a clinic was paused are left out of its own. Planned
work, and pauses of single devices, count like any other time.

Made Monday, November 2, 2026, at 6:00 am.
"""
    )


def test_the_same_numbers_go_to_programs() -> None:
    document = json.loads(render.as_json(told(bad_month())))
    assert {name: document[name] for name in ("schema", "month", "from", "until", "over", "opening_s")} == {
        "schema": "healthcheck.monthly/1",
        "month": "2026-10",
        "from": "2026-10-01T07:00:00Z",
        "until": "2026-11-01T07:00:00Z",
        "over": True,
        "opening_s": 189 * 3600,
    }
    assert document["clinics"] == [
        {
            "name": "Azusa",
            "open_s": 189 * 3600,
            "answered_s": 179 * 3600,
            "silent_s": 3600,
            "could_not_look_s": 0,
            "not_watched_s": 9 * 3600,
            "silences": [{"from": "2026-10-05T17:00:00Z", "until": "2026-10-05T18:00:00Z"}],
        },
        {
            "name": "Covina",
            "open_s": 189 * 3600,
            "answered_s": 179.5 * 3600,
            "silent_s": 0,
            "could_not_look_s": 1800,
            "not_watched_s": 9 * 3600,
            "silences": [],
        },
    ]
    assert [one["answered_s"] / 3600 for one in document["services"]] == [170]
    assert document["not_watched"] == [{"from": "2026-10-14T15:00:00Z", "until": "2026-10-15T00:00:00Z"}]
    assert [one["over_at_the_end"] for one in document["incidents"]] == [True, True, False]
    assert document["repairs"]["CRITICAL"] == {"ended": 2, "median_s": 45000, "longest_s": 86400, "not_over": 0}
    assert document["reports"] == {
        "due": 21, "in_time": 20, "late": [], "not_delivered": [], "not_made": ["2026-10-14T13:30:00Z"],
    }  # fmt: skip


def test_a_good_month_is_told_in_few_words() -> None:
    month = told(kept())
    assert month.in_short == (
        "2 clinics answered whenever looked at in opening hours.",
        "Patient charts worked 100 percent of the 189 hours in which that is known.",
        "No trouble was recorded.",
        "No power cut was recorded.",
        "All 21 reports came in time.",
        "All 189 hours of opening were watched.",
    )
    assert [one.title for one in month.sections] == [
        "Clinics", "Services", "The morning's report", "What could not be checked", "When nobody watched",
        "How this is counted",
    ]  # fmt: skip
    assert [row.status for row in section(month, "Clinics").rows] == [Status.OK, Status.OK]


@pytest.mark.fault(54)
def test_nothing_recorded_is_not_the_same_as_no_trouble() -> None:
    month = told(Kept(first_at=None))
    assert month.in_short == (
        "Nothing was recorded in October 2026. This is not the same as no trouble: nobody looked.",
    )
    assert [one.title for one in month.sections] == ["How this is counted"]


@pytest.mark.fault(54)
def test_a_trouble_from_before_a_month_without_a_look_is_still_told() -> None:
    month = told(Kept(at(1, 6, month=9), incidents=(an_incident("HC-1", at(20, 8, month=9), None),)))
    assert month.in_short[0].startswith("Nothing was recorded in October 2026.")
    [row] = section(month, "Troubles").rows
    assert row.cells[2] == "not over at the end of the month, nor now"


@pytest.mark.fault(54)
def test_a_clinic_that_nobody_could_look_at_is_not_called_well() -> None:
    looks = tuple(replace(one, statuses=dict.fromkeys(one.statuses, Status.UNKNOWN)) for one in a_month())
    month = told(kept(looks=looks))
    assert month.in_short[:2] == (
        "It is not known whether any clinic answered in its opening hours: nobody could look.",
        "It is not known how long Patient charts worked: nobody could see it.",
    )
    assert [(row.status, *row.cells[1:4]) for row in section(month, "Clinics").rows] == [
        (Status.UNKNOWN, "not known", "not known", "189 hours")
    ] * 2


@pytest.mark.fault(54)
def test_one_clinic_that_is_never_asked_is_named_apart() -> None:
    looks = tuple(
        replace(one, statuses={key: found for key, found in one.statuses.items() if "Covina" not in key})
        for one in a_month()
    )
    assert told(kept(looks=looks)).in_short[0] == (
        "1 clinic answered whenever looked at in opening hours. Of 1 clinic it is not known."
    )


def test_with_reports_alone_nearly_all_is_not_watched() -> None:
    looks = tuple(look(at(day, 7, 50), "report") for day in open_days())
    month = told(kept(looks=looks))
    assert month.in_short[-1] == "Of 189 hours of opening, 187 hours were not watched at all."
    assert [(row.status, row.cells[1], row.cells[4]) for row in section(month, "Clinics").rows] == [
        (Status.UNKNOWN, "100 percent", "187 hours")
    ] * 2


def test_where_the_records_begin_is_said_and_what_was_before_was_not_watched() -> None:
    looks = [one for one in a_month() if one.started_at >= at(20, 10)]
    month = told(kept(first_at=at(20, 10), looks=tuple(looks)))
    assert section(month, "When nobody watched").says == (
        "The records begin Tue Oct 20, 10:00 am. What was before counts as not watched.",
    )
    assert month.facts.reports.due == 8
    assert month.in_short[-1] == "Of 189 hours of opening, 110 hours were not watched at all."


def test_of_a_month_long_ago_only_the_reports_are_kept_and_that_is_said() -> None:
    looks = tuple(look(at(day, 7, 50), "report") for day in open_days())
    month = told(kept(looks=looks), now=at(15, 12, month=12).astimezone(PACIFIC))
    [says] = section(month, "When nobody watched").says
    assert says == (
        "Of the time before Tue Oct 6, 12:00 pm, only the reports are kept, not the looks between them any more; so "
        "most of it counts as not watched here."
    )


def test_a_month_that_goes_on_is_told_so_far() -> None:
    month = told(
        kept(looks=tuple(one for one in a_month() if one.started_at < at(6, 12))), now=at(6, 12).astimezone(PACIFIC)
    )
    assert month.month == "October 2026 so far"
    assert [str(row.strip).count("<li ") for row in section(month, "Clinics").rows] == [6, 6]
    assert month.in_short[-2:] == ("All 4 reports came in time.", "All 31 hours of opening were watched.")
    one_open = told(kept(incidents=(an_incident("HC-1", at(5, 8), None),)), now=at(6, 12).astimezone(PACIFIC))
    assert one_open.in_short[2] == "1 trouble, of which 0 ended. 1 was not over yet."


def test_the_hours_for_which_a_clinic_was_paused_are_left_out_of_its_own() -> None:
    def pause(site: str, host: str, begin: datetime, end: datetime) -> Pause:
        return Pause(site, host, "Maria", "renovation", begin, end)

    pauses = (
        pause("Azusa", "", at(28, 12, month=9), at(1, 12)),
        pause("Azusa", "", at(30, 16), at(3, 9, month=11)),
        pause("Covina", "covina-router", at(5, 0), at(9, 0)),
    )
    month = told(kept(pauses=pauses))
    clinics = section(month, "Clinics")
    assert [row.cells for row in clinics.rows] == [
        ("Azusa (paused for 5 hours)", "100 percent", "never", "–", "–"),
        ("Covina", "100 percent", "never", "–", "–"),
    ]
    assert month.facts.clinics["Azusa"].open_s == (189 - 5) * 3600


def test_a_closing_hour_that_nobody_said_is_said_to_be_assumed() -> None:
    config = replace(CONFIG, practice=replace(PRACTICE, closes_is_known=False))
    facts: MonthFacts = work_out(config, OCTOBER, kept(), NOW)
    assert section(build(facts), "How this is counted").says[0] == (
        "Opening hours are Monday, Tuesday, Wednesday, Thursday and Friday, 8:00 am to 5:00 pm (assumed, for the "
        "config does not say when the doors close), but for the days that the config calls closed."
    )


def test_a_look_holds_for_three_passes_where_they_are_far_apart() -> None:
    config = replace(CONFIG, watch_every_minutes=30)
    assert work_out(config, OCTOBER, kept(), NOW).holds == timedelta(minutes=90)
    assert work_out(CONFIG, OCTOBER, kept(), NOW).holds == timedelta(minutes=15)


def test_an_uncertain_begin_and_an_unknown_end_of_a_power_cut_are_told_as_such() -> None:
    cut = Event(at(20, 2, 19), "lost power", "ups", EventKind.POWER_CUT, None, at(20, 2, 14))
    month = told(kept(events=(PlacedEvent("Azusa", "azusa-ups", cut),)))
    [row] = section(month, "Power cuts").rows
    assert row.cells == ("The battery backup in Azusa", "Azusa", "between Tue Oct 20, 2:14 am and 2:19 am", "not known")


def test_very_much_trouble_is_counted_and_not_all_listed() -> None:
    incidents = tuple(an_incident(f"HC-{number}", at(5, 8), at(5, 9)) for number in range(130))
    found = section(told(kept(incidents=incidents)), "Troubles")
    assert (len(found.rows), found.says) == (100, ("30 more are not listed here.",))
