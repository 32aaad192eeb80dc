"""The config that is written: it loads without a word, and holds nothing that nobody said."""

from __future__ import annotations

import os
import tomllib
from dataclasses import replace
from datetime import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from healthcheck import config as configs
from healthcheck.config.settings import Config
from healthcheck.interview.answers import Answers, Device, MailServer
from healthcheck.interview.writing import config_of, named
from healthcheck.model import Person, Secret

TOWNS = ("Pasadena", "Glendale", "Burbank", "Monrovia", "Azusa", "Covina", "Whittier", "Downey", 'La Cañada "Crest"')
LITTLE = Answers(practice="Foothill", towns=("Pasadena",), opens=time(7, 30), timezone="America/Los_Angeles")
ALL = Answers(
    practice="Foothill Oncology Group",
    towns=TOWNS,
    opens=time(7, 30),
    timezone="America/Los_Angeles",
    devices=(
        Device("192.0.2.1", "gateway", "Pasadena"),
        Device("192.0.2.20", "database", "Pasadena", "healthcheck"),
        Device("192.0.2.21", "database", "Pasadena", "healthcheck", 2222),
        Device("198.51.100.5", "ups", "Azusa"),
        Device("198.51.100.6", "other", TOWNS[-1]),
    ),
    contractor=Person("Bay IT", "it", "555-0142", "help@bayit.example"),
    recipients=("dana@foothill.example", "Dr. Ito <ito@foothill.example>"),
    mail=MailServer("smtp.foothill.example", 465, "checker@foothill.example", "tls"),
    password=Secret("s3cret"),
)


def loaded(answers: Answers, folder: Path) -> Config:
    path = folder / "config.toml"
    path.write_text(config_of(answers), encoding="utf-8")
    path.chmod(0o600)
    found = configs.load(path, environ={**os.environ, "HEALTHCHECK_SECRET_SMTP_PASSWORD": "s3cret"})
    assert found.warnings == ()
    return found


def test_nine_towns_become_nine_clinics_and_every_device_is_looked_at(tmp_path: Path) -> None:
    config = loaded(ALL, tmp_path)
    assert tuple(site.name for site in config.practice.sites) == TOWNS
    assert config.practice.watcher == "Pasadena"
    assert {(host.name, host.label, host.owner) for host in config.practice.hosts()} == {
        ("this-computer", "the computer that runs this check", "Bay IT"),
        ("pasadena-router", "the internet box in Pasadena", "Bay IT"),
        ("pasadena-database", "the database server in Pasadena at 192.0.2.20", "Bay IT"),
        ("pasadena-database-2", "the database server in Pasadena at 192.0.2.21", "Bay IT"),
        ("azusa-ups", "the battery backup in Azusa", "Bay IT"),
        ("la-canada-crest-device", 'the device in La Cañada "Crest" at 198.51.100.6', "Bay IT"),
    }
    pinged = {planned.host.name for planned in config.plan if planned.check.kind == "ping"}
    assert pinged == {host.name for host in config.practice.hosts()}
    inside = {(planned.host.name, planned.check.kind) for planned in config.plan if planned.check.kind != "ping"}
    assert inside == {
        (host, kind)
        for host in ("this-computer", "pasadena-database", "pasadena-database-2")
        for kind in ("disk", "memory", "restart", "clock", "survey")
    }


def test_the_mail_goes_to_those_who_were_named_with_the_password_kept_elsewhere(tmp_path: Path) -> None:
    config = loaded(ALL, tmp_path)
    [delivery] = config.deliveries
    assert delivery.to == ALL.recipients
    assert config.email is not None
    assert (config.email.host, config.email.port, config.email.security, config.email.auth) == (
        "smtp.foothill.example", 465, "tls", "password",
    )  # fmt: skip
    assert config.email.sender == "System check <checker@foothill.example>"
    assert "s3cret" not in config_of(ALL)


def test_a_mail_server_that_wants_no_login_gets_none(tmp_path: Path) -> None:
    answers = replace(LITTLE, recipients=ALL.recipients, mail=MailServer("relay.example", 25))
    config = loaded(answers, tmp_path)
    assert config.email is not None
    assert (config.email.auth, config.email.sender) == ("none", "System check <dana@foothill.example>")


def test_what_nobody_said_stands_there_only_as_a_suggestion(tmp_path: Path) -> None:
    config = loaded(LITTLE, tmp_path)
    assert set(tomllib.loads(config_of(LITTLE))) == {"practice", "report", "site", "check"}
    assert (config.practice.people, config.deliveries, config.practice.services) == ((), (), ())
    assert [host.name for host in config.practice.hosts()] == ["this-computer"]
    assert "# Nobody gets the report yet: nobody was named.\n" in config_of(LITTLE)


def test_every_suggestion_is_toml_that_only_wants_its_marks_taken_away() -> None:
    text = config_of(LITTLE).replace("\n#", "\n").replace("\n[", "\n\n[")
    suggested = [block for block in text.split("\n\n") if block.lstrip().startswith("[")]
    assert len(suggested) > 15
    for block in suggested:
        assert tomllib.loads("\n".join(line for line in block.splitlines() if not line.startswith(" ")))


def test_suggestions_name_the_devices_that_they_are_for() -> None:
    hosts = {
        block.split('"')[1]: line.removeprefix("#hosts = ")
        for block in config_of(ALL).split("[[check]]")
        for line in block.splitlines()
        if line.startswith("#hosts = ")
    }
    databases = '["pasadena-database", "pasadena-database-2"]'
    assert hosts == {
        "backup": databases,
        "database": databases,
        "ups": '["azusa-ups"]',
        "service": databases,
        "http": databases,
        "path": databases,
        "nas": '["the-drive"]',
        "printer": '["the-printer"]',
    }
    assert '#needs = ["pasadena-database", "pasadena-database-2"]' in config_of(ALL)
    assert '#kind = "backup"\n#hosts = ["this-computer"]' in config_of(LITTLE)


@pytest.mark.parametrize(
    "half",
    [replace(ALL, recipients=()), replace(ALL, mail=None), replace(ALL, password=None)],
    ids=["no recipient", "no server", "no password"],
)
def test_half_a_mail_section_is_only_a_suggestion(tmp_path: Path, half: Answers) -> None:
    config = loaded(half, tmp_path)
    assert (config.email, config.deliveries) == (None, ())


def test_no_two_devices_get_one_name() -> None:
    alike = Answers(
        towns=("A B", "a-b", "東京"), devices=tuple(Device("192.0.2.1", "server", t) for t in ("A B", "a-b", "東京"))
    )
    assert [host.name for site in named(alike) for host in site.hosts] == [
        "a-b-server",
        "a-b-server-2",
        "clinic-server",
    ]


NAMES = st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters="/*?[],"), min_size=1, max_size=20)


@settings(max_examples=25, deadline=None)
@given(practice=NAMES, town=NAMES, who=NAMES, user=NAMES)
def test_whatever_is_said_the_config_says_the_same(practice: str, town: str, who: str, user: str) -> None:
    answers = Answers(
        practice=practice, towns=(town,), opens=time(7, 30), timezone="Europe/Berlin", contractor=Person(who, "it"),
        recipients=("a@b.example",), mail=MailServer("relay.example", 25, user), password=Secret("x"),
    )  # fmt: skip
    data = tomllib.loads(config_of(answers))
    said = (data["practice"]["name"], data["site"][0]["name"], data["person"][0]["name"], data["email"]["username"])
    assert said == (practice, town, who, user)
