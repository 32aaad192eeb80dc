"""What starts the report every morning: systemd's timer, a line of cron's, or the agent; one of the three must."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path

from healthcheck.doctor.examination import Finding
from healthcheck.doctor.premises import Premises
from healthcheck.model import Status
from healthcheck.words import clock, join, moment

TIMER, SERVICE, WATCH_TIMER = "healthcheck.timer", "healthcheck.service", "healthcheck-watch.timer"
ASK_S = 5.0
SWITCH_ON = f"sudo systemctl enable --now {TIMER} {WATCH_TIMER}"
CRON_FILES = ("etc/crontab", "etc/anacrontab")
CRON_FOLDERS = ("etc/cron.d", "var/spool/cron/crontabs", "var/spool/cron")
CRON_PROGRAMS = ("cron", "crond", "fcron", "dcron", "busybox-cron")

_CRON_LINE = re.compile(r"^\s*(?:(@\w+)|((?:\S+\s+){5}))(.*\bhealthcheck(?:\s+-\S+(?:\s+\S+)?)*\s+(report|watch)\b.*)$")
_PLAIN_HOUR = re.compile(r"(\d{1,2})\s+(\d{1,2})\s")


@dataclass(frozen=True, slots=True)
class CronLine:
    """A line that starts us: the file, what it starts, and its hour where that is a plain one."""

    file: Path
    starts: str
    hour: time | None


def starts(premises: Premises) -> Iterator[Finding]:
    """Which of the three starts the report, and whether at the hour of the config; none is a Problem."""
    timer = list(_timer(premises))
    cron = list(_cron(premises))
    agents = agents_running(premises.config_file)
    agent = (
        [Finding(Status.OK, f"The agent runs (process {join(map(str, agents))}) and starts the report.")]
        if agents
        else []
    )
    found = [*timer, *cron, *agent]
    yield from found
    working = [kind for kind in (timer, cron, agent) if any(one.status is Status.OK for one in kind)]
    if len(working) > 1:
        says = "More than one thing starts the report, so it would come more than once."
        yield Finding(
            Status.WARNING, says, "Keep the timer, the line of cron's or the agent, and take the others away."
        )
    if found:
        return
    unread = [str(path) for path in _cron_places(Path("/")) if path.exists() and not os.access(path, os.R_OK)]
    if unread:
        says = f"Nothing was found that starts the report, but {join(unread)} cannot be read."
        yield Finding(Status.UNKNOWN, says, premises.command("doctor", sudo=True))
    else:
        says = "Nothing starts the report in the morning: there is no timer, no line of cron's and no agent."
        yield Finding(Status.CRITICAL, says, SWITCH_ON if _systemd_runs() else premises.command("agent"))


def _systemd_runs() -> bool:
    return bool(unit(TIMER))


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
        says = "Nothing looks at power and lines between the reports, so the weekend's short power cuts go unseen."
        yield Finding(Status.WARNING, says, f"sudo systemctl enable --now {WATCH_TIMER}")


def elapse(said: str) -> datetime | None:
    """When a timer elapses next, as `systemctl show` writes it with TZ=UTC; None for a form that is not known."""
    try:
        return datetime.strptime(said, "%a %Y-%m-%d %H:%M:%S UTC").replace(tzinfo=UTC)
    except ValueError:
        return None


def _at_its_hour(premises: Premises, at: datetime | None) -> Finding:
    if at is None or premises.config is None:
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


def _cron(premises: Premises) -> Iterator[Finding]:
    lines = list(cron_lines(Path("/")))
    reports = [line for line in lines if line.starts == "report"]
    if not reports:
        return
    if not _runs(CRON_PROGRAMS):
        says = f"{reports[0].file} has a line that starts the report, but cron does not run."
        yield Finding(Status.CRITICAL, says, "sudo systemctl enable --now cron")
        return
    hours = {line.hour for line in reports if line.hour}
    wanted = premises.config.practice.report_at if premises.config else None
    says = f"cron starts the report, by a line in {join(sorted({str(line.file) for line in reports}))}."
    if wanted and hours and wanted not in hours:
        fix = f"Write {wanted.minute} {wanted.hour} at the beginning of that line."
        yield Finding(
            Status.WARNING, f"{says} It does so at {clock(min(hours))}; the config says {clock(wanted)}.", fix
        )
    else:
        yield Finding(Status.OK, says)
    if not any(line.starts == "watch" for line in lines):
        says = "Nothing looks at power and lines between the reports, so the weekend's short power cuts go unseen."
        yield Finding(Status.WARNING, says, f"Add a line beside it: */5 * * * * {premises.command('watch')}")


def cron_lines(root: Path) -> Iterator[CronLine]:
    """Every line of cron's tables below a root folder that starts the report or a light pass (crontab(5))."""
    seen: set[Path] = set()
    for place in _cron_places(root):
        for path in sorted(place.iterdir()) if place.is_dir() and os.access(place, os.R_OK | os.X_OK) else [place]:
            if path in seen or not path.is_file() or not os.access(path, os.R_OK):
                continue
            seen.add(path)
            for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
                if not line.lstrip().startswith("#") and (found := _CRON_LINE.match(line)):
                    yield CronLine(path, found[4], _hour(found[2] or ""))


def _hour(fields: str) -> time | None:
    found = _PLAIN_HOUR.match(fields.lstrip())
    return time(int(found[2]), int(found[1])) if found and int(found[2]) < 24 and int(found[1]) < 60 else None


def _cron_places(root: Path) -> Iterator[Path]:
    for name in (*CRON_FILES, *CRON_FOLDERS):
        yield root / name


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


def _runs(names: tuple[str, ...]) -> bool:
    import psutil  # as above

    return any(process.info["name"] in names for process in psutil.process_iter(["name"]))
