"""Network UPS Tools: upsd with its dummy driver, which tells whatever a file says."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.lab import daemon, free_port, need, wait_for

UPSD, DRIVER = "/lib/nut/upsd", "/lib/nut/dummy-ups"
"""The programs themselves: the wrappers of the same names refuse while the system's own NUT is not configured."""
STALE_AFTER_S = 2


@dataclass(frozen=True)
class Upsd:
    """A running upsd and its UPSes."""

    port: int
    folder: Path
    drivers: dict[str, subprocess.Popen[bytes]]

    def ask(self, line: str) -> str:
        """The first line of upsd's answer."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as talk, talk.makefile("rwb") as both:
            both.write(f"{line}\n".encode())
            both.flush()
            return both.readline().decode(errors="replace").strip()

    def status(self, ups: str) -> str:
        """The present `ups.status`, or upsd's error."""
        answer = self.ask(f"GET VAR {ups} ups.status")
        match = re.fullmatch(r'VAR \S+ ups\.status "(.*)"', answer)
        return match[1] if match else answer

    def tell(self, ups: str, variables: Mapping[str, str]) -> None:
        """Change what the UPS tells and wait until upsd knows."""
        write_device(self.folder / f"{ups}.dev", variables)
        wanted = variables["ups.status"]
        wait_for(lambda: self.status(ups) == wanted, f"{ups} to be {wanted}")

    def silence(self, ups: str) -> None:
        """Stop the driver, so that its data grows old, and wait until upsd says so."""
        os.kill(self.drivers[ups].pid, signal.SIGSTOP)
        wait_for(lambda: self.status(ups) == "ERR DATA-STALE", f"{ups} to be stale")

    def kill(self, ups: str) -> None:
        """End the driver without a word, and wait until upsd says that it is gone."""
        self.drivers[ups].kill()
        self.drivers[ups].wait()
        wait_for(lambda: self.status(ups) == "ERR DRIVER-NOT-CONNECTED", f"{ups} to be gone")


@contextlib.contextmanager
def upsd(
    folder: Path,
    devices: Mapping[str, Mapping[str, str]],
    *,
    listen: str = "127.0.0.1",
    stale_after_s: int = STALE_AFTER_S,
) -> Iterator[Upsd]:
    """Serve the variables of some UPSes by name; the driver reads a changed file again within a second."""
    need(UPSD, DRIVER)
    port = free_port()
    settings = {"NUT_CONFPATH": str(folder), "NUT_STATEPATH": str(folder), "NUT_ALTPIDPATH": str(folder)}
    sections = []
    for name, variables in devices.items():
        write_device(folder / f"{name}.dev", variables)
        sections.append(f"[{name}]\ndriver = dummy-ups\nport = {folder / name}.dev\nmode = dummy-once\n")
    _write(folder / "ups.conf", f"pollinterval = 1\nuser = {_me()}\n" + "\n".join(sections))
    _write(folder / "upsd.conf", f"LISTEN {listen} {port}\nMAXAGE {stale_after_s}\nSTATEPATH {folder}\n")
    _write(folder / "upsd.users", "")
    with contextlib.ExitStack() as stack:
        # All at once: each takes a second to open its socket.
        drivers = {
            name: stack.enter_context(
                daemon([DRIVER, "-a", name, "-F", "-u", _me()], lambda: True, env=settings, log=folder / f"{name}.log")
            )
            for name in devices
        }
        wait_for(lambda: all((folder / f"dummy-ups-{name}").is_socket() for name in devices), "the drivers to start")
        server = Upsd(port, folder, drivers)
        stack.enter_context(
            daemon(
                [UPSD, "-F", "-u", _me()],
                lambda: _settled(server, devices),
                env=settings,
                log=folder / "upsd.log",
            )
        )
        yield server


def _settled(server: Upsd, devices: Mapping[str, Mapping[str, str]]) -> bool:
    """Drivers tell WAIT for up to two seconds; only then what the file says."""
    try:
        return all(
            server.status(name) == told if (told := variables.get("ups.status")) else not _starting(server.status(name))
            for name, variables in devices.items()
        )
    except OSError:
        return False


def _starting(status: str) -> bool:
    return status == "WAIT" or status.startswith("ERR D")


def write_device(path: Path, variables: Mapping[str, str]) -> None:
    """A device file, replaced at once so that the driver never reads half of it.

    The driver reads it again when the second of its change is another, so each is dated a second after the last.
    """
    written, new = time.time(), path.with_suffix(".new")
    if path.exists():
        written = max(written, path.stat().st_mtime + 1)
    _write(new, "".join(f"{name}: {value}\n" for name, value in variables.items()))
    os.utime(new, (written, written))
    new.replace(path)


def _write(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o640)


def _me() -> str:
    import pwd

    return pwd.getpwuid(os.geteuid()).pw_name
