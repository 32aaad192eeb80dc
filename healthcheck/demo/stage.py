"""Starts the process in which the invented clinics live, and ends it again."""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from healthcheck import processes
from healthcheck.errors import HealthcheckError

CONFIG, MAIL = "config.toml", "mail"
"""What the clinics leave in the folder: the file that describes them, and the folder of the mail that came."""
_START_S = 30.0
_END_S = 2.0
_MAIN = "import sys; sys.path.append(sys.argv[1]); from healthcheck.demo.town import main; main(sys.argv[2])"
"""Wherever this package was found, it is found there too, and nothing in the current folder stands in for it."""


@contextlib.contextmanager
def clinics(folder: Path) -> Iterator[None]:
    """The clinics run while the body does; their config is in the folder. Raises `HealthcheckError` if they cannot.

    The process is in a session of its own, so that a Ctrl-C does not reach it, and ends as soon as nobody holds the
    other end of its standard input any more: even where we are killed.
    """
    with contextlib.ExitStack() as stack:
        with processes.interruptions_wait():
            process = subprocess.Popen(
                [sys.executable, "-P", "-c", _MAIN, str(Path(__file__).parents[2]), str(folder)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
                env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            )  # fmt: skip
            stack.callback(_end, process)
        assert process.stdout is not None
        readable, _, _ = select.select([process.stdout], [], [], _START_S)
        line = process.stdout.readline() if readable else b""
        told = json.loads(line) if line else {"ready": False, "says": "The invented clinics could not be started."}
        if not told["ready"]:
            raise HealthcheckError(told["says"])
        yield


def _end(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    process.stdout.close()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_END_S)
    process.kill()
    process.wait()
