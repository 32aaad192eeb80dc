"""Real servers for the tests, each on a loopback address and a port of its own, ended with the test."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest


def free_port(address: str = "127.0.0.1", kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A port that nothing uses at that address."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind((address, 0))
        port: int = probe.getsockname()[1]
        return port


def answers(address: str, port: int) -> Callable[[], bool]:
    """A readiness question: does something accept there?"""

    def ready() -> bool:
        with contextlib.suppress(OSError), socket.create_connection((address, port), timeout=1):
            return True
        return False

    return ready


def wait_for(question: Callable[[], bool], what: str, *, timeout_s: float = 15.0) -> None:
    """Ask until the answer is yes; `AssertionError` names what never came."""
    end = time.monotonic() + timeout_s
    while not question():
        assert time.monotonic() < end, f"waited {timeout_s} s for {what}"
        time.sleep(0.05)


@contextlib.contextmanager
def daemon(
    argv: Sequence[str],
    ready: Callable[[], bool],
    *,
    timeout_s: float = 15.0,
    env: Mapping[str, str] | None = None,
    log: Path | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """A server in the foreground and in a session of its own; ready before the body runs, gone after it."""
    with contextlib.ExitStack() as stack:
        out = stack.enter_context(log.open("wb")) if log else subprocess.DEVNULL
        process = subprocess.Popen(
            argv, start_new_session=True, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
            env=None if env is None else {**os.environ, **env},
        )  # fmt: skip
        try:
            end = time.monotonic() + timeout_s
            while not ready():
                if process.poll() is not None or time.monotonic() > end:
                    said = log.read_text(errors="replace")[-2000:] if log else ""
                    raise RuntimeError(f"{argv[0]} was not ready (exit {process.poll()}): {said}")
                time.sleep(0.02)
            yield process
        finally:
            stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a daemon and everything in its session; continue it first, for a test may have stopped it."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGCONT)
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def quick_folder(name: str) -> Path:
    """A new folder in memory where there is room, else on disk: a database is a thousand files to copy and remove."""
    memory = Path("/dev/shm")
    roomy = os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 1_000_000_000
    return Path(tempfile.mkdtemp(prefix=f"healthcheck-{name}-", dir=memory if roomy else None))


def need(*programs: str) -> None:
    """Skip the test by name when a server it needs is not installed; `tests/run` installs them all."""
    for program in programs:
        if not (shutil.which(program) or Path(program).is_file()):
            pytest.skip(f"needs {program}, which is not installed")


def need_root() -> None:
    """Skip the test by name when it must make namespaces or mounts and may not."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to make network namespaces or mounts")
