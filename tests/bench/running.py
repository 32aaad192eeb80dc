"""What one check more costs in a process that runs on, beside prometheus-blackbox-exporter and icinga2.

The exporter is asked by this process, whose own cost is not counted; icinga2 runs the plug-ins on its own schedule.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from tests.bench.configs import addresses, check, config
from tests.bench.measure import Command, each, in_turn, missing
from tests.bench.more import PLUGINS, listener
from tests.bench.startup import COMPILED, REPOSITORY
from tests.lab import answers, daemon, free_port
from tests.lab.netns import towns
from tests.lab.tls import Authority

TARGETS, MORE_ROUNDS = 100, 5
EVERY_S, WINDOW_S = 5, 20
EXPORTER, ICINGA = "prometheus-blackbox-exporter", "icinga2"
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Work:
    """One kind of check of so many targets: ours, the exporter's module and target, and icinga2's service."""

    name: str
    kind: str
    settings: str
    targets: Sequence[str]
    module: str
    ask: Callable[[str], str]
    service: Callable[[str], str]


def run(rounds: int) -> str:
    """Milliseconds of CPU for a TCP connection, and for a page by HTTPS with its certificate."""
    gone = missing(prometheus_blackbox_exporter=EXPORTER, icinga2=ICINGA, check_tcp="monitoring-plugins")
    with towns("bench") as [town]:
        table = town.call(lambda: _measured(rounds), within_s=3600)
    return "\n".join(filter(None, [gone, table]))


def _measured(rounds: int) -> str:
    lines = [
        f"### In a process that runs on: ms of CPU a check, {TARGETS} targets",
        "",
        f"| | healthcheck | {EXPORTER} | {ICINGA} |",
        "|---|--:|--:|--:|",
    ]
    with tempfile.TemporaryDirectory() as made, _works(Path(made)) as works:
        folder = Path(made)
        for work in works:
            inside = folder / work.kind
            inside.mkdir()
            ours = _ours(work, inside, rounds)
            others = [_exporter(work, folder, rounds), _icinga(work, inside)]
            told = [f"{other:.2f} ({ours / other:.2f} ×)" if other else "–" for other in others]
            lines.append(f"| {work.name} | {ours:.2f} | {' | '.join(told)} |")
    return "\n".join([*lines, ""])


def _ours(work: Work, folder: Path, rounds: int) -> float:
    file = config(folder, work.targets, [check(work.kind, work.settings)])

    def again(times: int) -> Command:
        argv = [sys.executable, "-m", "tests.bench.again", str(file), str(folder / "state"), str(times)]
        return Command(f"{times} rounds", argv, env={"PYTHONPATH": str(REPOSITORY), **COMPILED})

    one, many = again(1), again(1 + MORE_ROUNDS)
    costs = in_turn([one, many], rounds)
    more = each(costs[many.name], costs[one.name], MORE_ROUNDS * len(work.targets))
    return statistics.median(cost.cpu_s for cost in more) * 1e3


def _exporter(work: Work, folder: Path, rounds: int) -> float:
    if missing(prometheus_blackbox_exporter=EXPORTER):
        return 0.0
    port = free_port("127.0.0.1")
    argv = [EXPORTER, f"--config.file={folder}/exporter.yml", f"--web.listen-address=127.0.0.1:{port}"]
    with daemon(argv, answers("127.0.0.1", port), log=folder / "exporter.log") as process:
        _probe_all(work, port)
        before = _cpu_s([process.pid])
        for _ in range(rounds):
            _probe_all(work, port)
        return (_cpu_s([process.pid]) - before) / rounds / len(work.targets) * 1e3


def _probe_all(work: Work, port: int) -> None:
    for target in work.targets:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/probe?" + urlencode({"module": work.module, "target": work.ask(target)}))
        told = connection.getresponse().read().decode()
        connection.close()
        if "probe_success 1" not in told:
            raise RuntimeError(f"{EXPORTER} did not do its work: {told[-500:]}")


def _icinga(work: Work, folder: Path) -> float:
    """Its own cost and that of the plug-ins, over some time in which each service is due several times."""
    if missing(icinga2=ICINGA, check_tcp="monitoring-plugins"):
        return 0.0
    results = folder / "icinga" / "results"
    results.mkdir(parents=True)
    services = "\n".join(
        SERVICE.format(number=number, command=work.service(target), every_s=EVERY_S)
        for number, target in enumerate(work.targets)
    )
    file = folder / "icinga2.conf"
    file.write_text(HEAD.format(plugins=PLUGINS, results=results) + services)
    user = f"-DRunAsUser={_name()}", f"-DRunAsGroup={_name()}"
    places = [f"-D{name}={folder}/icinga" for name in ("LogDir", "CacheDir", "DataDir", "SpoolDir", "InitRunDir")]
    argv = [ICINGA, "daemon", "-c", str(file), *user, *places, "-x", "warning"]
    log = folder / "icinga2.log"
    with daemon(argv, lambda: True, log=log) as process:
        time.sleep(3 * EVERY_S)  # it starts, and spreads the first checks
        before, begun = _cpu_s(_tree(process.pid)), _states(results)
        time.sleep(WINDOW_S)
        spent, states = _cpu_s(_tree(process.pid)) - before, _states(results)[len(begun) :]
        if len(states) < len(work.targets) or set(states) != {"OK"}:
            said = log.read_text(errors="replace")[-2000:]
            raise RuntimeError(f"{ICINGA} did not do its work ({len(states)} results): {said}")
    return spent / len(states) * 1e3


def _states(results: Path) -> list[str]:
    """How each check ended, in the order in which icinga2 wrote them down."""
    files = sorted(results.glob("writ*"), key=lambda file: file.stat().st_mtime_ns)
    return [state for file in files for state in file.read_text().split()]


def _name() -> str:
    return Path(f"/proc/{os.getpid()}").owner()


def _tree(pid: int) -> list[int]:
    """A process and all that it started."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                parents.setdefault(int(_stat(int(entry.name))[1]), []).append(int(entry.name))
    found = [pid]
    for known in found:
        found += parents.get(known, [])
    return found


