"""A real systemd that keeps units running, away from the machine's own: a user's manager in namespaces of its own.

with systemd(tmp_path, {"charts.service": "[Service]\nExecStart=/bin/sleep 1000\n"}) as manager:
    manager.systemctl("start", "charts.service")
    server.shim("systemctl", script=manager.shim)
"""

from __future__ import annotations

import contextlib
import os
import shlex
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.lab import daemon, need, need_root

SYSTEMD = "/lib/systemd/systemd"
TARGETS = ("basic", "sysinit", "shutdown", "default")

# systemd refuses to be a user's manager where no systemd is the system's, so it is shown one.
_BOOT = f"""
mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system || exit
mount -t cgroup2 none /sys/fs/cgroup && mkdir -p "/sys/fs/cgroup/$GROUP" || exit
echo 0 > "/sys/fs/cgroup/$GROUP/cgroup.procs" || exit
exec {SYSTEMD} --user --log-target=console
"""
_START = 'echo $$ > "$PIDFILE"; exec unshare --mount --propagation private sh -c "$BOOT"'
# Its units run in sessions of their own; the kernel knows which they are.
_KILL = 'echo 1 > "/sys/fs/cgroup/$GROUP/cgroup.kill"'
_CLEAN = 'find "/sys/fs/cgroup/$GROUP" -depth -type d -exec rmdir {} ";"'


@dataclass(frozen=True)
class Manager:
    """A systemd; `units` is the folder that its units are read from."""

    folder: Path

    @property
    def units(self) -> Path:
        return self.folder / "units"

    @property
    def argv(self) -> list[str]:
        """What comes before the words of a `systemctl` command."""
        pid = (self.folder / "pid").read_text().strip()
        runtime = f"XDG_RUNTIME_DIR={self.folder}/runtime"
        return ["nsenter", f"--target={pid}", "--mount", "env", runtime, "/usr/bin/systemctl", "--user"]

    @property
    def shim(self) -> str:
        """A shell line that is this systemd's `systemctl`."""
        return f'exec {shlex.join(self.argv)} "$@"'

    def systemctl(self, *words: str) -> str:
        """What it printed; a unit that fails does not fail the test."""
        return subprocess.run([*self.argv, *words], capture_output=True, text=True, timeout=10, check=False).stdout

    def start(self, unit: str, *reaches: str) -> None:
        """Start a unit and wait until `systemctl show` has all these lines for it ("SubState=failed")."""
        self.systemctl("start", "--no-block", unit)
        end = time.monotonic() + 10
        while not set(reaches) <= set((said := self.systemctl("show", unit)).split("\n")):
            if time.monotonic() > end:
                raise RuntimeError(f"{unit} did not reach {reaches}: {said[:2000]}")
            time.sleep(0.02)

    def answers(self) -> bool:
        return (self.folder / "pid").exists() and self.systemctl("is-system-running").strip() in ("running", "degraded")


@contextlib.contextmanager
def systemd(tmp_path: Path, units: Mapping[str, str]) -> Iterator[Manager]:
    """A manager with these units by file name, none of them started; an empty text is a masked unit."""
    need(SYSTEMD, "unshare", "nsenter")
    need_root()
    manager = Manager(tmp_path / "systemd")
    manager.units.mkdir(parents=True)
    (manager.folder / "runtime").mkdir(mode=0o700)
    for target in TARGETS:
        (manager.units / f"{target}.target").write_text(f"[Unit]\nDescription={target}\nDefaultDependencies=no\n")
    for name, text in units.items():
        if text:
            (manager.units / name).write_text(text)
        else:
            (manager.units / name).symlink_to("/dev/null")
    own = {
        "BOOT": _BOOT,
        "GROUP": f"healthcheck-lab-{os.getpid()}",
        "PIDFILE": str(manager.folder / "pid"),
        "XDG_RUNTIME_DIR": str(manager.folder / "runtime"),
        # Where it keeps when a timer last elapsed: not for the run of another day, which would catch up on it.
        "XDG_DATA_HOME": str(manager.folder / "data"),
        "SYSTEMD_UNIT_PATH": str(manager.units),
    }
    try:
        with daemon(["sh", "-c", _START], manager.answers, env=own, log=manager.folder / "log"):
            try:
                yield manager
            finally:
                _apart(_KILL, own)
    finally:
        _apart(_CLEAN, own)


def _apart(command: str, own: Mapping[str, str]) -> None:
    """A command that sees the manager's cgroup, whatever the machine itself has mounted."""
    script = f"mount -t cgroup2 none /sys/fs/cgroup && {command}"
    argv = ["unshare", "--mount", "--propagation", "private", "sh", "-c", script]
    subprocess.run(argv, env={**os.environ, **own}, check=True, timeout=10)
