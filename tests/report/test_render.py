from __future__ import annotations

import re
from dataclasses import replace

import pytest

from healthcheck.findings import Incident
from healthcheck.model import Attachment, Message, Result, Status
from healthcheck.report import brief as briefs
from healthcheck.report import files, render
from healthcheck.report.console import console
from healthcheck.report.technical import technical
from tests.report.mornings import (
    MORNINGS,
    Morning,
    a_practice,
    a_round,
    all_ok,
    an_outcome,
    charts_down,
    nothing_checked,
    old_backup,
    one_site_dark,
    two_hundred,
)

HONEST = [name for name in MORNINGS if "hostile" not in name]


def two_hundred_broken() -> Morning:
    """The worst morning: every clinic of two hundred has a problem of its own."""
    morning = all_ok(tuple(f"Clinic {number}" for number in range(1, 201)))
    servers = [site.hosts[1] for site in morning.practice.sites]
    outcomes = tuple(
        an_outcome(server, "disk", Result(Status.CRITICAL, "has no room left", "free 0.0 % of /var"))
        for server in servers
    )
    incidents = tuple(
        Incident(
            f"HC-20261123-{number}",
            outcome.key,
            Status.CRITICAL,
            outcome.site,
            outcome.host,
            f"The server in {outcome.site} has no room left.",
            outcome.detail,
            (outcome.key,),
            sites=(outcome.site,),
        )
        for number, outcome in enumerate(outcomes, 1)
    )
    diagnosis = replace(morning.diagnosis, incidents=incidents)
    return replace(morning, round=a_round(morning.practice, outcomes), diagnosis=diagnosis)


def test_the_summary_is_a_mail_in_two_forms_with_the_technical_lines_attached() -> None:
    report = charts_down().report()
    assert render.message(report, "summary") == Message(
        render.subject(report),
        render.text(report),
        render.html(report),
        (Attachment("for-it-20261123-0545.txt", technical(report)),),
        render.short(report),
    )


SHORT = """\
No clinic can open normally.
Charts and scheduling will not open.

1. Call Bay IT now and read out these words. Phone: 555-0142
"This is Foothill Oncology Group. The reference is HC-20261123-1. The server in the main office runs, but the charts \
on it do not answer. First seen Sunday, 2:31 am (27 hours ago). All 9 clinics are affected."

2. Until this is fixed: Use the paper intake forms.

Problem: The server in the main office runs, but the charts on it do not answer. \
"""


def test_the_short_form_says_the_same_with_what_matters_first_and_no_line_broken() -> None:
    report = charts_down().report()
    assert render.short(report).startswith(SHORT)
    assert render.short(report).endswith(" ".join(report.footer) + "\n")


def test_a_program_gets_the_text_and_the_whole_report_as_json() -> None:
    report = charts_down().report()
    assert files.for_programs(report) == Message(
        render.subject(report), render.text(report), "", (Attachment("report.json", files.as_json(report)),)
    )


def test_the_letter_for_it_holds_every_brief_and_no_html() -> None:
    report = two_hundred().report()
    message = render.message(report, "brief")
    told = [briefs.text(problem.brief) for problem in report.problems]
    assert message == Message(
        render.subject(report),
        "\n\n".join(told),
        "",
        (
            Attachment("for-it-20261123-0545.txt", technical(report)),
            Attachment("HC-20261123-1.txt", told[0]),
            Attachment("HC-20261123-2.txt", told[1]),
        ),
    )


@pytest.mark.parametrize("make", [all_ok, nothing_checked], ids=["all-ok", "could-not-check"])
def test_without_any_problem_it_gets_the_page(make: object) -> None:
    report = make().report()  # type: ignore[operator]  # one of two mornings
    assert render.message(report, "brief").text == render.text(report)


@pytest.mark.parametrize("name", HONEST)
def test_the_page_holds_no_script_image_form_or_foreign_address(name: str) -> None:
    html = render.html(MORNINGS[name]().report())
    assert not re.search(r"<(script|img|svg|iframe|form|link|object|video|base)\b|https?:|url\(|@import", html)
    assert not re.search(r"display:\s*(flex|grid)|javascript:", html)


@pytest.mark.parametrize("name", HONEST)
def test_the_page_is_made_of_tables_for_layout_and_real_headings(name: str) -> None:
    html = render.html(MORNINGS[name]().report())
    assert html.startswith('<!DOCTYPE html>\n<html lang="en">')
    assert len(re.findall(r"<table\b", html)) == len(re.findall(r'<table\b[^>]*role="presentation"', html))
    assert html.count("<h1") == 1
    assert html.count("<h2") >= 2


