"""What is looked at: the config, or what can be saved out of one with a mistake, and where things are kept."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from healthcheck import config as configs
from healthcheck.config.salvage import Salvaged, salvage
from healthcheck.config.settings import Config
from healthcheck.delivery.settings import EmailSettings
from healthcheck.errors import ConfigError
from healthcheck.history import History
from healthcheck.model import Delivery, Practice
from healthcheck.records import frozen
from healthcheck.rounds import HISTORY_FILE


@frozen
class Premises:
    """`config` is None when it has a mistake; then `mistakes` says which, and `saved` is what could be read.

    `given` are the options by which another call of the program finds the same config and state.
    """

    config_file: Path
    state_dir: Path
    now: datetime
    given: str = ""
    config: Config | None = None
    mistakes: tuple[str, ...] = ()
    saved: Salvaged | None = None

    def command(self, words: str, *, sudo: bool = False) -> str:
        """A command of this program, as it is typed to be about the same config and state."""
        return f"{'sudo ' if sudo else ''}healthcheck {words}{self.given}"

    @property
    def practice(self) -> Practice | None:
        """The practice, as far as it is known: out of a broken config it has its name, its zone and its people."""
        return self.config.practice if self.config else self.saved.practice if self.saved else None

    @property
    def deliveries(self) -> tuple[Delivery, ...]:
        """Who gets the report."""
        return self.config.deliveries if self.config else self.saved.deliveries if self.saved else ()

    @property
    def email(self) -> EmailSettings | None:
        """The mail server."""
        return self.config.email if self.config else self.saved.email if self.saved else None

    @property
    def local_now(self) -> datetime:
        """Now, by the practice's clock where that is known."""
        return self.now.astimezone(self.practice.timezone) if self.practice else self.now


def enter(config_file: Path, state_dir: Path, given: str = "", environ: Mapping[str, str] = os.environ) -> Premises:
    """Read what there is; a config with mistakes is no reason not to look at the rest."""
    now = datetime.now(UTC)
    try:
        config = configs.load(config_file, environ=environ)
    except ConfigError as error:
        mistakes = tuple(str(error).splitlines())
        return Premises(config_file, state_dir, now, given, None, mistakes, _saved(config_file, environ))
    return Premises(config_file, state_dir, now, given, config)


@contextlib.contextmanager
def history(premises: Premises) -> Iterator[History | None]:
    """The history, to be read alone; None when there is none yet."""
    path = premises.state_dir / HISTORY_FILE
    if not path.exists():
        yield None
        return
    with contextlib.closing(History.read_only(path)) as known:
        yield known


def _saved(config_file: Path, environ: Mapping[str, str]) -> Salvaged | None:
    try:
        return salvage(config_file, environ)
    except ConfigError:
        return None
