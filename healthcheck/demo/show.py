"""The demonstration from its beginning to its end, and where everything that it leaves is."""

from __future__ import annotations

import email
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from email import policy
from pathlib import Path

from healthcheck import config as configs
from healthcheck.demo.mornings import remember
from healthcheck.demo.stage import CONFIG, MAIL, clinics
from healthcheck.demo.weekend import weekend
from healthcheck.errors import HealthcheckError
from healthcheck.model import Outcome
from healthcheck.pages.site import LATEST
from healthcheck.records import frozen
from healthcheck.rounds import REPORT, deliver_round, leavings, run_round

Progress = Callable[[int], AbstractContextManager[Callable[[Outcome, str], None]]]


@frozen
class Shown:
    """What came of it. `mail` is the administrator's, `briefs` are those for IT; each is a .eml with its .txt beside.

    `page` is the one to open in a browser.
    """

    folder: Path
    mail: Path
    briefs: tuple[Path, ...]
    page: Path

    @property
    def config(self) -> Path:
        """What describes the clinics."""
        return self.folder / CONFIG

    @property
    def subject(self) -> str:
        """Of the administrator's mail, as it arrived."""
        return str(email.message_from_bytes(self.mail.read_bytes(), policy=policy.default)["Subject"])

    @property
    def text(self) -> str:
        """What the administrator reads, as it arrived."""
        return self.mail.with_suffix(".txt").read_text(encoding="utf-8")


def show(folder: Path, progress: Progress) -> Shown:
    """Start the clinics, check them in one round, and deliver its report. The folder is there, and empty.

    Raises `HealthcheckError` when the clinics cannot be started here, or their mail did not arrive.
    """
    state = folder / "state"
    with clinics(folder):
        config = configs.load(folder / CONFIG, environ={})
        remember(config, state, weekend(datetime.now(config.practice.timezone)))
        with progress(len(config.plan)) as done:
            finished = run_round(config, trigger=REPORT, state_dir=state, on_done=lambda outcome: done(outcome, ""))
        if missed := deliver_round(config, finished, state, finished.round.finished_at):
            raise HealthcheckError(f"The demonstration's own mail did not arrive: {missed[0]}")
    first, *briefs = sorted((folder / MAIL).glob("*.eml"), key=lambda path: int(path.name.partition("-")[0]))
    return Shown(folder, first, tuple(briefs), _page(state / leavings.FOLDER))


def _page(reports: Path) -> Path:
    """The standing page of the practice, or else the report's own."""
    latest = reports / LATEST
    return latest if latest.exists() else next(reports.glob("*/*/report.html"))
