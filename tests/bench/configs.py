"""The configs that are measured: so many hosts in sites of ten, on loopback addresses of their own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

HOSTS_PER_SITE = 10
DARK_NET = 60
"""127.60.0.0/16 answers nothing where a bench says so."""
HEAD = """
[practice]
name = "Bench"
timezone = "America/Los_Angeles"
opens = "07:30"
watcher = "site 0"
"""
SITE = """
[[site]]
name = "site {number}"
"""
HOST = """
[[site.host]]
name = "{name}"
label = "the server {name}"
address = "{address}"
{access}
"""
ACCESS = 'ssh = {{ user = "{user}", port = {port}, key = "{key}" }}'
CHECK = """
[[check]]
kind = "{kind}"
hosts = ["{hosts}"]
timeout_s = {timeout_s}
attempts = {attempts}
{settings}
"""


def addresses(count: int, net: int = 20) -> list[str]:
    """So many addresses below 127.`net`.0.0, each of which answers."""
    return [f"127.{net + number // 62500}.{number // 250 % 250}.{number % 250 + 1}" for number in range(count)]


def config(folder: Path, hosts: Sequence[str], checks: Iterable[str], *, access: str = "") -> Path:
    """A config that looks at one host for each of the addresses; `access` is the `ssh` line of each."""
    text = [HEAD]
    for number, address in enumerate(hosts):
        if number % HOSTS_PER_SITE == 0:
            text.append(SITE.format(number=number // HOSTS_PER_SITE))
        text.append(HOST.format(name=f"host-{number}", address=address, access=access))
    path = folder / "config.toml"
    path.write_text("".join([*text, *checks]))
    path.chmod(0o600)
    return path


def check(kind: str, settings: str = "", *, hosts: str = "*", timeout_s: float = 10.0, attempts: int = 1) -> str:
    """One `[[check]]`."""
    return CHECK.format(kind=kind, hosts=hosts, timeout_s=timeout_s, attempts=attempts, settings=settings)


def ports_of_hosts(folder: Path, *, hosts: int, port: int) -> Path:
    """One TCP check for each of so many hosts."""
    return config(folder, addresses(hosts), [check("tcp", f"port = {port}")])
