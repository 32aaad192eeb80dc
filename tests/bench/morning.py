"""A whole morning: nine sites with eight checks each, beside monitoring-plugins started by xargs for the same work."""

from __future__ import annotations

import contextlib
import os
import shlex
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.configs import check
from tests.bench.measure import BARS_HEAD, Command, cpu, each, held, held_memory, in_turn, once, table, wall
from tests.bench.startup import COMPILED, PROGRAM, REPOSITORY
from tests.lab import need
from tests.lab.netns import Namespace, towns
from tests.lab.nut import upsd
from tests.lab.postgres import DATABASE, PASSWORD, USER, postgres, prepared
from tests.lab.practice import CHARTS_PAGE, ON_MAINS, SSH_PORT, UNITS
from tests.lab.practice import USER as LOGIN
from tests.lab.sshd import client_key, sshd
from tests.lab.tls import Authority, says, server

PLUGINS = "/usr/lib/nagios/plugins"
CURVE = "-o KexAlgorithms=curve25519-sha256"
"""The plug-ins' best case: OpenSSH's own default is a key exchange that costs six times as much."""
DARK_TIMEOUT_S = 2.0
SITES, MANY_SITES = 9, 50
DEFAULT, BEST = "plug-ins", "plug-ins, curve25519"
OURS = "healthcheck run"
AGAIN = 4
"""Rounds more in one process, which are divided among: one alone is lost in what a start varies by."""


@dataclass(frozen=True)
class Targets:
    """Sites that answer, the config that checks them, and the plug-in command lines for the same by their `ssh`."""

    config: Path
    state: Path
    plugins: Mapping[str, str]


def run(rounds: int) -> str:
    """72 checks: the product's whole `run`, cold, history and report included; then one round more."""

    def body(targets: Targets) -> str:
        again = {str(times): _again(targets, times) for times in (1, 1 + AGAIN)}
        costs = in_turn([*_commands(targets), *again.values()], rounds)
        warm = each(costs[again[str(1 + AGAIN)].name], costs[again["1"].name], AGAIN)
        return "\n".join(
            [
                table("The morning: 72 checks", {name: costs[name] for name in (DEFAULT, BEST, OURS)}, DEFAULT),
                BARS_HEAD,
                held("72 checks, cold", DEFAULT, costs[OURS], costs[DEFAULT], cpu(0.35, 0.22), wall(0.6, 0.45)),
                held("72 checks, cold", BEST, costs[OURS], costs[BEST], cpu(1.0, 0.7), wall(1.1, 0.85)),
                held("one more round", DEFAULT, warm, costs[DEFAULT], cpu(0.08, 0.05)),
                held_memory("72 checks, cold", costs[OURS], 80, 60),
                "",
            ]
        )

    return _inside(body)


def run_many(rounds: int) -> str:
    """400 checks of 50 sites, cold."""

    def body(targets: Targets) -> str:
        costs = in_turn(_commands(targets, DEFAULT), rounds)
        bars = held("400 checks, cold", DEFAULT, costs[OURS], costs[DEFAULT], cpu(0.15, 0.10), wall(0.45, 0.30))
        return "\n".join([table("400 checks", costs, DEFAULT), BARS_HEAD, bars, ""])

    return _inside(body, sites=MANY_SITES)


def run_dark(rounds: int) -> str:
    """One of nine sites answers nothing: the round takes its timeout, and no more than it takes without that site."""

    def body(targets: Targets, town: Namespace) -> str:
        command = _product(targets)
        town.rule("ip daddr 127.0.1.0/24 drop")
        dark = [once(command).wall_s for _ in range(rounds)]
        town.rules("flush chain inet lab in")
        light = [once(command).wall_s for _ in range(rounds)]
        without = statistics.median(light)
        over = (statistics.median(dark) - DARK_TIMEOUT_S) / without
        met = "stretch" if over <= 0.5 else "met" if over <= 1.1 else "**not met**"
        return "\n".join(
            [
                f"### One of nine sites dark, {DARK_TIMEOUT_S:.0f} s, one attempt",
                "",
                "| | wall s | |",
                "|---|--:|---|",
                f"| all answer | {_spread(light)} | |",
                f"| one is dark | {_spread(dark)} | timeout + {over:.2f} × (bar 1.1, stretch 0.5): {met} |",
                "",
            ]
        )

    with towns("bench") as [town]:
        return town.call(
            lambda: _with_targets(lambda targets: body(targets, town), timeout_s=DARK_TIMEOUT_S), within_s=1200
        )


def _spread(seconds: Sequence[float]) -> str:
    return f"{statistics.median(seconds):.2f} ({min(seconds):.2f}–{max(seconds):.2f})"


