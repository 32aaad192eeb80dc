"""`healthcheck retest`: what was wrong is looked at again, and nothing looks mended that nobody looked at."""

from __future__ import annotations

import contextlib
import json
import re
import socket
from collections.abc import Iterator
from datetime import timedelta

import pytest

from healthcheck.model import Status
from tests.lab import free_port
from tests.lab.office import MEMORY, Office

TOWNS = """
[[site]]
name = "Pasadena"

  [[site.host]]
  name = "pasadena-server"
  label = "the server in Pasadena"
  address = "127.0.0.2"

[[site]]
name = "Azusa"

  [[site.host]]
  name = "azusa-server"
  label = "the server in Azusa"
  address = "127.0.0.3"

[[check]]
kind = "ping"
hosts = ["*-server"]
count = 1
attempts = 1

[[check]]
kind = "tcp"
hosts = ["pasadena-server"]
port = {pasadena}
attempts = 1

[[check]]
kind = "tcp"
hosts = ["azusa-server"]
port = {azusa}
attempts = 1
"""


class Towns:
    """Two clinics; a server listens in each as long as it is said to."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.ports = {"127.0.0.2": free_port("127.0.0.2"), "127.0.0.3": free_port("127.0.0.3")}
        office.write(MEMORY, TOWNS.format(pasadena=self.ports["127.0.0.2"], azusa=self.ports["127.0.0.3"]))

    @contextlib.contextmanager
    def serving(self, *addresses: str) -> Iterator[None]:
        with contextlib.ExitStack() as stack:
            for address in addresses:
                stack.enter_context(socket.create_server((address, self.ports[address])))
            yield

    def references(self) -> list[str]:
        """What is open now, oldest first."""
        with self.office.history() as history:
            every = history.incidents(self.office.now() - timedelta(days=1))
        return [incident.reference for incident in every if incident.closed_at is None]

    def both_down(self) -> list[str]:
        """A round that finds both clinics' servers not serving, and the references it gives them."""
        assert self.office.healthcheck("run").returncode == 2
        return self.references()


@pytest.fixture
def towns(office: Office) -> Towns:
    return Towns(office)


def answers(text: str) -> list[str]:
    """What stands behind the lines of the checks."""
    return text.partition("\n\n")[2].splitlines()


def test_what_failed_is_looked_at_again_and_closed_and_what_was_not_asked_for_stays_open(towns: Towns) -> None:
    pasadena, azusa = towns.both_down()
    with towns.serving("127.0.0.2"):
        done = towns.office.healthcheck("retest", pasadena)
    assert (done.returncode, done.stderr) == (0, "")
    shown = done.stdout.partition("\n\n")[0].splitlines()
    assert sorted(re.sub(r"  +", " ", line) for line in shown) == [
        "OK Pasadena ping The server in Pasadena answers at once; loses no test message.",
        "OK Pasadena tcp The server in Pasadena accepts connections.",
    ]
    assert answers(done.stdout) == [
        f"{pasadena} is fixed.",
        f"This trouble was not asked for and stays open: {azusa}.",
        "",
        "All 2 checks were done.",
    ]
    assert towns.references() == [azusa]


def test_without_a_word_everything_that_is_open_is_looked_at(towns: Towns) -> None:
    pasadena, azusa = towns.both_down()
    with towns.serving("127.0.0.3"):
        done = towns.office.healthcheck("retest")
    assert done.returncode == 2
    assert answers(done.stdout)[:2] == [
        f"{pasadena} is still the same: The server in Pasadena refused the connection.",
        f"{azusa} is fixed.",
    ]
    assert towns.references() == [pasadena]


