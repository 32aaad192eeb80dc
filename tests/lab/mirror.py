"""A real mirror of two small drives, whole or with one of them gone, by btrfs on loop devices."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab import need, need_root

_MEGABYTES = 128


@contextlib.contextmanager
def mirror(folder: Path, label: str, *, lost: bool) -> Iterator[Path]:
    """A mirror called `label`, mounted; with `lost` it runs without its second drive. Gone after the body."""
    need_root()
    need("mkfs.btrfs", "losetup", "btrfs")
    place = folder / "mirror"
    place.mkdir()
    with contextlib.ExitStack() as stack:
        first = stack.enter_context(_loop(folder / "first"))
        with _loop(folder / "second") as second:
            _run("mkfs.btrfs", "-q", "-L", label, "-m", "raid1", "-d", "raid1", first, second)
            _run("btrfs", "device", "scan", first, second)
            _mount(first, place, "")
            (place / "charts").write_bytes(b"x" * 4096)
            if not lost:
                try:
                    yield place
                finally:
                    _run("umount", str(place))
                    _run("btrfs", "device", "scan", "--forget", first, second)
                return
            _run("umount", str(place))
            _run("btrfs", "device", "scan", "--forget", first, second)
        _mount(first, place, "degraded")
        try:
            yield place
        finally:
            _run("umount", str(place))
            _run("btrfs", "device", "scan", "--forget", first)


@contextlib.contextmanager
def _loop(image: Path) -> Iterator[str]:
    with image.open("wb") as file:
        file.truncate(_MEGABYTES * 1024 * 1024)
    device = _run("losetup", "--find", "--show", str(image)).strip()
    try:
        yield device
    finally:
        _run("losetup", "--detach", device)
        image.unlink()


def _mount(device: str, place: Path, options: str) -> None:
    done = subprocess.run(
        ["mount", "-t", "btrfs", *(["-o", options] if options else []), device, str(place)],
        capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        pytest.skip(f"needs a kernel with btrfs: {done.stderr.strip()}")


def _run(*argv: str) -> str:
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout
