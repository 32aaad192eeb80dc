"""Devices that are asked by SNMP: net-snmp's agent with a UPS that a test changes, and recordings served by snmpsim."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from healthcheck.checks._snmp.told import Told, Value
from tests.lab import daemon, free_port, need

SIMULATOR = Path(sys.executable).with_name("snmpsim-command-responder")
RECORDINGS = Path(__file__).parents[1] / "data/snmp"
DESCRIPTION = "1.3.6.1.2.1.1.1.0"
UPS = "1.3.6.1.2.1.33.1"
USER, AUTH, PRIV = "mon", "authpass123", "privpass123"
_OBJECTS = {"2.1.0": 2, "2.3.0": 45, "2.4.0": 100, "4.1.0": 3, "4.4.1.5.1": 22}


@dataclass(frozen=True)
class Agent:
    """A running snmpd: community "public" reads, user `USER` reads by v3."""

    port: int

    def set(self, **objects: int) -> None:
        """Change what the UPS tells, by object below UPS-MIB with `_` for the dots: `_4_1_0=5`."""
        pairs = [part for name, value in objects.items() for part in (UPS + name.replace("_", "."), "i", str(value))]
        argv = ["snmpset", "-v2c", "-c", "private", "-On", f"127.0.0.1:{self.port}", *pairs]
        subprocess.run(argv, check=True, capture_output=True, env={**os.environ, "MIBS": ""}, timeout=10)


@contextlib.contextmanager
def snmpd(folder: Path) -> Iterator[Agent]:
    """net-snmp's agent with a UPS on mains."""
    need("snmpd", "snmpget", "snmpset")
    port = free_port(kind=socket.SOCK_DGRAM)
    conf = folder / "snmpd.conf"
    overrides = [f"override -rw {UPS}.{name} integer {value}" for name, value in _OBJECTS.items()]
    conf.write_text(
        "\n".join(
            [
                "rocommunity public 127.0.0.1",
                "rwcommunity private 127.0.0.1",
                f'createUser {USER} SHA-256 "{AUTH}" AES "{PRIV}"',
                f"rouser {USER} priv",
                *overrides,
            ]
        )
        + "\n"
    )
    argv = ["snmpd", "-f", "-Le", "-C", "-c", str(conf), "-p", str(folder / "pid"), f"udp:127.0.0.1:{port}"]
    env = {"SNMP_PERSISTENT_DIR": str(folder), "MIBS": ""}
    with daemon(argv, told_by(port, "public"), env=env, log=folder / "log"):
        yield Agent(port)


@contextlib.contextmanager
def recordings(folder: Path) -> Iterator[int]:
    """Serve every recording; the community is its file's name without the suffix. Yields the UDP port."""
    need("snmpget", str(SIMULATOR))
    port = free_port(kind=socket.SOCK_DGRAM)
    as_root = ["--process-user=root", "--process-group=root"] if os.geteuid() == 0 else []
    argv = [
        str(SIMULATOR), f"--agent-udpv4-endpoint=127.0.0.1:{port}", f"--data-dir={RECORDINGS}",
        f"--cache-dir={folder}", "--logging-method=null", *as_root,
    ]  # fmt: skip
    with daemon(argv, told_by(port, "foreign"), timeout_s=60, log=folder / "log"):
        yield port


def told_by(port: int, community: str) -> Callable[[], bool]:
    """A readiness question: does it tell its description?"""
    argv = ["snmpget", "-v2c", "-c", community, "-t", "0.3", "-r", "0", "-On", f"127.0.0.1:{port}", DESCRIPTION]
    return lambda: subprocess.run(argv, capture_output=True, env={**os.environ, "MIBS": ""}).returncode == 0


def recorded(name: str, changes: Mapping[str, Value | None] = {}) -> Told:
    """What a recording tells, some of it otherwise: None takes a value out."""
    found: dict[str, Value] = {}
    for line in (RECORDINGS / f"{name}.snmprec").read_text().splitlines():
        oid, tag, text = line.split("|", 2)
        if tag != "5":
            found[oid] = _value(tag, text)
    return Told({oid: value for oid, value in {**found, **changes}.items() if value is not None})


def _value(tag: str, text: str) -> Value:
    if tag in ("4", "4x"):
        return bytes.fromhex(text) if tag == "4x" else text.encode()
    return text if tag == "6" else int(text)
