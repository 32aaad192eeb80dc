"""apcupsd without a UPS: its SNMP driver reads a UPS-MIB (RFC 1628) that snmpd serves and a test changes."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.lab import daemon, free_port, need

PROGRAM = Path(__file__).parents[2] / ".lab/apcupsd/sbin/apcupsd"
"""Where `unpack_apcupsd.sh` puts it."""

ON_MAINS, ON_BATTERY = 3, 5
BATTERY_NORMAL, BATTERY_LOW = 2, 3

_MIB = "1.3.6.1.2.1.33.1"
_OUTPUT_SOURCE, _BATTERY_STATUS, _CHARGE, _MINUTES = "4.1.0", "2.1.0", "2.4.0", "2.3.0"
_OBJECTS = {
    "1.1.0": ("octet_str", "APC"),
    "1.2.0": ("octet_str", "Smart-UPS 1500"),
    "1.3.0": ("octet_str", "UPS 09.3"),
    "1.5.0": ("octet_str", "ups1"),
    _BATTERY_STATUS: ("integer", BATTERY_NORMAL),
    "2.2.0": ("integer", 0),
    _MINUTES: ("integer", 45),
    _CHARGE: ("integer", 100),
    "2.5.0": ("integer", 272),
    "2.7.0": ("integer", 25),
    "3.2.0": ("integer", 1),
    "3.3.1.2.1": ("integer", 500),
    "3.3.1.3.1": ("integer", 231),
    _OUTPUT_SOURCE: ("integer", ON_MAINS),
    "4.2.0": ("integer", 500),
    "4.3.0": ("integer", 1),
    "4.4.1.2.1": ("integer", 230),
    "4.4.1.5.1": ("integer", 22),
    "6.1.0": ("integer", 0),
}
_SCRIPT = "#!/bin/sh\nexit 99\n"
"""In the place of apccontrol: the one in the package would shut this machine down. 99 means "nothing else to do"."""


@dataclass(frozen=True)
class Apcupsd:
    """A running apcupsd, and the agent that plays its UPS."""

    port: int
    events: Path
    agent: subprocess.Popen[bytes]
    agent_port: int

    def ask(self, command: str) -> list[str]:
        """The lines of the answer to "status" or "events", as they stand in the protocol."""
        return ask(self.port, command)

    def status(self) -> str:
        """The present STATUS."""
        return next((line[11:].strip() for line in self.ask("status") if line.startswith("STATUS")), "")

    def set(
        self, *, output: int = ON_MAINS, battery: int = BATTERY_NORMAL, charge: int = 100, minutes: int = 45
    ) -> None:
        """Change what the UPS tells."""
        values = {_OUTPUT_SOURCE: output, _BATTERY_STATUS: battery, _CHARGE: charge, _MINUTES: minutes}
        pairs = [part for oid, value in values.items() for part in (f"{_MIB}.{oid}", "i", str(value))]
        subprocess.run(
            ["snmpset", "-v2c", "-c", "private", "-On", f"127.0.0.1:{self.agent_port}", *pairs],
            check=True,
            capture_output=True,
            env={**os.environ, "MIBS": ""},
        )


def ask(port: int, command: str) -> list[str]:
    """One question in apcupsd's network protocol, with nothing of ours in between."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as talk, talk.makefile("rb") as answer:
        talk.sendall(len(command).to_bytes(2, "big") + command.encode())
        lines = []
        while length := int.from_bytes(answer.read(2), "big"):
            lines.append(answer.read(length).decode().rstrip("\n"))
        return lines


@contextlib.contextmanager
def apcupsd(folder: Path, events: str = "") -> Iterator[Apcupsd]:
    """apcupsd on mains with a full battery; `events` stands in its events file when it starts."""
    need(str(PROGRAM), "snmpd", "snmpset")
    port, agent_port = free_port(), free_port(kind=socket.SOCK_DGRAM)
    with contextlib.ExitStack() as stack:
        agent = stack.enter_context(_agent(folder, agent_port))
        server = Apcupsd(port, folder / "apcupsd.events", agent, agent_port)
        if events:
            server.events.write_text(events)
        stack.enter_context(
            daemon(
                [str(PROGRAM), "-b", "-f", str(_settings(folder, port, agent_port)), "-P", str(folder / "apcupsd.pid")],
                _says(server, "ONLINE"),
                log=folder / "apcupsd.log",
            )
        )
        yield server


def _says(server: Apcupsd, wanted: str) -> Callable[[], bool]:
    def ready() -> bool:
        with contextlib.suppress(OSError):
            return server.status() == wanted
        return False

    return ready


@contextlib.contextmanager
def _agent(folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    settings = folder / "snmpd.conf"
    lines = ["rocommunity public 127.0.0.1", "rwcommunity private 127.0.0.1"]
    for oid, (kind, value) in _OBJECTS.items():
        shown = f'"{value}"' if kind == "octet_str" else value
        lines.append(f"override -rw {_MIB}.{oid} {kind} {shown}")
    settings.write_text("\n".join(lines) + "\n")

    def ready() -> bool:
        asked = ["snmpget", "-v2c", "-c", "public", "-On", "-t", "0.3", "-r", "0", f"127.0.0.1:{port}"]
        found = subprocess.run(
            [*asked, f"{_MIB}.{_OUTPUT_SOURCE}"], capture_output=True, env={**os.environ, "MIBS": ""}, check=False
        )
        return found.returncode == 0

    with daemon(
        ["snmpd", "-f", "-Le", "-C", "-c", str(settings), "-p", str(folder / "snmpd.pid"), f"udp:127.0.0.1:{port}"],
        ready,
        env={"SNMP_PERSISTENT_DIR": str(folder / "snmp"), "MIBS": ""},
        log=folder / "snmpd.log",
    ) as agent:
        yield agent


def _settings(folder: Path, port: int, agent_port: int) -> Path:
    scripts = folder / "scripts"
    scripts.mkdir()
    (scripts / "apccontrol").write_text(_SCRIPT)
    (scripts / "apccontrol").chmod(0o755)
    settings = folder / "apcupsd.conf"
    settings.write_text(
        f"""## apcupsd.conf v1.1 ##
UPSNAME ups1
UPSCABLE smart
UPSTYPE snmp
DEVICE 127.0.0.1:{agent_port}:RFC:public
POLLTIME 1
LOCKFILE {folder}
SCRIPTDIR {scripts}
PWRFAILDIR {folder}
NOLOGINDIR {folder}
ONBATTERYDELAY 1
BATTERYLEVEL -1
MINUTES -1
TIMEOUT 0
NETSERVER on
NISIP 127.0.0.1
NISPORT {port}
EVENTSFILE {folder / "apcupsd.events"}
EVENTSFILEMAX 10
"""
    )
    return settings
