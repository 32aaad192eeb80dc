"""The root command: which commands there are, what they share, and what each way to end exits with."""

from __future__ import annotations

import contextlib
import importlib
import itertools
import os
import resource
import shlex
import signal
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from healthcheck import config as configs
from healthcheck.cli.hand_over import hand_over
from healthcheck.config.paths import find_config, find_state_dir, new_config
from healthcheck.errors import ConfigError, HealthcheckError, where
from healthcheck.records import frozen

if TYPE_CHECKING:
    from healthcheck.config.settings import Config

USAGE, SOFTWARE, NOT_DELIVERED, TEMPORARY, CONFIG, INTERRUPTED = 64, 70, 69, 75, 78, 130
"""Exit codes as in sysexits.h (EX_USAGE, EX_SOFTWARE, EX_UNAVAILABLE, EX_TEMPFAIL, EX_CONFIG); 130 as shells do."""
NAGIOS_UNKNOWN = 3
CONFIG_HELP = "The config file.  [else: $HEALTHCHECK_CONFIG, your own, or /etc/healthcheck/config.toml]"

SECTIONS: dict[str, dict[str, str]] = {
    "Every day": {
        "run": "Check everything now and show what was found; mails nothing.",
        "report": "Check everything and deliver the report: what the timer starts.",
        "watch": "A light pass between reports: power and lines only.",
        "agent": "Stay running and do both on schedule, without systemd or cron.",
    },
    "When something is wrong": {
        "explain": "What a check or a trouble is, and what to say to IT of it.",
        "retest": "Check again what was wrong, and say whether it is fixed.",
        "ack": "Say that a trouble is known, and until when it need not nag.",
        "pause": "Say that a clinic is closed, or a device is being worked on.",
        "deliver": "Try once more to send what was not accepted yet.",
    },
    "To look back, and to hand over": {
        "history": "Earlier reports, troubles, and how often each clinic answered.",
        "monthly": "How a month went: what answered, what broke, and how long repairs took.",
        "inventory": "All that the practice has on paper, or a card for the day when all is dark.",
        "handover": "Pack all that belongs to the practice, without a password, for another contractor.",
    },
    "To set up": {
        "demo": "Show a morning of nine invented clinics on this computer.",
        "init": "Ask eight questions and write a config.",
        "doctor": "Look at the set-up itself, and say how to mend what is wrong.",
        "test-email": "Send one test message the way the report goes, and say what became of it.",
        "config": "Check the config, or print its schema.",
        "enroll": "Put a host's key on record, once its fingerprint was compared.",
        "checks": "The catalogue of checks, and one check's manual page.",
    },
}
"""The commands and what each says of itself in `--help`, in the order in which people need them."""
COMMANDS = {name: says for section in SECTIONS.values() for name, says in section.items()}
"""Each is a click command named `command`, in the module of `healthcheck.cli` that has its name (`-` becomes `_`)."""


@frozen
class Paths:
    """Where the config and the state are, as given on the command line; None where the usual places hold."""

    config: Path | None
    state_dir: Path | None
    config_copy: Path | None = None

    def config_file(self) -> Path:
        """The config to read."""
        return find_config(self.config, os.environ, os.geteuid())

    def given(self) -> str:
        """The options behind which another command finds the same config and state: "" where the usual places hold."""
        options = (("--config", self.config), ("--state-dir", self.state_dir))
        return "".join(f" {option} {shlex.quote(str(path))}" for option, path in options if path is not None)

    def new_config_file(self) -> Path:
        """Where a config would be written that is to be found without a word."""
        return new_config(self.config, os.environ, os.geteuid())

    def load(self) -> Config:
        """The config, read and checked; `ConfigError` has every mistake."""
        return configs.load(self.config_file(), copy=self.config_copy)

    def state(self) -> Path:
        """The state directory."""
        return find_state_dir(self.state_dir, os.environ, os.geteuid())