@pytest.mark.parametrize("name", HONEST)
def test_every_coloured_thing_has_its_colour_inline(name: str) -> None:
    """Some mail programs throw the style sheet away: what is left must still be the page."""
    html = re.sub(r"<style>.*?</style>", "", render.html(MORNINGS[name]().report()), flags=re.DOTALL)
    for tag in re.findall(r"<(?:span|a|blockquote|td)\b[^>]*>", html):
        assert 'style="' in tag or tag == '<td align="center">'


@pytest.mark.parametrize("name", HONEST)
def test_a_page_of_nine_clinics_is_small(name: str) -> None:
    assert len(render.html(MORNINGS[name]().report()).encode()) < 15_000


def test_the_page_of_a_good_morning_is_tiny() -> None:
    assert len(render.html(all_ok().report()).encode()) < 4_000
    assert len(render.text(all_ok().report()).splitlines()) < 16


def test_the_worst_morning_of_two_hundred_clinics_still_fits_a_mail() -> None:
    report = two_hundred_broken().report()
    html = render.html(report)
    assert len(html.encode()) < 60_000
    assert "188 more are in the attached file." in html
    assert technical(report).count("IN TECHNICAL WORDS") == 200


def test_the_technical_file_has_a_line_for_every_check() -> None:
    report = one_site_dark().report()
    ledger = technical(report).partition("LEDGER: 90 planned checks\n\n")[2].splitlines()
    assert len(ledger) == 90
    assert ledger[0] == (
        "done            OK       Main office/main-office-router/ping: ping ok; time = 0.0042 s (0.012 s, 1 attempt)"
    )
    assert ledger[33] == (
        "could not check UNKNOWN  Azusa/azusa-router/backup: the office cannot reach Azusa; no route to host "
        "(0.012 s, 1 attempt)"
    )


def test_the_console_shows_problems_first_then_every_check_and_the_problems_again() -> None:
    lines = console(old_backup().report()).splitlines()
    assert lines[:8] == [
        "Foothill Oncology Group, Mon Nov 23",
        "All 9 clinics can open. One thing needs a look.",
        "The newest backup in Pasadena is 3 days old.",
        "",
        "Look             The newest backup in Pasadena is 3 days old. [HC-20261123-1]",
        "                 First seen Saturday, 5:46 am (2 days ago). Last seen well Friday, 5:46 am.",
        "                 Where to find the server in Pasadena: back office, under the desk.",
        "",
    ]
    again = lines.index("Once more, what is not well:")
    assert lines[again + 1 :] == [*lines[4:7], "", "All 90 checks were done."]
    assert "  Look             backup      The server in Pasadena has no backup newer than 3 days." in lines
    assert sum(line.startswith("  ") and "  The " in line for line in lines) == 90


def test_the_console_lists_what_could_not_be_checked() -> None:
    assert console(one_site_dark().report()).endswith(
        "82 of 90 checks were done.\n"
        "  could not check: 8 checks of the internet box in Azusa and the server in Azusa: "
        "the office cannot reach Azusa\n"
    )


def test_the_console_tells_two_checks_of_a_kind_apart() -> None:
    server = a_practice().sites[0].hosts[1]
    named = replace(an_outcome(server, "tcp"), key=f"{server.site}/{server.name}/tcp/charts")
    morning = all_ok()
    report = replace(morning, round=replace(morning.round, outcomes=(named,))).report()
    assert "  OK               tcp/charts  The server in the main office is well." in console(report)


MARKDOWN = """\
# All 9 clinics can open. One thing needs a look.

The newest backup in Pasadena is 3 days old.

## What to do now

1. Open as usual. Call Bay IT today and read out these words. Phone: 555-0142

   > This is Foothill Oncology Group. The reference is HC-20261123-1. The newest backup in Pasadena is 3 days old. \
First seen Saturday, 5:46 am (2 days ago). Pasadena is affected.

## What to see to

* **Look:** The newest backup in Pasadena is 3 days old. First seen Saturday, 5:46 am (2 days ago). \
Last seen well Friday, 5:46 am. Where to find the server in Pasadena: back office, under the desk. \
Call Bay IT, 555-0142. Reference HC-20261123-1.

## Clinics

* **Look:** Pasadena can open, but its newest backup is 3 days old.
* **OK:** Main office, Glendale, Azusa, Monrovia, Arcadia, Covina, Duarte and Sierra Madre can open.

## Since Friday

* Nothing out of the ordinary was noted.

Checked today, 5:45 am to 5:47 am. All 90 checks were done. The next report comes Tuesday, November 24, by 6:30 am. \
Not here by then? Call Bay IT, 555-0142.
"""


def test_the_markdown_is_the_same_page() -> None:
    assert render.markdown(old_backup().report()) == MARKDOWN
