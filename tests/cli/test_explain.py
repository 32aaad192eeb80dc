"""`healthcheck explain`: a kind without any config, a check with its limits and course, a trouble with its words."""

from __future__ import annotations

import re
import shlex
import socket
from datetime import UTC, datetime, timedelta

import pytest

from healthcheck.findings import Diagnosis, Seen
from healthcheck.model import Outcome, Result, Round, Status
from tests.lab import free_port
from tests.lab.office import MEMORY, Office
from tests.lab.program import healthcheck

TCP = """
[[check]]
kind = "tcp"
hosts = ["office-ups"]
port = {port}
attempts = 1
timeout_s = 4
owner = "Bay IT"
"""
KEY = "Main office/office-ups/tcp"


def explained(office: Office, what: str) -> dict[str, str]:
    """What is said of it, by heading; the first lines under "". Wrapped lines are joined."""
    done = office.healthcheck("explain", what)
    assert (done.returncode, done.stderr) == (0, "")
    first, *sections = re.split(r"\n\n(?=[A-Z][A-Z ]+\n)", done.stdout)
    found = {"": first.strip()}
    for section in sections:
        title, _, body = section.partition("\n")
        found[title] = " ".join(body.split())
    return found


def refused(office: Office) -> str:
    """A round by hand that is refused at a port; the reference of the trouble."""
    port = free_port()
    office.write(MEMORY, TCP.format(port=port))
    assert office.healthcheck("run").returncode == 2
    with office.history() as history:
        [incident] = history.incidents(datetime.now(UTC))
    return incident.reference


def test_a_kind_is_explained_without_any_config(office: Office) -> None:
    office.config.unlink()
    told = explained(office, "tcp")
    assert (
        told[""] == "tcp: Whether a port accepts a connection and, if asked, greets as it should; seconds to connect."
    )
    assert told["WHAT EACH STATE MEANS"] == (
        "OK It was looked at, and nothing below was found. "
        "Problem The connection is refused, not answered in time, or forbidden on the way; where a greeting is "
        "expected also silence, or another greeting. Could not check The name has no address."
    )
    assert told["SETTINGS"].startswith("port the TCP port (must be given) expect text that the greeting must contain")
    assert "IN YOUR CONFIG" not in told


def test_of_a_kind_it_is_told_where_the_config_uses_it(office: Office) -> None:
    assert explained(office, "Memory")["IN YOUR CONFIG"] == "Main office/office-server/memory"


def test_a_kind_can_be_read_about_while_the_config_has_a_mistake(office: Office) -> None:
    office.config.write_text("[practice")
    assert explained(office, "memory")[""].startswith("memory: How much memory (%) is left for programs")


def test_a_kind_of_ones_own_is_explained_too(office: Office) -> None:
    folder = office.folder / "checks.d"
    folder.mkdir()
    plug_in = folder / "waiting"
    plug_in.write_text("#!/bin/sh\n# How many faxes wait to be sent.\necho fine\n")
    plug_in.chmod(0o755)
    assert explained(office, "waiting")[""] == "waiting: How many faxes wait to be sent."


def test_a_check_is_explained_with_its_own_limits_and_the_words_for_it(office: Office) -> None:
    reference = refused(office)
    told = explained(office, KEY.upper())
    assert told[""] == KEY
    assert re.fullmatch(
        r"Problem The battery backup in the office refused the connection\. Looked at today, [^.]*\. "
        rf"Not well since today, [^.]*\. When it was last well is not known\. "
        rf"This trouble has the reference {reference}: The battery backup in the office refused the connection\.",
        told["NOW"],
    )
    assert re.fullmatch(
        r"Whether a port .* seconds to connect\. \(tcp\) port \d+ A look may take 4 seconds\.", told["WHAT IT LOOKS AT"]
    )
    assert re.fullmatch(r"today, .*: Problem: refused the connection", told["ITS COURSE"])
    assert re.fullmatch(
        r"Call Bay IT now and read out these words\. Bay IT: 555-0142 “This is Foothill Oncology Group\. "
        rf"The reference is {reference}\. The battery backup in the office refused the connection\. .*” "
        rf"All that IT needs: healthcheck explain {reference}",
        told["WHOM TO CALL"],
    )


def test_a_check_that_is_well_needs_no_words(office: Office) -> None:
    office.healthcheck("run")
    told = explained(office, "Main office/office-server/memory")
    assert told["NOW"].startswith("OK Nothing was wrong with the office server. Looked at today, ")
    assert told["WHOM TO CALL"] == "There is nothing to say now. Should it fail, call Bay IT, 555-0142."
    assert "available_percent Look below 0.02 percent, Problem below 0.01 percent" in told["WHAT IT LOOKS AT"]


