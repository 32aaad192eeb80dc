from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from healthcheck.findings import Incident, PlacedEvent
from healthcheck.model import Event, Host, Metric, Result, Secret, SshAccess, Status
from healthcheck.report import brief as briefs
from healthcheck.report import render
from healthcheck.report.parts import encoded
from tests.report.mornings import (
    NOW,
    TOWNS,
    Morning,
    a_practice,
    all_ok,
    an_outcome,
    changed,
    charts_down,
    local,
    old_backup,
    one_site_dark,
)

OLD_BACKUP = """\
HC-20261123-1  WARNING  Foothill Oncology Group

The newest backup in Pasadena is 3 days old.

IN TECHNICAL WORDS
  /mnt/backup/charts-20261120.dump: age 74.1 h > 26 h

WHEN
  first seen failing: Sat Nov 21 2026 05:46:00 PST (2026-11-21T13:46:00Z)
  last seen well:     Fri Nov 20 2026 05:46:00 PST (2026-11-20T13:46:00Z)
  seen failing in 2 rounds

WHO IS AFFECTED
  Pasadena is affected.

WHERE
  Pasadena, 2 Main Street, the server in Pasadena, back office, under the desk, pasadena-server
  192.0.2.22: ssh -J office-jump ssh://healthcheck@192.0.2.22:2222

WHAT WE SEE OR HEAR THERE (please fill in)
  1. ________________________________________
  2. ________________________________________
  3. ________________________________________

HOW
  Pasadena/pasadena-server/backup: WARNING at Mon Nov 23 2026 05:45:00 PST (2026-11-23T13:45:00Z)
    /mnt/backup/charts-20261120.dump: age 74.1 h > 26 h
    1 attempt, 0.012 s; age = 266760 s

WHAT ELSE HAPPENED AROUND IT
  nothing that this check knows of

WHAT CHANGED
  nothing that this check knows of

WHAT STILL WORKS
  Pasadena/pasadena-server/ping: ping ok
  Pasadena/pasadena-server/tcp: tcp ok
  Pasadena/pasadena-server/disk: disk ok
  Pasadena/pasadena-server/ups: ups ok
  5 of 5 other checks at Pasadena are OK
  80 of 80 checks at the other sites are OK

WHAT FAILS WITH IT
  nothing that this check knows of

WHOM TO CALL NEXT
  on site: the front desk at Pasadena, 555-0102
  vendor: ChartSoft, 800-555-0199, support@chartsoft.example
  administrator: Maria Lopez, 555-0100, manager@foothill.example
"""


def brief_of(morning: Morning) -> briefs.Brief:
    return morning.report().problems[0].brief


def test_a_brief_tells_it_everything_in_one_letter() -> None:
    assert briefs.text(brief_of(old_backup())) == OLD_BACKUP


def test_a_brief_tells_the_circumstances() -> None:
    brief = brief_of(charts_down())
    assert brief.around == (
        (
            "Sun Nov 22 2026 02:14:00 PST (2026-11-22T10:14:00Z) until Sun Nov 22 2026 02:31:00 PST "
            "(2026-11-22T10:31:00Z): Main office/main-office-server lost mains power for 17 minutes [ups]"
        ),
    )
    assert brief.changed == (
        (
            "Main office/main-office-server: The charts in the main office did not start after the power cut. "
            "(postgresql.service: inactive)"
        ),
    )
    assert brief.works[-2:] == (
        "5 of 5 other checks at Main office are OK",
        "72 of 80 checks at the other sites are OK",
    )
    assert brief.consequences == tuple(f"{town}/{town.lower().replace(' ', '-')}-server/tcp" for town in TOWNS[1:])


def test_a_whole_dark_host_brings_its_own_checks_into_the_brief() -> None:
    keys = [check.key for check in brief_of(one_site_dark()).checks]
    assert keys == [f"Azusa/azusa-router/{kind}" for kind in ("ping", "tcp", "disk", "backup", "ups")]


def test_events_long_before_or_after_are_left_out() -> None:
    morning = charts_down()
    far = (local(20, 1), local(23, 5))
    events = tuple(PlacedEvent("Azusa", "azusa-server", Event(at, "restarted", "boot")) for at in far)
    assert brief_of(replace(morning, diagnosis=replace(morning.diagnosis, events=events))).around == ()


