"""A whole morning: nine sites with eight checks each, beside monitoring-plugins started by xargs for the same work."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tests.bench.measure import Command, in_turn, once, table
from tests.bench.startup import COMPILED, PROGRAM
from tests.lab import need
from tests.lab.netns import Namespace, towns
from tests.lab.nut import upsd
from tests.lab.postgres import DATABASE, PASSWORD, USER, postgres, prepared
from tests.lab.practice import CHARTS_PAGE, ON_MAINS, SSH_PORT, TOWNS, UNITS
from tests.lab.practice import USER as LOGIN
from tests.lab.sshd import client_key, sshd
from tests.lab.tls import Authority, says, server

PLUGINS = "/usr/lib/nagios/plugins"
DARK_TIMEOUT_S = 2.0


@dataclass(frozen=True)
class Targets:
    """Nine sites that answer, the config that checks them, and the plug-in command lines for the same."""

    config: Path
    state: Path
    plugins: str


def run(rounds: int) -> str:
    """72 checks, cold: the product's whole `run`, history and report included, and the plug-ins."""
    with towns("bench") as [town]:
        return _inside(town, lambda targets: table("The morning: 72 checks", in_turn(_commands(targets), rounds), PEER))


def run_dark(rounds: int) -> str:
    """Eight of nine sites answer nothing: the round ends within the longest `timeout_s` × `attempts`."""
    with towns("bench") as [town]:

        def body(targets: Targets) -> str:
            for number in range(2, 10):
                town.rule(f"ip daddr 127.0.{number}.0/24 drop")
            told = targets.state.parent / "round.json"
            argv = [*_product(targets), "--format", "json", "--output", str(told)]
            command = Command("dark", argv, exits=(0, 1, 2, 3), env=_environment())
            once(command)
            walls, rounds_s = [], []
            for _ in range(min(rounds, 3)):
                walls.append(once(command).wall_s)
                found = json.loads(told.read_text())
                begun, ended = (datetime.fromisoformat(found[name]) for name in ("started_at", "finished_at"))
                rounds_s.append((ended - begun).total_seconds())
            return (
                f"### Eight of nine sites silent, {DARK_TIMEOUT_S:.0f} s × 2 attempts\n\n"
                f"bound {DARK_TIMEOUT_S * 2:.1f} s; the round: {_listed(rounds_s)} s; "
                f"the whole process, start-up and report included: {_listed(walls)} s\n"
            )

        return _inside(town, body, timeout_s=DARK_TIMEOUT_S, attempts=2)


def _listed(seconds: list[float]) -> str:
    return ", ".join(f"{each:.2f}" for each in sorted(seconds))


PEER = "plug-ins"


def _commands(targets: Targets) -> list[Command]:
    return [
        Command(PEER, ["xargs", "-P64", "-L1", "env"], input=targets.plugins),
        Command("healthcheck run", _product(targets), env=_environment()),
    ]


def _product(targets: Targets) -> list[str]:
    return [PROGRAM, "run", "--config", str(targets.config), "--state-dir", str(targets.state)]


def _environment() -> dict[str, str]:
    return {"HEALTHCHECK_SECRET_DATABASE_PASSWORD": PASSWORD, **COMPILED}


def _inside(town: Namespace, body: Callable[[Targets], str], *, timeout_s: float = 10.0, attempts: int = 1) -> str:
    def work() -> str:
        with tempfile.TemporaryDirectory() as folder, _targets(Path(folder), timeout_s, attempts) as targets:
            return body(targets)

    return town.call(work, within_s=1200)