class LazyGroup(click.Group):
    """A group that imports a command when it is called, so that `--help` stays quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        found: click.Command = importlib.import_module(f"healthcheck.cli.{cmd_name.replace('-', '_')}").command
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        width = max(map(len, COMMANDS))
        for title, commands in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(f"{name:<{width}}", says) for name, says in commands.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--config", type=click.Path(path_type=Path), help=CONFIG_HELP)
@click.option(
    "--state-dir",
    type=click.Path(path_type=Path),
    help="Where history and reports are kept.  [else: /var/lib/healthcheck for root, or your own]",
)
@click.option("--config-copy", type=click.Path(path_type=Path), hidden=True)  # the agent's, while the file changes
@click.option("--version", is_flag=True, help="Say the version and end.")
@click.option("-v", "--verbose", is_flag=True, help="Say more on standard error.")
@click.pass_context
def root(
    ctx: click.Context,
    config: Path | None,
    state_dir: Path | None,
    config_copy: Path | None,
    version: bool,
    verbose: bool,
) -> None:
    """Look after a small group of clinics: check every clinic before the doors open, and say plainly what is so."""
    import logging

    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING,
        format="healthcheck: %(message)s",
        stream=sys.stderr,
    )
    paths = ctx.obj = Paths(config, state_dir, config_copy)
    ctx.call_on_close(lambda: hand_over(paths.state()))


def run(argv: Sequence[str]) -> int:
    """Run the program and return its exit code; every error is one message on standard error."""
    signal.signal(signal.SIGTERM, _interrupt)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # the memory of this process holds passwords
    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # what libraries tell programmers is no business of whoever reads our messages
    try:
        code = root.main(args=_options_first(argv), prog_name="healthcheck", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except click.UsageError as error:
        error.show()
        return _unknown(argv, error.format_message(), USAGE)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return _unknown(argv, str(error), CONFIG)
    except (click.Abort, KeyboardInterrupt):
        print("healthcheck: interrupted before it had finished.", file=sys.stderr)
        return _unknown(argv, "interrupted before it had finished", INTERRUPTED)
    except BrokenPipeError:
        # Whoever read our output has gone (`| head`); what is still buffered must not raise again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except HealthcheckError as error:
        print(f"healthcheck: {error}", file=sys.stderr)
        return _unknown(argv, str(error), TEMPORARY)
    except Exception as error:  # Python's own exit code for it is 1, which reads as "Look"
        print(
            f"healthcheck: this program has a fault, and nothing is known. For its makers: {where(error)}",
            file=sys.stderr,
        )
        return _unknown(argv, "this program has a fault, and nothing is known", SOFTWARE)


def _unknown(argv: Sequence[str], says: str, code: int) -> int:
    """The code to fail with. Nagios reads standard output alone and takes 64 and above for nonsense: it is told 3."""
    if not _for_nagios(argv):
        return code
    from healthcheck.words import plain

    with contextlib.suppress(BrokenPipeError):
        print(f"HEALTHCHECK UNKNOWN: {plain(says.replace('|', '/'))}", flush=True)
    return NAGIOS_UNKNOWN


def _interrupt(signum: int, frame: object) -> None:
    raise KeyboardInterrupt


def _for_nagios(argv: Sequence[str]) -> bool:
    """Whether the answer is for Nagios, as far as can be told before the options are read."""
    return "--format=nagios" in argv or any(pair == ("--format", "nagios") for pair in itertools.pairwise(argv))


def _options_first(argv: Sequence[str]) -> list[str]:
    """`--config` and `--state-dir` may stand anywhere: behind the command is where people write them."""
    shared, rest = [], []
    items = iter(argv)
    for item in items:
        if item in ("--config", "--state-dir"):
            shared += [item, *([following] if (following := next(items, None)) is not None else [])]
        elif item.startswith(("--config=", "--state-dir=")):
            shared.append(item)
        elif item == "--":
            rest += [item, *items]
        else:
            rest.append(item)
    return [*shared, *rest]