def test_an_uncertain_moment_is_told_with_both_ends() -> None:
    morning = charts_down()
    event = Event(local(22, 2, 19), "went silent", "watch", not_before=local(22, 2, 14))
    events = (PlacedEvent("Main office", "main-office-server", event),)
    brief = brief_of(replace(morning, diagnosis=replace(morning.diagnosis, events=events)))
    assert brief.around == (
        (
            "Sun Nov 22 2026 02:19:00 PST (2026-11-22T10:19:00Z), not before Sun Nov 22 2026 02:14:00 PST "
            "(2026-11-22T10:14:00Z): Main office/main-office-server went silent [watch]"
        ),
    )


def test_what_nobody_knows_is_said_to_be_unknown() -> None:
    morning = old_backup()
    incident = replace(morning.diagnosis.incidents[0], since=None, last_good=None, detail="", sites=())
    brief = brief_of(replace(morning, diagnosis=replace(morning.diagnosis, incidents=(incident,))))
    assert (brief.first_seen, brief.last_good, brief.affected) == ("not known", "not known", "")
    assert "IN TECHNICAL WORDS\n  (nothing more)\n" in briefs.text(brief)
    assert "WHO IS AFFECTED\n  nobody that is known\n" in briefs.text(brief)


def _access(host: Host) -> str:
    """What a brief says about getting in to a host."""
    morning = all_ok()
    site = replace(morning.practice.sites[1], hosts=(host,))
    practice = replace(morning.practice, sites=(morning.practice.sites[0], site))
    incident = Incident("HC-1", "k", Status.CRITICAL, site.name, host.name, "It is gone", "", sites=(site.name,))
    diagnosis = replace(morning.diagnosis, incidents=(incident,))
    return brief_of(replace(morning, practice=practice, diagnosis=diagnosis)).access


@pytest.mark.parametrize(
    ("settings", "access"),
    [
        pytest.param({"ssh": SshAccess("root")}, "192.0.2.9: ssh ssh://root@192.0.2.9:22", id="plain"),
        pytest.param(
            {"ssh": SshAccess("it", 2222, jump="bastion")},
            "192.0.2.9: ssh -J bastion ssh://it@192.0.2.9:2222",
            id="through-another",
        ),
        pytest.param(
            {"ssh": SshAccess("it"), "address": "2001:db8::9"},
            "2001:db8::9: ssh ssh://it@[2001:db8::9]:22",
            id="ipv6",
        ),
        pytest.param({}, "no login is set up; its address is 192.0.2.9", id="looked-at-from-outside"),
        pytest.param({"address": ""}, "no login is set up", id="without-an-address"),
        pytest.param({"local": True}, "it is the computer that this program runs on", id="this-computer"),
    ],
)
def test_the_brief_says_how_to_get_in(settings: dict[str, object], access: str) -> None:
    host = Host(**{"name": "box", "site": "Pasadena", "label": "the box", "address": "192.0.2.9", **settings})  # type: ignore[arg-type]  # settings of one host
    assert _access(host) == access


def test_no_secret_reaches_a_brief_or_any_other_form() -> None:
    morning = old_backup()
    key = Secret("canary-8f3a", "ssh_key")
    ssh = SshAccess("healthcheck", key=key, key_file=Path("/etc/keys/one"))
    sites = tuple(
        replace(site, hosts=tuple(replace(host, ssh=ssh) for host in site.hosts)) for site in morning.practice.sites
    )
    report = replace(morning, practice=replace(morning.practice, sites=sites)).report()
    assert "canary" not in repr(render.message(report))
    assert "canary" not in repr(render.letters(report))
    assert "canary" not in repr(report)


def test_the_brief_for_programs_has_the_same_facts() -> None:
    document = briefs.json(brief_of(old_backup()))
    assert json.loads(json.dumps(document)) == {
        "schema": "healthcheck.brief/1",
        "reference": "HC-20261123-1",
        "practice": "Foothill Oncology Group",
        "status": "WARNING",
        "what": "The newest backup in Pasadena is 3 days old.",
        "technical": "/mnt/backup/charts-20261120.dump: age 74.1 h > 26 h",
        "likely": "",
        "known": "",
        "first_seen": "Sat Nov 21 2026 05:46:00 PST (2026-11-21T13:46:00Z)",
        "last_good": "Fri Nov 20 2026 05:46:00 PST (2026-11-20T13:46:00Z)",
        "rounds": 2,
        "checks": [
            {
                "key": "Pasadena/pasadena-server/backup",
                "status": "WARNING",
                "at": "Mon Nov 23 2026 05:45:00 PST (2026-11-23T13:45:00Z)",
                "says": "has no backup newer than 3 days",
                "error": "/mnt/backup/charts-20261120.dump: age 74.1 h > 26 h",
                "measured": ["age = 266760 s"],
                "attempts": 1,
                "duration_s": 0.012,
            }
        ],
        "around": [],
        "works": [
            *(f"Pasadena/pasadena-server/{kind}: {kind} ok" for kind in ("ping", "tcp", "disk", "ups")),
            "5 of 5 other checks at Pasadena are OK",
            "80 of 80 checks at the other sites are OK",
        ],
        "changed": [],
        "affected": "Pasadena is affected.",
        "consequences": [],
        "place": "Pasadena, 2 Main Street, the server in Pasadena, back office, under the desk, pasadena-server",
        "access": "192.0.2.22: ssh -J office-jump ssh://healthcheck@192.0.2.22:2222",
        "next_calls": [
            "on site: the front desk at Pasadena, 555-0102",
            "vendor: ChartSoft, 800-555-0199, support@chartsoft.example",
            "administrator: Maria Lopez, 555-0100, manager@foothill.example",
        ],
    }


