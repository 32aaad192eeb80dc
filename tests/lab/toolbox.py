"""The shells and toolboxes that servers and storage boxes come with, for commands that must work with every one."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.lab import need

SHELLS = ("dash", "bash")
TOOLBOXES = (*SHELLS, "busybox")


def toolbox(folder: Path, name: str) -> str:
    """A PATH on which `sh` is that shell; with "busybox" every tool is the toolbox's own, and there is no other."""
    need(name)
    program = shutil.which(name)
    assert program is not None
    folder.mkdir()
    if name in SHELLS:
        (folder / "sh").symlink_to(program)
        return f"{folder}:/usr/bin:/bin"
    for applet in subprocess.run([program, "--list"], capture_output=True, text=True, check=True).stdout.split():
        (folder / applet).symlink_to(program)
    return str(folder)
