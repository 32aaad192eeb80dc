"""What to do once the config is there."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Iterator
from datetime import time
from pathlib import Path

from healthcheck.config.paths import SYSTEM_CONFIG
from healthcheck.interview.answers import Answers
from healthcheck.interview.writing import missing, named

SHIPPED_AT = time(5, 45)
"""When the timer that ships with the program starts the report."""


def after(path: Path, answers: Answers, *, is_usual: bool, zone: str) -> str:
    """The end of the interview: where the config is, and each next command on a line of its own.

    `is_usual` tells that the program finds the config by itself; `zone` is the time zone of this computer.
    """
    where = "" if is_usual else f" --config {shlex.quote(str(path))}"
    sudo = "sudo " if path == SYSTEM_CONFIG else ""  # what lies there, secrets and history, is for root alone
    name = "healthcheck" if shutil.which("healthcheck") else _program()
    lines = [f"{path} is written, and it has no mistake."]
    if not answers.sends:
        lines += [f"Nobody gets the report yet: {missing(answers)}. The config says what to fill in."]
    lines += ["", "What to do next:", ""]
    for words, says in _steps(answers):
        lines += [f"  {sudo}{name} {words}{where}", f"      {says}"]
    lines += ["", *_every_morning(path, answers, where)]
    if zone != answers.timezone:
        lines += [
            f"Both go by this computer's clock, which keeps {zone or 'a time zone that is not known'}: let it keep",
            f"{answers.timezone}, with: sudo timedatectl set-timezone {answers.timezone}",
        ]
    return "\n".join(lines)


def _steps(answers: Answers) -> Iterator[tuple[str, str]]:
    yield "doctor", "looks at the set-up itself: rights, clock, timer, mail, keys"
    if answers.sends:
        yield f"test-email --to {shlex.quote(answers.recipients[0])}", "sends one test message the way the report goes"
    for site in named(answers):
        for host in site.hosts:
            if host.device.user:
                yield f"enroll {host.name}", f"puts the key of {host.label} on record, once somebody compared it"
    yield "run", "checks everything now, and mails nobody"


def _every_morning(path: Path, answers: Answers, where: str) -> Iterator[str]:
    at = answers.report_at
    program = _program()
    if path == SYSTEM_CONFIG:
        yield "Then let systemd start it every morning, with the units in the folder systemd of the program's source:"
        yield "  sudo install -m 644 systemd/* /etc/systemd/system/"
        yield "  sudo systemctl enable --now healthcheck.timer healthcheck-watch.timer"
        if at != SHIPPED_AT:
            yield f"      with OnCalendar=*-*-* {at:%H:%M}:00, which goes in by: sudo systemctl edit healthcheck.timer"
        yield "or cron, with these two lines (sudo crontab -e):"
    else:
        yield "Then let cron start it every morning, with these two lines (crontab -e):"
    yield f"  {at.minute} {at.hour} * * *   {program} report{where}"
    yield f"  */5 * * * *   {program} watch{where}"


def _program() -> str:
    """This program with its folder, as it was started: cron, and a shell that does not find it, need both."""
    return shlex.quote(str(Path(shutil.which(sys.argv[0]) or sys.argv[0]).absolute()))
