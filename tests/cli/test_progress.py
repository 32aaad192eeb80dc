"""What a terminal shows while a round runs, and what a file or a pipe gets instead."""

from __future__ import annotations

import os
import pty
import subprocess
from pathlib import Path

import pytest

from tests.lab.program import PROGRAM, written


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return written(tmp_path)


def on_a_terminal(config: Path, **env: str) -> str:
    """Everything that the program writes when both its streams are a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [PROGRAM, "run", "--config", config, "--state-dir", config.parent / "state"],
        stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True,
        env={"PATH": os.environ["PATH"], "TERM": "xterm", "LANG": "C.UTF-8", "COLUMNS": "120", **env},
    )  # fmt: skip
    os.close(theirs)
    said = b""
    while True:
        try:
            more = os.read(ours, 65536)
        except OSError:  # the last writer has gone
            break
        if not more:
            break
        said += more
    process.wait(20)
    os.close(ours)
    return said.decode()


def test_a_terminal_shows_which_site_and_how_many_of_how_many(config: Path) -> None:
    said = on_a_terminal(config)
    assert "1/1" in said
    assert "Main office" in said
    assert "The office server has enough memory." in said


def test_no_color_is_honoured(config: Path) -> None:
    said = on_a_terminal(config, NO_COLOR="1")
    assert "\x1b[3" not in said
    assert "The office server has enough memory." in said
