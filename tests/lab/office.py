"""One small office with a mail server, and the program as a timer starts it: for what concerns the program itself."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from zoneinfo import ZoneInfo

from healthcheck.findings import Diagnosis
from healthcheck.history import History
from healthcheck.model import Posting, Round
from healthcheck.rounds import HISTORY_FILE
from tests.lab.program import PROGRAM, healthcheck, written
from tests.lab.smtp import Mailbox, mail_server

HEAD = """
[practice]
name = "Foothill Oncology Group"
timezone = "{zone}"
opens = "07:30"
open_days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
watcher = "Main office"

[report]
at = "05:45"
due = "06:30"

[[person]]
name = "Bay IT"
role = "it"
phone = "555-0142"

[[delivery]]
name = "morning mail"
channel = "email"
to = [{to}]

[email]
host = "127.0.0.1"
port = {port}
security = "none"
auth = "none"
from = "System check <checker@foothill.example>"
timeout_s = 5

[[site]]
name = "Main office"

  [[site.host]]
  name = "office-server"
  label = "the office server"
  local = true

  [[site.host]]
  name = "office-ups"
  label = "the battery backup in the office"
  address = "127.0.0.1"
  role = "ups"
"""

MANAGER = "manager@foothill.example"
MEMORY = """
[[check]]
kind = "memory"
hosts = ["office-server"]
available_percent = { warning = 0.02, critical = 0.01 }
"""


@dataclass
class Office:
    """The practice and where the program keeps its things."""

    folder: Path
    zone: str
    mailbox: Mailbox
    state: Path
    to: Sequence[str]

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"

    def write(self, *sections: str) -> None:
        """Write the config with these sections behind the head; a check of memory where none is given."""
        listed = ", ".join(f'"{who}"' for who in self.to)
        head = HEAD.format(zone=self.zone, port=self.mailbox.port, to=listed)
        written(self.folder, head + "\n".join(sections or (MEMORY,)))

    def words(self, *words: str | Path) -> list[str]:
        """These words for the program, behind those that say where the config and the state are."""
        return ["--config", str(self.config), "--state-dir", str(self.state), *map(str, words)]

    def argv(self, *words: str | Path) -> list[str]:
        return [PROGRAM, *self.words(*words)]

    def healthcheck(self, *words: str | Path, before: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
        """Run the program to its end."""
        return healthcheck(*self.words(*words), env=self.env(), before=before)

    def env(self) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "PYTHONPATH": str(Path(__file__).parents[2])}

    def mails(self) -> list[EmailMessage]:
        return self.mailbox.messages

    def text(self, number: int = -1) -> str:
        """The plain part of a mail, one paragraph a line, wrapped lines joined."""
        body = self.mails()[number].get_body(("plain",))
        assert body is not None
        return " ".join(str(body.get_content()).split())

    def now(self) -> datetime:
        return datetime.now(ZoneInfo(self.zone))

    @contextlib.contextmanager
    def history(self) -> Iterator[History]:
        """The history, opened as the program opens it."""
        with contextlib.closing(History.open(self.state / HISTORY_FILE, datetime.now(UTC))) as history:
            yield history

    def remember(self, name: str, ago: timedelta, trigger: str = "report", *postings: Posting) -> None:
        """A round of the past, with nothing in it."""
        at = datetime.now(UTC) - ago
        with self.history() as history:
            kept = Round(name, "Foothill", trigger, at, at + timedelta(seconds=3))
            history.save(kept, Diagnosis(sites=()), postings)


@contextlib.contextmanager
def office(folder: Path, *, hour: int = 10, to: Sequence[str] = (MANAGER,)) -> Iterator[Office]:
    """An office where it is that hour of the day now; its mail server runs, and takes the report to these people."""
    with mail_server() as mailbox:
        made = Office(folder, zone_where_it_is(hour), mailbox, folder / "state", to)
        made.write()
        yield made


def zone_where_it_is(hour: int) -> str:
    """A time zone in which it is now between that hour and the next."""
    ahead = (hour - datetime.now(UTC).hour + 11) % 24 - 11
    return f"Etc/GMT{'-' if ahead >= 0 else '+'}{abs(ahead)}"
