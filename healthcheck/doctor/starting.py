"""What starts the report every morning: systemd's timer, a line of cron's, or the agent; one of the three must."""

from __future__ import annotations

import itertools
import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from healthcheck.doctor import crontab
from healthcheck.doctor.examination import Finding
from healthcheck.doctor.premises import Premises
from healthcheck.model import Status
from healthcheck.words import clock, join, moment

TIMER, SERVICE, WATCH_TIMER = "healthcheck.timer", "healthcheck.service", "healthcheck-watch.timer"
ASK_S = 5.0
SWITCH_ON = f"sudo systemctl enable --now {TIMER} {WATCH_TIMER}"


def starts(premises: Premises) -> Iterator[Finding]:
    """Which of the three starts the report, and whether at the hour of the config; none is a Problem."""
    yield from together(premises, list(_timer(premises)), list(crontab.starts(premises)), list(_agent(premises)))


def together(premises: Premises, *kinds: Sequence[Finding]) -> Iterator[Finding]:
    """What is to be said of all three; one that does not work is passed over where another does."""
    working = [kind for kind in kinds if kind and kind[0].status is not Status.CRITICAL]
    yield from itertools.chain(*(working or kinds))
    if len(working) > 1:
        says = "More than one thing starts the report, so it comes more than once."
        yield Finding(Status.WARNING, says, "Keep the timer, the line of cron's or the agent; take the others away.")
    if any(kinds):
        return
    if unread := crontab.unread(Path("/")):
        says = f"Nothing was found that starts the report, but {join(unread)} cannot be read."
        yield Finding(Status.UNKNOWN, says, premises.command("doctor", sudo=True))
        return
    says = "Nothing starts the report in the morning: there is no timer, no line of cron's and no agent."
    yield Finding(Status.CRITICAL, says, SWITCH_ON if unit(TIMER) else premises.command("agent"))


def _agent(premises: Premises) -> Iterator[Finding]:
    agents = list(map(str, agents_running(premises.config_file)))
    if len(agents) > 1:
        says = f"More than one agent runs (processes {join(agents)}), so the report comes more than once."
        yield Finding(Status.WARNING, says, f"sudo kill {' '.join(agents[1:])}")
    elif agents:
        yield Finding(Status.OK, f"The agent runs (process {agents[0]}) and starts the report.")


def credentials_of(text: str) -> set[str]:
    """The secrets that a unit's files hand on (systemd.exec(5)); `systemctl show` does not tell them."""
    return set(re.findall(r"^LoadCredential(?:Encrypted)?=([^:\s]+)", text, re.MULTILINE))


def unit(name: str) -> Mapping[str, str]:
    """What systemd says of a unit (systemctl show); nothing where no systemd answers."""
    asked = "LoadState,ActiveState,UnitFileState,NextElapseUSecRealtime,Result,ExecStart"
    lines = _systemctl("show", name, f"--property={asked}").splitlines()
    told = {key: value for key, _, value in (line.partition("=") for line in lines)}
    return told if told.get("LoadState") else {}


def _systemctl(*words: str) -> str:
    """What it printed, with times in UTC; nothing where it is not there, fails or takes too long."""
    own = {**os.environ, "TZ": "UTC", "LC_ALL": "C"}
    try:
        done = subprocess.run(
            ["systemctl", *words], capture_output=True, text=True, timeout=ASK_S, check=False, env=own
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""


def _timer(premises: Premises) -> Iterator[Finding]:
    told = unit(TIMER)
    if told.get("LoadState") in (None, "not-found", "masked"):
        return
    if told.get("ActiveState") != "active":
        yield Finding(Status.CRITICAL, "systemd's timer for the report is there, but it is not switched on.", SWITCH_ON)
        return
    if told.get("UnitFileState") == "disabled":
        says = "systemd's timer for the report runs, but it will not come back when this computer restarts."
        yield Finding(Status.WARNING, says, SWITCH_ON)
    yield _at_its_hour(premises, elapse(told.get("NextElapseUSecRealtime", "")))
    yield from _service(premises, unit(SERVICE))
    if unit(WATCH_TIMER).get("ActiveState") != "active":
        yield Finding(Status.WARNING, crontab.NO_WATCH, f"sudo systemctl enable --now {WATCH_TIMER}")


def elapse(said: str) -> datetime | None:
    """When a timer elapses next, as `systemctl show` writes it with TZ=UTC; None for a form that is not known."""
    try:
        return datetime.strptime(said, "%a %Y-%m-%d %H:%M:%S UTC").replace(tzinfo=UTC)
    except ValueError:
        return None


def _at_its_hour(premises: Premises, at: datetime | None) -> Finding:
    if at is None:
        says = "systemd's timer for the report is switched on, but does not tell when it starts it next."
        return Finding(Status.UNKNOWN, says, f"systemctl list-timers {TIMER}")
    if premises.config is None:
        return Finding(Status.OK, "systemd's timer starts the report.")
    practice = premises.config.practice
    local = at.astimezone(practice.timezone)
    says = f"systemd's timer starts the report; next {moment(local, premises.local_now)}."
    if local.time().replace(second=0, microsecond=0) == practice.report_at:
        return Finding(Status.OK, says)
    wanted = f"OnCalendar=*-*-* {practice.report_at:%H:%M}:00 {practice.timezone.key}"
    return Finding(
        Status.WARNING,
        f"{says} The config says {clock(practice.report_at)}.",
        f'sudo systemctl edit {TIMER}, with these lines: "[Timer]", "OnCalendar=", "{wanted}"',
    )


def _service(premises: Premises, told: Mapping[str, str]) -> Iterator[Finding]:
    """Whether the timer's service can do its work: its program, its secrets, its last run."""
    program = re.search(r"path=(\S+)", told.get("ExecStart", ""))
    if program and not Path(program[1]).exists():
        says = f"The timer would start {program[1]}, and that is not there."
        yield Finding(Status.CRITICAL, says, "sudo systemctl edit healthcheck.service")
    if told.get("Result", "success") != "success":
        says = f"The last run that the timer started failed ({told['Result']})."
        yield Finding(Status.WARNING, says, f"journalctl -u {SERVICE} -n 100")
    handed = credentials_of(_systemctl("cat", SERVICE))
    if premises.config is None or not handed:
        return
    needed = {secret.name for secret in premises.config.secrets if secret.name}
    for name in sorted(needed - handed):
        folder = premises.config_file.absolute().parent / "credentials"
        yield Finding(
            Status.CRITICAL,
            f'The timer\'s service is not given the secret "{name}", so the report would find it missing.',
            f'sudo systemctl edit {SERVICE}, with these lines: "[Service]", "LoadCredential={name}:{folder / name}"; '
            "the same for healthcheck-watch.service",
        )


def agents_running(config_file: Path) -> list[int]:
    """The processes that are `healthcheck agent` for this config, or for the usual one, by their command lines."""
    import psutil  # heavy, and only needed here

    found = []
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if "agent" in words and any(Path(word).name == "healthcheck" for word in words[:4]):
            own = words[words.index("--config") + 1 :][:1] if "--config" in words else []
            if not own or Path(own[0]).absolute() == config_file.absolute():
                found.append(process.pid)
    return found
