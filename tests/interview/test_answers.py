"""How an answer is read: what people write, and what is said when it cannot be read."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcheck.interview import answers
from healthcheck.interview.answers import Answers, Device, MailServer, Mistaken
from healthcheck.model import Person, Secret

TWO = Answers(practice="Foothill", towns=("Pasadena", "La Cañada"), timezone="America/Los_Angeles")
Read = Callable[[str, Answers], Answers]


@pytest.mark.parametrize(
    ("text", "device"),
    [
        ("192.168.1.1", Device("192.168.1.1", "other", "Pasadena")),
        ("192.168.1.1, Gateway", Device("192.168.1.1", "gateway", "Pasadena")),
        ("srv.foothill.example,la cañada,server", Device("srv.foothill.example", "server", "La Cañada")),
        ("10.0.0.5, server, ssh", Device("10.0.0.5", "server", "Pasadena", "healthcheck")),
        ("10.0.0.5, ssh checker:2222", Device("10.0.0.5", "other", "Pasadena", "checker", 2222)),
        ("fd00::5, ups", Device("fd00::5", "ups", "Pasadena")),
    ],
    ids=["address alone", "role", "any order", "usual account", "account and port", "ipv6"],
)
def test_a_device_is_its_address_and_in_any_order_what_is_known_of_it(text: str, device: Device) -> None:
    assert answers.read_device(text, TWO).devices == (device,)


def test_one_address_may_be_two_things_but_nothing_twice() -> None:
    one = answers.read_device("10.0.0.5, server", TWO)
    two = answers.read_device("10.0.0.5, ups", one)
    three = answers.read_device("10.0.0.6, server", two)
    assert [(device.address, device.role) for device in three.devices] == [
        ("10.0.0.5", "server"), ("10.0.0.5", "ups"), ("10.0.0.6", "server"),
    ]  # fmt: skip
    with pytest.raises(Mistaken, match=r'^"10\.0\.0\.5" is on the list already$'):
        answers.read_device("10.0.0.5, ups, La Cañada", three)


def test_answers_are_read_as_people_write_them() -> None:
    assert answers.read_towns(" Pasadena,La Cañada , ", Answers()).towns == ("Pasadena", "La Cañada")
    opened = answers.read_opens("7:30", TWO)
    assert (opened.opens, opened.timezone) == (time(7, 30), "America/Los_Angeles")
    assert answers.read_opens("07:30  America/Denver", TWO).timezone == "America/Denver"
    assert answers.read_contractor("Bay IT, help@bayit.example, 555-0142", TWO).contractor == Person(
        "Bay IT", "it", "555-0142", "help@bayit.example"
    )
    assert answers.read_contractor("", TWO) == TWO
    assert answers.read_recipients("a@b.example, Dr. Ito <ito@b.example>", TWO).recipients == (
        "a@b.example",
        "Dr. Ito <ito@b.example>",
    )
    assert answers.read_mail_server("smtp.example.org", TWO).mail == MailServer("smtp.example.org")
    assert answers.read_mail_server("smtp.example.org:465, checker", TWO).mail == MailServer(
        "smtp.example.org", 465, "checker", "tls"
    )
    assert answers.read_password("pass, word ", TWO).password == Secret("pass, word ")


@pytest.mark.parametrize(
    ("read", "text", "says"),
    [
        (answers.read_practice, " ", "it must not be empty"),
        (answers.read_practice, "A/B", 'a name must not contain "/"'),
        (answers.read_towns, ",", "name at least one town"),
        (answers.read_towns, "Azusa, azusa", '"azusa" stands there twice; give the second clinic a name of its own'),
        (answers.read_opens, "7.30", 'it must be a time of day such as "07:30"'),
        (
            answers.read_opens,
            "07:30 America/Los_Angelos",
            'unknown time zone "America/Los_Angelos"; did you mean "America/Los_Angeles"?',
        ),
        (answers.read_opens, "04:30", "the report cannot leave before doors that open earlier than 5:00 am"),
        (
            answers.read_device,
            "https://x/",
            '"https://x/" is no address; write a name or a number such as 192.168.1.10',
        ),
        (
            answers.read_device,
            "10.0.0.1, gatewy",
            '"gatewy" is neither a town of yours nor a kind of device; did you mean "gateway"?',
        ),
        (answers.read_device, "10.0.0.1, ssh me:0", "0 is no port; it must be between 1 and 65535"),
        (
            answers.read_recipients,
            "dana@foothill",
            '"dana@foothill" is no mail address; write it as in name@example.org',
        ),
        (
            answers.read_mail_server,
            "smtp://x",
            '"smtp://x" is no name of a server; write it as in smtp.example.org:587',
        ),
        (answers.read_mail_server, "smtp.example.org, a, b", "one comma is enough: the server, then the user name"),
        (answers.read_password, "a\x07", "a password is one line without control characters"),
    ],
)
def test_what_cannot_be_read_is_told_in_a_sentence(read: Read, text: str, says: str) -> None:
    with pytest.raises(Mistaken) as caught:
        read(text, TWO)
    assert str(caught.value) == says


def test_an_hour_needs_its_zone_where_the_computer_does_not_tell_its_own() -> None:
    with pytest.raises(Mistaken, match="the time zone is not known; write it behind the hour"):
        answers.read_opens("07:30", Answers())


@pytest.mark.parametrize(
    ("text", "opens", "zone"),
    [
        ("07:30", time(7, 30), "America/Los_Angeles"),
        ("7:30 am", time(7, 30), "America/Los_Angeles"),
        ("8am", time(8), "America/Los_Angeles"),
        ("12:15 p.m. America/Denver", time(12, 15), "America/Denver"),
        ("13:00 America/Denver", time(13), "America/Denver"),
    ],
)
def test_an_hour_is_read_as_the_config_has_it_and_as_people_say_it(text: str, opens: time, zone: str) -> None:
    answered = answers.read_opens(text, TWO)
    assert (answered.opens, answered.timezone) == (opens, zone)


@pytest.mark.parametrize(
    ("opens", "at", "due"),
    [
        (time(7, 30), time(5, 45), time(6, 30)),
        (time(9), time(7, 15), time(8)),
        (time(6), time(4, 15), time(5)),
        (time(5), time(4), time(4, 30)),
    ],
    ids=str,
)
def test_the_report_leaves_an_hour_before_the_doors_open_and_never_while_clocks_are_changed(
    opens: time, at: time, due: time
) -> None:
    answered = Answers(opens=opens)
    assert (answered.report_at, answered.report_due) == (at, due)


@given(st.text(max_size=60), st.sampled_from([name for name in dir(answers) if name.startswith("read_")]))
def test_nothing_that_is_typed_is_more_than_a_mistake(text: str, name: str) -> None:
    with contextlib.suppress(Mistaken):
        getattr(answers, name)(text, TWO)
