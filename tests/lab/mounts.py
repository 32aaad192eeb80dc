"""Real file systems for the tests: a small drive, one in memory, and a network drive whose server falls silent."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab import daemon, need, need_root

_SFTP_SERVER = "/usr/lib/openssh/sftp-server"


@contextlib.contextmanager
def drive(place: Path, *, megabytes: int = 16, reserved_percent: int = 0) -> Iterator[Path]:
    """An ext4 drive of its own, mounted at `place`; `reserved_percent` of it is kept for root."""
    need_root()
    need("mkfs.ext4", "losetup")
    image = place.with_name(f"{place.name}.image")
    with image.open("wb") as file:
        file.truncate(megabytes * 1024 * 1024)
    subprocess.run(["mkfs.ext4", "-q", "-m", str(reserved_percent), str(image)], check=True)
    with mounted(place, "-o", "loop", str(image)):
        yield place
    image.unlink()


@contextlib.contextmanager
def memory(place: Path, options: str) -> Iterator[Path]:
    """A file system in memory, with mount options such as "size=1m,nr_inodes=20"."""
    need_root()
    with mounted(place, "-t", "tmpfs", "-o", options, "tmpfs"):
        yield place


@contextlib.contextmanager
def mounted(place: Path, *arguments: str) -> Iterator[Path]:
    """Anything that `mount` mounts, gone with the test even when it is in use or its other side is."""
    place.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", *arguments, str(place)], check=True, capture_output=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=False, capture_output=True)


def fill(place: Path, left_bytes: int = 0) -> None:
    """Write a file "ballast" until nothing more fits, then give so much back."""
    ballast = place / "ballast"
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(b"\0" * 1024)
    os.truncate(ballast, ballast.stat().st_size - left_bytes)


def remount(place: Path, options: str) -> None:
    """Change a mount's options while it is in use: "ro"."""
    subprocess.run(["mount", "-o", f"remount,{options}", str(place)], check=True, capture_output=True)


@contextlib.contextmanager
def silent_network_drive(place: Path) -> Iterator[Path]:
    """A network drive whose other side has stopped answering: whoever touches it waits until it goes on."""
    need_root()
    need("sshfs", _SFTP_SERVER)
    if not Path("/dev/fuse").exists():
        pytest.skip("needs /dev/fuse, which this machine does not offer")
    place.mkdir()
    served = place.with_name(f"{place.name}.served")
    served.mkdir()
    # sshfs calls this in the place of ssh: the file server itself, with no network between.
    server = place.with_name(f"{place.name}.server")
    server.write_text(f"#!/bin/sh\nexec {_SFTP_SERVER}\n")
    server.chmod(0o755)
    argv = ["sshfs", "-f", "-o", f"ssh_command={server}", f"fileserver:{served}", str(place)]
    with daemon(argv, lambda: os.path.ismount(place)) as sshfs:
        try:
            os.kill(sshfs.pid, signal.SIGSTOP)
            yield place
        finally:
            os.kill(sshfs.pid, signal.SIGCONT)
            subprocess.run(["umount", "--lazy", str(place)], check=False, capture_output=True)