def _commands(targets: Targets, *peers: str) -> list[Command]:
    asked = peers or (DEFAULT, BEST)
    xargs = ["xargs", "-P64", "-L1", "env"]
    return [*(Command(name, xargs, input=targets.plugins[name]) for name in asked), _product(targets)]


def _product(targets: Targets) -> Command:
    argv = [PROGRAM, "run", "--config", str(targets.config), "--state-dir", str(targets.state)]
    return Command(OURS, argv, exits=(0, 1, 2, 3), env=_environment())


def _again(targets: Targets, times: int) -> Command:
    argv = [sys.executable, "-m", "tests.bench.again", str(targets.config), str(targets.state), str(times)]
    return Command(f"{times} rounds in one process", argv, env=_environment())


def _environment() -> dict[str, str]:
    return {"HEALTHCHECK_SECRET_DATABASE_PASSWORD": PASSWORD, "PYTHONPATH": str(REPOSITORY), **COMPILED}


def _inside(body: Callable[[Targets], str], *, sites: int = SITES) -> str:
    with towns("bench") as [town]:
        return town.call(lambda: _with_targets(body, sites=sites), within_s=3600)


def _with_targets(body: Callable[[Targets], str], *, sites: int = SITES, timeout_s: float = 10.0) -> str:
    with tempfile.TemporaryDirectory() as folder, _targets(Path(folder), sites, timeout_s) as targets:
        return body(targets)


@contextlib.contextmanager
def _targets(folder: Path, sites: int, timeout_s: float) -> Iterator[Targets]:
    need(f"{PLUGINS}/check_icmp")
    authority = Authority(folder)
    key = client_key().write(folder / "key")
    names = ["main-office", *(f"site-{number}" for number in range(2, sites + 1))]
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
                tls=authority.server(*(f"127.0.{number}.1" for number in range(1, sites + 1))),
            )
        )
        (folder / "ups").mkdir()
        power = stack.enter_context(upsd(folder / "ups", {"ups": ON_MAINS}, listen="0.0.0.0", stale_after_s=30))
        config = folder / "config.toml"
        config.write_text(
            HEAD
            + "".join(
                SITE.format(name=name, number=number, user=LOGIN, port=SSH_PORT, key=key)
                for number, name in enumerate(names, 1)
            )
            + "".join(
                check(
                    kind,
                    settings.format(page=page, database=database.url, power=power.port, folder=folder),
                    timeout_s=timeout_s,
                )
                for kind, settings in CHECKS.items()
            )
        )
        config.chmod(0o600)
        plugins = {
            name: "\n".join(
                line
                for number in range(1, sites + 1)
                for line in _plugin_lines(f"127.0.{number}.1", page, database.port, power.port, folder, options)
            )
            for name, options in ((DEFAULT, ""), (BEST, CURVE))
        }
        yield Targets(config, folder / "state", plugins)


def _plugin_lines(address: str, page: int, database: int, power: int, folder: Path, options: str) -> Iterator[str]:
    ssh = (
        f"{PLUGINS}/check_by_ssh -H {address} -p {SSH_PORT} -l {LOGIN} -i {folder}/key -q "
        f"-o UserKnownHostsFile={folder}/known_hosts {options} -C "
    )
    yield f"{PLUGINS}/check_icmp -H {address} -n 5"
    yield f"{PLUGINS}/check_tcp -H {address} -p {SSH_PORT} -e SSH-2.0"
    yield f"{PLUGINS}/check_http -I {address} -p {page} -S -s Patient"
    yield f"{PLUGINS}/check_pgsql -H 127.0.0.1 -P {database} -d {DATABASE} -l {USER} -p {PASSWORD}"
    yield ssh + shlex.quote(f"{PLUGINS}/check_disk -w 2% -c 1% -p /")
    yield ssh + shlex.quote(f"{PLUGINS}/check_file_age -w 100000 -c 100000 -f {folder}/backups/charts-0.dump")
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

CHECKS = {
    "ping": "count = 5\ninterval_s = 0.08",
    "tcp": f'port = {SSH_PORT}\nexpect = "SSH-2.0"',
    "http": 'url = "https://{{address}}:{page}/"\ntext = "Patient"\nca_file = "{folder}/authority.pem"',
    "database": 'url = "{database}"\npassword = {{ secret = "database_password" }}',
    "disk": 'mounts = ["/"]\nfree_percent = {{ warning = 2, critical = 1 }}',
    "backup": 'path = "{folder}/backups"\npattern = "*.dump"\nmounted = false',
    "ups": 'via = "nut"\nups = "ups"\nport = {power}',
    "service": 'units = ["charts.service"]',
}
"""What each of the eight kinds is told."""
