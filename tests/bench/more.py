"""What one check more costs, each kind beside the plug-in or client that asks the same: many, less few."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.bench.configs import addresses, check, config
from tests.bench.measure import BARS_HEAD, Bar, Command, cpu, each, held, in_turn, missing
from tests.bench.startup import COMPILED, PROGRAM
from tests.lab import wait_for
from tests.lab.netns import towns
from tests.lab.nut import upsd
from tests.lab.postgres import DATABASE, PASSWORD, USER, postgres, prepared
from tests.lab.practice import ON_MAINS
from tests.lab.tls import Authority

PLUGINS = "/usr/lib/nagios/plugins"
LISTENER = str(Path(__file__).with_name("listener.py"))


@dataclass(frozen=True)
class Work:
    """One kind of check, and a peer's command line for one address."""

    name: str
    peer: str
    many: int
    few: int
    settings: str
    kind: str
    line: Callable[[str], str]
    bars: tuple[Bar, ...]
    only: str = ""
    """The address of every host, where what answers listens nowhere else."""


def run(rounds: int) -> str:
    """TCP, HTTPS with its certificate, PostgreSQL with a password, and a UPS over NUT."""
    with towns("bench") as [town]:
        return town.call(lambda: _measured(rounds), within_s=3600)


def _measured(rounds: int) -> str:
    told = [missing(check_tcp="monitoring-plugins", upsc="nut-client"), "### One check more", "", BARS_HEAD]
    with tempfile.TemporaryDirectory() as folder, _works(Path(folder)) as works:
        for work in works:
            told.append(_one(work, Path(folder), rounds))
            print(told[-1], file=sys.stderr, flush=True)
    return "\n".join([*told, ""])


def _one(work: Work, folder: Path, rounds: int) -> str:
    commands = []
    for count in (work.many, work.few):
        hosts = [work.only] * count if work.only else addresses(count)
        inside = folder / f"{work.kind}-{count}"
        inside.mkdir()
        file = config(inside, hosts, [check(work.kind, work.settings)])
        argv = [PROGRAM, "run", "--config", str(file), "--state-dir", str(inside / "state"), "--format", "json"]
        env = {"HEALTHCHECK_SECRET_PASSWORD": PASSWORD, **COMPILED}
        commands += [
            Command(f"{count} {work.peer}", ["xargs", "-P64", "-L1", "env"], input="\n".join(map(work.line, hosts))),
            Command(f"{count} ours", [*argv, "--output", str(inside / "told.json")], env=env),
        ]
    costs = in_turn(commands, rounds)
    more = work.many - work.few
    ours = each(costs[f"{work.many} ours"], costs[f"{work.few} ours"], more)
    theirs = each(costs[f"{work.many} {work.peer}"], costs[f"{work.few} {work.peer}"], more)
    name = f"{work.name} ({sum(one.cpu_s for one in ours) / len(ours) * 1e3:.2f} ms)"
    return held(name, work.peer, ours, theirs, *work.bars)


@contextlib.contextmanager
def _works(folder: Path) -> Iterator[list[Work]]:
    authority = Authority(folder)
    with contextlib.ExitStack() as stack:
        plain = stack.enter_context(listener(folder))
        page = stack.enter_context(listener(folder, authority.file("127.0.0.1")))
        database = stack.enter_context(
            postgres(stack.enter_context(prepared()), "max_connections=400", "shared_buffers=32MB")
        )
        (folder / "ups").mkdir()
        power = stack.enter_context(upsd(folder / "ups", {"ups": ON_MAINS}, listen="0.0.0.0", stale_after_s=60))
        yield [
            Work(
                "TCP", "check_tcp", 1000, 100, f"port = {plain}", "tcp",
                lambda address: f"{PLUGINS}/check_tcp -H {address} -p {plain}", (cpu(0.12, 0.06),),
            ),
            Work(
                "HTTPS, text and certificate", "check_http -S", 500, 50,
                f'url = "https://127.0.0.1:{page}/"\ntext = "Patient"\nca_file = "{folder}/authority.pem"', "http",
                lambda address: f"{PLUGINS}/check_http -I {address} -p {page} -S -s Patient", (cpu(0.3, 0.2),),
                only="127.0.0.1",
            ),
            Work(
                "PostgreSQL, password", "check_pgsql", 120, 20,
                f'url = "{database.url}"\npassword = {{ secret = "password" }}', "database",
                lambda address: f"{PLUGINS}/check_pgsql -H {address} -P {database.port} -d {DATABASE} -l {USER} "
                f"-p {PASSWORD}", (cpu(0.25, 0.1),),
                only="127.0.0.1",
            ),
            Work(
                "UPS over NUT", "upsc", 400, 40, f'via = "nut"\nups = "ups"\nport = {power.port}', "ups",
                lambda address: f"upsc ups@{address}:{power.port}", (cpu(0.15, 0.05),),
            ),
        ]  # fmt: skip


@contextlib.contextmanager
def listener(folder: Path, certificate: str = "") -> Iterator[int]:
    """The port of a server in a process of its own; with a certificate it speaks HTTPS."""
    told = folder / f"listener-{time.monotonic_ns()}"
    process = subprocess.Popen([sys.executable, LISTENER, str(told), *([certificate] if certificate else [])])
    try:
        wait_for(told.exists, "the listener")
        yield int(told.read_text())
    finally:
        process.terminate()
        process.wait()
