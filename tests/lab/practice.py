"""A whole practice of real servers: nine clinics on loopback addresses of their own, in a namespace of the test's own.

Each clinic N has a router at 127.0.N.254 and a server with SSH at 127.0.N.1; the main office has the shared database,
the charts' web page and the mail server as well. Nine UPSes answer at one upsd.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.lab.netns import Namespace
from tests.lab.nut import upsd
from tests.lab.postgres import PASSWORD, postgres, prepared
from tests.lab.program import healthcheck, written
from tests.lab.smtp import Mailbox, mail_server
from tests.lab.sshd import client_key, sshd
from tests.lab.tls import Authority, says, server

TOWNS = ("Main office", "Pasadena", "Glendale", "Burbank", "Monrovia", "Azusa", "Covina", "Whittier", "Downey")
CHARTS_PAGE = b"HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\nPatient chart"
ON_MAINS = {
    "ups.status": "OL",
    "ups.model": "Smart-UPS 750",
    "ups.load": "18",
    "battery.charge": "100",
    "battery.runtime": "2640",
    "input.voltage": "119.8",
}
DAY_S = 86400
SSH_PORT = 2222
USER = pwd.getpwuid(os.geteuid()).pw_name


@dataclass
class Lab:
    """The running practice and the config that describes it."""

    folder: Path
    mailbox: Mailbox
    config: Path

    @property
    def state(self) -> Path:
        return self.folder / "state"

    def healthcheck(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Start the installed program as a person or a timer would; call it inside the practice's namespace."""
        return healthcheck(
            *words, "--config", self.config, "--state-dir", self.state,
            cwd=self.folder,
            env={
                "HOME": str(self.folder),
                "HEALTHCHECK_SECRET_SMTP_PASSWORD": "smtp-password",
                "HEALTHCHECK_SECRET_DATABASE_PASSWORD": PASSWORD,
            },
        )  # fmt: skip


@contextlib.contextmanager
def practice(folder: Path, *, dark: Sequence[str] = (), stale: Sequence[str] = ()) -> Iterator[Lab]:
    """Start everything. Call it inside a namespace (`Namespace.call`), where `dark` clinics are made silent first."""
    authority = Authority(folder)
    sites = []
    known: list[str] = []
    with contextlib.ExitStack() as stack:
        for number, town in enumerate(TOWNS, 1):
            name = town.lower().replace(" ", "-")
            if town not in dark:
                ssh = stack.enter_context(sshd(folder, f"127.0.{number}.1", name=name, port=SSH_PORT))
                ssh.shim("systemctl", script='[ "$1" = show ] && cat "$HOME/units" || exit 0')
                (ssh.folder / "units").write_text(UNITS)
                known.append(ssh.known_hosts.read_text())
            backups = folder / name / "backup"
            backups.mkdir(parents=True)
            _backups(backups, age_s=4 * DAY_S if town in stale else 5 * 3600)
            sites.append(_site(number, town))
        database = stack.enter_context(postgres(stack.enter_context(prepared())))
        charts = stack.enter_context(
            server(says(CHARTS_PAGE), address="127.0.1.21", tls=authority.server("127.0.1.21"))
        )
        ups_folder = folder / "ups"
        ups_folder.mkdir()
        devices = {town.lower().replace(" ", "-"): ON_MAINS for town in TOWNS}
        power = stack.enter_context(upsd(ups_folder, devices, listen="0.0.0.0", stale_after_s=30))
        mailbox = stack.enter_context(mail_server(tls=authority.server("127.0.0.1"), login=True))
        config = written(
            folder,
            HEAD.format(mail_port=mailbox.port, ca=authority.ca_file)
            + "".join(sites)
            + CHECKS.format(url=database.url, database=database.port, charts=charts, ca=authority.ca_file)
            + "".join(_own_checks(folder, town, power.port) for town in TOWNS),
        )
        (folder / "known_hosts").write_text("".join(known))
        credentials = folder / "credentials"
        credentials.mkdir(mode=0o700)
        client_key().write(credentials / "ssh_key")
        yield Lab(folder, mailbox, config)


def silence(town: Namespace, *names: str) -> None:
    """Let nothing at these clinics answer any more: not a refusal, just silence."""
    for name in names:
        town.rule(f"ip daddr 127.0.{TOWNS.index(name) + 1}.0/24 drop")