def _cpu_s(pids: Sequence[int]) -> float:
    """Seconds of CPU of these, and of all that they started and waited for."""
    ticks = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            ticks += sum(map(int, _stat(pid)[11:15]))
    return ticks / _TICKS


def _stat(pid: int) -> list[str]:
    """The fields of proc(5) behind the name, which may hold anything."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


@contextlib.contextmanager
def _works(folder: Path) -> Iterator[list[Work]]:
    authority = Authority(folder)
    ca_file = folder / "authority.pem"
    with contextlib.ExitStack() as stack:
        plain = stack.enter_context(listener(folder))
        page = stack.enter_context(listener(folder, authority.file("127.0.0.1")))
        (folder / "exporter.yml").write_text(MODULES.format(ca_file=ca_file))
        yield [
            Work(
                "TCP", "tcp", f"port = {plain}", addresses(TARGETS), "tcp",
                lambda address: f"{address}:{plain}",
                lambda address: _command("check_tcp", {"-H": address, "-p": str(plain)}),
            ),
            Work(
                "HTTPS, text and certificate", "http",
                f'url = "https://127.0.0.1:{page}/"\ntext = "Patient"\nca_file = "{ca_file}"',
                ["127.0.0.1"] * TARGETS, "page",
                lambda address: f"https://{address}:{page}/",
                lambda address: _command("check_http", {"-I": address, "-p": str(page), "-s": "Patient"}, "-S"),
            ),
        ]  # fmt: skip


def _command(plugin: str, options: Mapping[str, str], *flags: str) -> str:
    words = [f"{PLUGINS}/{plugin}", *(word for pair in options.items() for word in pair), *flags]
    return ", ".join(f'"{word}"' for word in words)


MODULES = """
modules:
  tcp: {{prober: tcp, timeout: 5s, tcp: {{preferred_ip_protocol: ip4}}}}
  page:
    prober: http
    timeout: 5s
    http:
      preferred_ip_protocol: ip4
      fail_if_body_not_matches_regexp: [Patient]
      tls_config: {{ca_file: {ca_file}}}
"""

HEAD = """
include <itl>
const PluginDir = "{plugins}"
object CheckerComponent "checker" {{ }}
object Host "bench" {{
  check_command = "dummy"
  check_interval = 1d
}}
object PerfdataWriter "bench" {{
  service_perfdata_path = "{results}/writing"
  service_temp_path = "{results}/written"
  service_format_template = "$service.state$"
  rotation_interval = 1s
}}
"""

SERVICE = """
object CheckCommand "command-{number}" {{ command = [ {command} ] }}
object Service "service-{number}" {{
  host_name = "bench"
  check_command = "command-{number}"
  check_interval = {every_s}s
  retry_interval = {every_s}s
}}
"""
