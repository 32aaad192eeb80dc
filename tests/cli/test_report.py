"""`healthcheck report` by hand, and what `agent` says, to whoever sits before it; a timer is told of trouble alone."""

from __future__ import annotations

from tests.lab.office import MEMORY, Office
from tests.lab.program import PROGRAM
from tests.lab.terminal import terminal

SITE = """
[[site]]
name = "Main office"

  [[site.host]]
  name = "office-server"
  label = "the office server"
  local = true
"""


def test_at_a_terminal_the_report_says_that_it_was_accepted(office: Office) -> None:
    office.write(MEMORY)
    with terminal(PROGRAM, "report", "--config", office.config, "--state-dir", office.state) as person:
        person.reads("Everything that was to be sent was accepted.")
        assert person.leaves() == 0
    assert len(office.mails()) == 1


def test_a_timer_hears_nothing_of_a_report_that_was_accepted(office: Office) -> None:
    office.write(MEMORY)
    done = office.healthcheck("report")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_report_that_goes_to_nobody_says_so(office: Office) -> None:
    office.write(MEMORY)
    text = office.config.read_text()
    office.config.write_text(text.partition("[[delivery]]")[0] + SITE + MEMORY)
    done = office.healthcheck("report")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "healthcheck: The report was made, and goes to nobody: there is no [[delivery]].\n"


def test_at_a_terminal_the_agent_says_when_the_report_comes_and_how_to_end_it(office: Office) -> None:
    office.write(MEMORY)
    with terminal(PROGRAM, "agent", "--config", office.config, "--state-dir", office.state) as person:
        assert person.reads("Stay logged in").startswith("The next report is due on ")
        person.reads("Ctrl-C ends it, too.")
        assert person.interrupts() == 0
