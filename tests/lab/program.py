"""The installed program, started as a person or a timer starts it, and the smallest practice to start it for."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

PROGRAM = str(Path(sys.executable).with_name("healthcheck"))

CONFIG = """
[practice]
name = "Foothill Oncology Group"
timezone = "America/Los_Angeles"
opens = "07:30"
watcher = "Main office"

[[site]]
name = "Main office"

  [[site.host]]
  name = "office-server"
  label = "the office server"
  local = true

[[check]]
kind = "memory"
hosts = ["*"]
available_percent = { warning = 0.02, critical = 0.01 }
"""


def healthcheck(
    *words: str | Path,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    before: Sequence[str] = (),
    timeout_s: float = 100.0,
) -> subprocess.CompletedProcess[str]:
    """Run it to its end. It sees nothing of the tests' own environment but the path; `before` stands before it."""
    return subprocess.run(
        [*before, PROGRAM, *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **(env or {})},
        timeout=timeout_s,
    )


def written(folder: Path, config: str = CONFIG) -> Path:
    """The file of a config, which nobody else may read."""
    path = folder / "config.toml"
    path.write_text(config)
    path.chmod(0o600)
    return path