def test_the_link_opens_a_letter_that_is_already_written() -> None:
    problem = old_backup().report().problems[0]
    link = urlsplit(problem.send_link)
    fields = parse_qs(link.query, strict_parsing=True)
    assert (problem.send_label, link.scheme, link.path) == ("Send this to IT", "mailto", "help@bayit.example")
    assert fields["subject"] == ["HC-20261123-1 Look: The newest backup in Pasadena is 3 days old."]
    assert fields["body"][0].startswith(OLD_BACKUP[:700].replace("\n", "\r\n"))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 300), st.lists(st.integers(0, 120), max_size=30), st.sampled_from("xé漢 "))
def test_the_link_is_never_longer_than_mail_programs_take(says: int, lines: list[int], letter: str) -> None:
    morning = charts_down()
    detail = "\n".join(letter * length for length in lines)
    incident = replace(morning.diagnosis.incidents[0], says=letter * says, detail=detail)
    report = replace(morning, diagnosis=replace(morning.diagnosis, incidents=(incident,))).report()
    link = report.problems[0].send_link
    assert len(link) <= 1800
    assert parse_qs(urlsplit(link).query, strict_parsing=True)["body"][0].startswith("HC-20261123-1")


@pytest.mark.parametrize("room", range(400, 700, 7))
def test_a_letter_is_cut_to_the_room_there_is(room: int) -> None:
    assert len(encoded(briefs.link_text(brief_of(charts_down()), room))) <= room


def test_a_cut_letter_says_that_it_is_cut_and_keeps_whole_lines() -> None:
    morning = charts_down()
    body = parse_qs(urlsplit(morning.report().problems[0].send_link).query)["body"][0].replace("\r\n", "\n")
    kept, cut, rest = body.partition("\n(cut here: the rest is in the file attached to the report)\n")
    assert cut and not rest
    assert briefs.text(brief_of(morning)).startswith(kept)


def test_a_vendor_is_named_on_the_link() -> None:
    morning = charts_down()
    incident = replace(morning.diagnosis.incidents[0], owner="ChartSoft")
    problem = replace(morning, diagnosis=replace(morning.diagnosis, incidents=(incident,))).report().problems[0]
    assert problem.send_label == "Send this to ChartSoft"
    assert problem.contact.phone == "800-555-0199"
    assert "it: Bay IT, 555-0142, help@bayit.example" in problem.brief.next_calls


def test_letters_are_one_a_problem_with_the_json_attached() -> None:
    [letter] = render.letters(old_backup().report())
    assert letter.subject == "HC-20261123-1 Look: The newest backup in Pasadena is 3 days old."
    assert letter.text == OLD_BACKUP
    [attached] = letter.attachments
    assert attached.name == "HC-20261123-1.json"
    assert json.loads(attached.text)["reference"] == "HC-20261123-1"


def test_more_than_a_dozen_of_anything_is_cut() -> None:
    practice = a_practice()
    server = practice.sites[0].hosts[1]
    outcomes = tuple(
        an_outcome(server, f"kind{number}", Result(Status.CRITICAL, "is broken", "broken", Metric("n", number)))
        for number in range(40)
    )
    keys = tuple(outcome.key for outcome in outcomes)
    incident = Incident("HC-1", keys[0], Status.CRITICAL, server.site, server.name, "It is broken", "broken", keys)
    morning = all_ok()
    events = tuple(
        PlacedEvent(server.site, server.name, Event(NOW - timedelta(minutes=number), "blinked", "log"))
        for number in range(40)
    )
    diagnosis = replace(morning.diagnosis, incidents=(incident,), events=events)
    found = replace(morning.round, outcomes=changed((*morning.round.outcomes, *outcomes)))
    brief = brief_of(replace(morning, round=found, diagnosis=diagnosis))
    assert (len(brief.checks), len(brief.around)) == (12, 12)
