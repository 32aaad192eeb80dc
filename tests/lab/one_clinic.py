"""The smallest practice: one clinic, one check of this machine, one mail. For tests of what comes after the check."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from healthcheck.findings import Diagnosis
from healthcheck.history import History
from healthcheck.model import Round
from tests.lab.program import PROGRAM

EVERY_DAY = '["mon", "tue", "wed", "thu", "fri", "sat", "sun"]'


@dataclass(frozen=True)
class Clinic:
    """Where its config and state are. `state` may be replaced by a folder on another disk."""

    folder: Path
    state: Path

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"

    @property
    def environment(self) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "HOME": str(self.folder), "LANG": "C.UTF-8"}

    def words(self, *words: str) -> list[str]:
        return [*words, "--config", str(self.config), "--state-dir", str(self.state)]

    def healthcheck(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Start the installed program and wait for its end."""
        return subprocess.run(
            [PROGRAM, *self.words(*words)],
            capture_output=True,
            text=True,
            check=False,
            cwd=self.folder,
            env=self.environment,
        )

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start the installed program and do not wait."""
        return subprocess.Popen(
            [PROGRAM, *self.words(*words)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.folder,
            env=self.environment,
        )

    def history(self) -> History:
        """Its history; the caller closes it."""
        return History.open(self.state / "history.sqlite", datetime.now(UTC))

    def reported_yesterday(self) -> None:
        """There was a report the day before: from now on, one is owed every day."""
        history = self.history()
        at = datetime.now(UTC) - timedelta(days=1)
        history.save(Round("yesterday", "Foothill", "report", at, at), Diagnosis(sites=()))
        history.close()


def one_clinic(folder: Path, mail_port: int, check: str, *, to: Sequence[str], more: str = "") -> Clinic:
    """Write the config. Reports are due since four in the morning, in a zone where it is noon now."""
    folder.mkdir(exist_ok=True)
    noon = 12 - datetime.now(UTC).hour
    zone = f"Etc/GMT{-noon:+d}" if noon else "Etc/GMT"
    listed = ", ".join(f'"{who}"' for who in to)
    (folder / "config.toml").write_text(
        f"""
[practice]
name = "Foothill"
timezone = "{zone}"
opens = "06:00"
open_days = {EVERY_DAY}

[report]
at = "04:00"
due = "04:30"

[[delivery]]
name = "morning mail"
channel = "email"
to = [{listed}]

{more}

[email]
host = "127.0.0.1"
port = {mail_port}
security = "none"
auth = "none"
from = "System check <checker@foothill.example>"
timeout_s = 5

[[site]]
name = "Pasadena"

[[site.host]]
name = "pasadena-server"
label = "the server in Pasadena"
address = "127.0.0.1"

[[check]]
{check}
"""
    )
    (folder / "config.toml").chmod(0o600)
    return Clinic(folder, folder / "state")