def test_a_check_that_was_never_looked_at_is_not_called_well(office: Office) -> None:
    told = explained(office, "Main office/office-server/memory")
    assert told["NOW"] == "It was not looked at in the last 30 days, as far as this computer knows."
    assert told["WHOM TO CALL"] == "To ask about it, call Bay IT, 555-0142."
    assert not office.state.exists()


def test_a_trouble_is_explained_with_the_letter_for_it(office: Office) -> None:
    reference = refused(office)
    told = explained(office, reference.lower())
    assert told[""].startswith(f"{reference}  Problem: ")
    assert told["WHAT SHOWS IT"] == f"{KEY} Problem: refused the connection"
    assert told["TO LOOK AGAIN"] == f"healthcheck retest {reference}"
    assert told["THE LETTER FOR IT"].startswith("As each check was last looked at; nothing was looked at anew.")
    letter = office.healthcheck("explain", reference).stdout
    assert re.search(
        rf"\nHOW\n  {KEY}: CRITICAL at .*\n    TCP 127\.0\.0\.1:\d+: ECONNREFUSED .*\n    1 attempt, 0", letter
    )


def test_of_a_trouble_that_is_acknowledged_nobody_is_sent_to_call(office: Office) -> None:
    reference = refused(office)
    acknowledged = office.healthcheck("ack", reference, "--until", "3 days", "--note", "part ordered", "--by", "Maria")
    assert acknowledged.returncode == 0
    whom = explained(office, reference)["WHOM TO CALL"]
    assert re.match(r"Maria knows of it until .*: Part ordered\. Should you call about it all the same, ", whom)


def test_a_trouble_that_is_over_asks_for_no_call(office: Office) -> None:
    port = free_port()
    office.write(MEMORY, TCP.format(port=port))
    assert office.healthcheck("run").returncode == 2
    with office.history() as history:
        [incident] = history.incidents(datetime.now(UTC))
    with socket.create_server(("127.0.0.1", port)):
        assert office.healthcheck("retest").returncode == 0
    told = explained(office, incident.reference)
    assert told[""].startswith(f"{incident.reference}  Over: ")
    assert ": nobody need be called about it." in told[""]
    assert "WHOM TO CALL" not in told


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("memroy", 'There is no kind, no check and no trouble "memroy"; did you mean "memory"?'),
        ("Main office/office-server/memry", '; did you mean "Main office/office-server/memory"?'),
        ("office-server", '"office-server" has several checks. Name one:\n  Main office/office-server/memory'),
        ("HC-20260101-1", 'There is no kind, no check and no trouble "HC-20260101-1".'),
    ],
    ids=["a kind", "a check", "a host", "a reference"],
)  # fmt: skip
def test_what_is_not_known_is_told_the_nearest_word(office: Office, what: str, says: str) -> None:
    done = office.healthcheck("explain", what)
    assert (done.returncode, done.stdout) == (64, "")
    assert says in done.stderr


def test_without_a_config_a_wrong_word_is_told_the_nearest_kind(office: Office) -> None:
    office.config.unlink()
    done = office.healthcheck("explain", "dsik")
    assert done.returncode == 64
    assert 'There is no kind of check "dsik"; did you mean "disk"?' in done.stderr


def test_the_course_of_a_check_is_read_with_its_light_passes(office: Office) -> None:
    start = datetime(2026, 11, 22, 13, 45, tzinfo=UTC)

    def look(number: int, trigger: str, *results: Result) -> Round:
        at = start + timedelta(minutes=5 * number)
        outcome = Outcome(KEY, "Main office", "office-ups", "tcp", results, at, 1.5, attempts=2)
        return Round(f"r{number}", "Foothill", trigger, at, at, (outcome,))

    bad = Result(Status.CRITICAL, "refused the connection", "ECONNREFUSED")
    with office.history() as history:
        history.save(look(0, "report", Result(Status.OK, "answers")), Diagnosis(()))
        history.save(look(1, "watch", bad), Diagnosis(()))
        history.save(look(2, "watch", bad), Diagnosis(()))
        course = history.course(KEY, start)
        latest = history.latest(start)
    times = [start + timedelta(minutes=5 * number) for number in range(3)]
    assert course == (
        Seen(times[0], Status.OK, "", "", 2, 1.5),
        Seen(times[1], Status.CRITICAL, "refused the connection", "ECONNREFUSED", 2, 1.5),
        Seen(times[2], Status.CRITICAL, "refused the connection", "ECONNREFUSED", 2, 1.5),
    )
    assert latest == {KEY: course[-1]}


def test_a_round_by_hand_ends_with_the_command_that_explains_the_first_trouble(office: Office) -> None:
    office.write(TCP.format(port=free_port()))
    last = office.healthcheck("run").stdout.splitlines()[-1]
    says, _, command = last.partition(": healthcheck ")
    assert says == "What it is, and what to say to IT of it"
    assert healthcheck(*shlex.split(command)).returncode == 0