def test_the_next_report_says_once_that_it_is_over(towns: Towns) -> None:
    towns.office.remember("yesterday", timedelta(days=1))
    pasadena, _ = towns.both_down()
    with towns.serving("127.0.0.2", "127.0.0.3"):
        assert towns.office.healthcheck("retest", pasadena).returncode == 0
        assert towns.office.healthcheck("report", "--once").returncode == 0
        first = towns.office.text()
        assert towns.office.healthcheck("report", "--once").returncode == 0
        second = towns.office.text()
    over = "This is over: “The server in Pasadena"
    assert (first.count(over), second.count(over)) == (1, 0)
    assert towns.references() == []


def test_a_trouble_that_fails_again_before_the_report_keeps_its_reference(towns: Towns) -> None:
    pasadena, _ = towns.both_down()
    with towns.serving("127.0.0.2"):
        towns.office.healthcheck("retest", pasadena)
    assert towns.office.healthcheck("run", "--site", "Pasadena").returncode == 2
    assert pasadena in towns.references()


def test_nothing_is_looked_at_where_nothing_is_open(towns: Towns) -> None:
    with towns.serving("127.0.0.2", "127.0.0.3"):
        assert towns.office.healthcheck("run").returncode == 0
    done = towns.office.healthcheck("retest")
    assert (done.returncode, done.stdout) == (
        0,
        "Nothing is open, so there is nothing to look at again. `healthcheck run` checks everything.\n",
    )


def test_what_could_not_be_checked_the_last_time_is_looked_at_again(office: Office) -> None:
    plug_in = office.folder / "plug-in"
    check = f'[[check]]\nkind = "nagios"\nhosts = ["office-ups"]\ncommand = ["{plug_in}"]\n'
    office.write(MEMORY, check)
    assert office.healthcheck("run").returncode == 3
    plug_in.write_text("#!/bin/sh\necho fine\n")
    plug_in.chmod(0o755)
    done = office.healthcheck("retest")
    assert done.returncode == 0
    [line] = [line for line in done.stdout.splitlines() if line.endswith(" is fixed.")]
    assert re.fullmatch(r"HC-\d{8}-1 is fixed\.", line)


def test_a_reference_that_is_not_on_record_is_told_what_is_open(towns: Towns) -> None:
    pasadena, azusa = towns.both_down()
    done = towns.office.healthcheck("retest", "HC-nonsense")
    assert (done.returncode, done.stdout) == (64, "")
    assert 'There is no trouble "HC-nonsense" on record. Open now:' in done.stderr
    assert f" Open now:\n  {pasadena}  The server in Pasadena refused the connection" in done.stderr
    assert f"\n  {azusa}  The server in Azusa refused the connection" in done.stderr


def test_a_trouble_that_is_over_is_not_looked_at_again(towns: Towns) -> None:
    pasadena, azusa = towns.both_down()
    with towns.serving("127.0.0.2"):
        towns.office.healthcheck("retest", pasadena)
    done = towns.office.healthcheck("retest", pasadena.lower())
    assert (done.returncode, done.stdout) == (64, "")
    assert f"Error: {pasadena} is over since " in done.stderr
    assert f", so there is nothing to look at again. Open now:\n  {azusa}  " in done.stderr


def test_there_must_be_a_history(office: Office) -> None:
    done = office.healthcheck("retest")
    assert done.returncode == 64
    assert f"There is no history at {office.state}/history.sqlite yet. `healthcheck run` checks" in done.stderr


def test_a_program_is_told_the_same(towns: Towns) -> None:
    pasadena, azusa = towns.both_down()
    with towns.serving("127.0.0.2"):
        done = towns.office.healthcheck("retest", pasadena, "--format", "json")
    told = json.loads(done.stdout)
    report = told.pop("report")
    assert (done.returncode, done.stderr) == (0, "")
    assert told == {
        "schema": "healthcheck.retest/1",
        "status": Status.OK.name,
        "answers": [{"reference": pasadena, "became": "fixed", "says": f"{pasadena} is fixed.", "now": []}],
        "new": [],
        "left_open": [azusa],
    }
    assert [check["key"] for check in report["checks"]] == [
        "Pasadena/pasadena-server/ping",
        "Pasadena/pasadena-server/tcp",
    ]