def _backups(folder: Path, age_s: float) -> None:
    for nights in range(3):
        path = folder / f"charts-{nights}.dump"
        path.write_bytes(b"x" * 200_000)
        made = time.time() - age_s - nights * DAY_S
        os.utime(path, (made, made))


def _site(number: int, town: str) -> str:
    name = town.lower().replace(" ", "-")
    main = town == "Main office"
    return SITE.format(number=number, town=town, name=name, phone=99 + number, port=SSH_PORT, user=USER) + (
        MAIN_OFFICE if main else ""
    )


def _own_checks(folder: Path, town: str, power: int) -> str:
    name = town.lower().replace(" ", "-")
    return f"""
[[check]]
kind = "backup"
hosts = ["{name}-server"]
path = "{folder}/{name}/backup"
pattern = "*.dump"
mounted = false

[[check]]
kind = "ups"
via = "nut"
hosts = ["{name}-ups"]
port = {power}
ups = "{name}"
timeout_s = 5
"""


UNITS = """Id=charts.service
LoadState=loaded
ActiveState=active
SubState=running
Result=success
NRestarts=0
ExecMainStatus=0
ExecMainStartTimestamp=Mon 2026-11-02 06:00:00 UTC
Type=simple
"""

HEAD = """
[practice]
name = "Foothill Oncology Group"
timezone = "America/Los_Angeles"
opens = "07:30"
watcher = "Main office"

[report]
at = "05:45"
due = "06:30"

[[person]]
name = "Bay IT"
role = "it"
phone = "555-0142"
email = "help@bayit.example"

[[person]]
name = "Dana Reyes"
role = "administrator"
email = "manager@foothill.example"

[[delivery]]
name = "morning mail"
channel = "email"
to = ["manager@foothill.example"]

[email]
host = "127.0.0.1"
port = {mail_port}
security = "starttls"
auth = "password"
username = "checker"
password = {{ secret = "smtp_password" }}
from = "System check <checker@foothill.example>"
ca_file = "{ca}"
"""

SITE = """
[[site]]
name = "{town}"
phone = "555-0{phone}"

  [[site.host]]
  name = "{name}-router"
  label = "the internet box in {town}"
  address = "127.0.{number}.254"
  role = "gateway"

  [[site.host]]
  name = "{name}-server"
  label = "the server in {town}"
  address = "127.0.{number}.1"
  role = "server"
  owner = "Bay IT"
  ssh = {{ user = "{user}", port = {port} }}

  [[site.host]]
  name = "{name}-ups"
  label = "the battery backup in {town}"
  address = "127.0.{number}.2"
  role = "ups"
"""

MAIN_OFFICE = """
  [[site.host]]
  name = "office-computer"
  label = "the computer that runs this check"
  local = true

  [[site.host]]
  name = "main-db"
  label = "the patient database"
  address = "127.0.0.1"
  role = "database"
  owner = "Bay IT"

  [[site.host]]
  name = "charts-web"
  label = "the charts page"
  address = "127.0.1.21"
"""

CHECKS = """
[[check]]
kind = "ping"
hosts = ["role:gateway", "role:server"]
timeout_s = 2
attempts = 2

[[check]]
kind = "tcp"
hosts = ["*-server"]
port = 2222
expect = "SSH-2.0"
timeout_s = 2
attempts = 2

[[check]]
kind = "http"
hosts = ["charts-web"]
url = "https://127.0.1.21:{charts}/"
text = "Patient chart"
ca_file = "{ca}"
days_left = {{ warning = 5, critical = 2 }}

[[check]]
kind = "database"
hosts = ["main-db"]
url = "{url}"
password = {{ secret = "database_password" }}
role = "primary"

[[check]]
kind = "path"
hosts = ["*-server"]
except = ["main-office-server"]
to = "127.0.0.1:{database}"
label = "the patient database"
timeout_s = 5

[[check]]
kind = "disk"
hosts = ["*-server"]
free_percent = {{ warning = 2, critical = 1 }}
timeout_s = 10

[[check]]
kind = "service"
hosts = ["*-server"]
units = ["charts.service"]
timeout_s = 10

[[service]]
name = "Patient charts"
essential = true
needs = ["main-db", "charts-web"]
used_by = ["*"]
impact = "Charts and scheduling will not open."
until_fixed = "Use the paper intake forms."
"""