@contextlib.contextmanager
def _targets(folder: Path, timeout_s: float, attempts: int) -> Iterator[Targets]:
    need(f"{PLUGINS}/check_icmp")
    authority = Authority(folder)
    key = client_key().write(folder / "key")
    names = [town.lower().replace(" ", "-") for town in TOWNS]
    known: list[str] = []
    with contextlib.ExitStack() as stack:
        for number, name in enumerate(names, 1):
            ssh = stack.enter_context(sshd(folder, f"127.0.{number}.1", name=name, port=SSH_PORT))
            ssh.shim("systemctl", script=f"cat {folder}/units")
            known.append(ssh.known_hosts.read_text())
        (folder / "units").write_text(UNITS)
        backups = folder / "backups"
        backups.mkdir()
        for night in range(3):
            path = backups / f"charts-{night}.dump"
            path.write_bytes(b"x" * 100_000)
            os.utime(path, (time.time() - 3600 * (5 + 24 * night),) * 2)
        (folder / "known_hosts").write_text("".join(known))
        database = stack.enter_context(postgres(stack.enter_context(prepared())))
        page = stack.enter_context(
            server(
                says(CHARTS_PAGE),
                address="0.0.0.0",
                tls=authority.server(*(f"127.0.{number}.1" for number in range(1, 10))),
            )
        )
        (folder / "ups").mkdir()
        power = stack.enter_context(upsd(folder / "ups", {"ups": ON_MAINS}, listen="0.0.0.0", stale_after_s=30))
        config = folder / "config.toml"
        common = f"timeout_s = {timeout_s}\nattempts = {attempts}\n"
        config.write_text(
            HEAD
            + "".join(
                SITE.format(name=name, number=number, user=LOGIN, port=SSH_PORT, key=key)
                for number, name in enumerate(names, 1)
            )
            + CHECKS.format(
                common=common, page=page, database=database.url, power=power.port, backups=backups, folder=folder
            )
        )
        config.chmod(0o600)
        plugins = "\n".join(
            line
            for number in range(1, 10)
            for line in _plugin_lines(f"127.0.{number}.1", page, database.port, power.port, backups, key, folder)
        )
        yield Targets(config, folder / "state", plugins)


def _plugin_lines(
    address: str, page: int, database: int, power: int, backups: Path, key: Path, folder: Path
) -> Iterator[str]:
    ssh = (
        f"{PLUGINS}/check_by_ssh -H {address} -p {SSH_PORT} -l {LOGIN} -i {key} -q "
        f"-o UserKnownHostsFile={folder}/known_hosts -C "
    )
    yield f"{PLUGINS}/check_icmp -H {address} -n 5"
    yield f"{PLUGINS}/check_tcp -H {address} -p {SSH_PORT} -e SSH-2.0"
    yield f"{PLUGINS}/check_http -I {address} -p {page} -S -s Patient"
    yield f"{PLUGINS}/check_pgsql -H 127.0.0.1 -P {database} -d {DATABASE} -l {USER} -p {PASSWORD}"
    yield ssh + shlex.quote(f"{PLUGINS}/check_disk -w 2% -c 1% -p /")
    yield ssh + shlex.quote(f"{PLUGINS}/check_file_age -w 100000 -c 100000 -f {backups}/charts-0.dump")
    yield f"{PLUGINS}/check_ups -H {address} -p {power} -u ups"
    yield ssh + shlex.quote("systemctl show charts.service")


HEAD = """
[practice]
name = "Bench"
timezone = "America/Los_Angeles"
opens = "07:30"
watcher = "main-office"
"""

SITE = """
[[site]]
name = "{name}"
  [[site.host]]
  name = "{name}-server"
  label = "the server in {name}"
  address = "127.0.{number}.1"
  ssh = {{ user = "{user}", port = {port}, key = "{key}" }}
"""

CHECKS = """
[[check]]
kind = "ping"
hosts = ["*"]
count = 5
interval_s = 0.08
{common}
[[check]]
kind = "tcp"
hosts = ["*"]
port = 2222
expect = "SSH-2.0"
{common}
[[check]]
kind = "http"
hosts = ["*"]
url = "https://{{address}}:{page}/"
text = "Patient"
ca_file = "{folder}/authority.pem"
{common}
[[check]]
kind = "database"
hosts = ["*"]
url = "{database}"
password = {{ secret = "database_password" }}
{common}
[[check]]
kind = "disk"
hosts = ["*"]
mounts = ["/"]
free_percent = {{ warning = 2, critical = 1 }}
{common}
[[check]]
kind = "backup"
hosts = ["*"]
path = "{backups}"
pattern = "*.dump"
mounted = false
{common}
[[check]]
kind = "ups"
hosts = ["*"]
via = "nut"
ups = "ups"
port = {power}
{common}
[[check]]
kind = "service"
hosts = ["*"]
units = ["charts.service"]
{common}
"""
