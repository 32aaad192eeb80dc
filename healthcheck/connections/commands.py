"""What the end of a command means: its answer, or the reason why there is none. Shared by local and SSH commands."""

from __future__ import annotations

import re
import shlex
import signal
from collections.abc import Sequence
from pathlib import PurePath

from healthcheck.check import Completed
from healthcheck.errors import ProbeError
from healthcheck.words import duration, plain

LIMIT_BYTES = 1024 * 1024
"""What one command may print on either stream: every answer a check reads is far below it."""

MORE_FOLDERS = "/usr/local/sbin:/usr/sbin:/sbin"
"""Where disk and service tools live; cron and SSH logins of plain users leave these out of PATH."""

BY_A_SIGNAL = -1000
"""The code of a command that a signal ended, where nobody says which."""

_COMMAND_SHOWN = 160
_ERROR_SHOWN = 300
_NOT_FOUND = 127
_NOT_PERMITTED = 126
_WRAPPERS = frozenset({"sudo", "doas", "env", "nice", "ionice", "timeout"})
_SHELLS = frozenset({"sh", "bash", "dash", "ash", "zsh"})
_MISSING = re.compile(
    r"(?:^|[\s:'‘])([\w./+-]+)['’]?: (?:command )?not found|'([\w./+-]+)' is not recognized", re.MULTILINE
)
_SUDO_REFUSES = re.compile(
    r"sudo: (?:a password is required|a terminal is required|no tty present|sorry, you must have a tty)"
    r"|is not in the sudoers file|is not allowed to (?:execute|run)|may not run sudo",
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"permission denied|operation not permitted|must be (?:run as )?root|access is denied", re.IGNORECASE
)


def completed(argv: Sequence[str], code: int, out: bytes, err: bytes, exits: Sequence[int] | None) -> Completed:
    """The answer of a command that ended with `code` (negative: killed by that signal); `ProbeError` if it is none."""
    answer = Completed(shown(argv), code, _text(out), _text(err))
    if code in (_NOT_FOUND, _NOT_PERMITTED) or code < 0 or (exits is not None and code not in exits):
        raise _failed(argv, answer)
    return answer


def too_large(argv: Sequence[str]) -> ProbeError:
    """It printed more than anybody will read."""
    return ProbeError("its answer was too large", f"{shown(argv)}: more than {LIMIT_BYTES} bytes")


def too_slow(argv: Sequence[str], waited_s: float) -> ProbeError:
    """It had not ended, or something it started still held its output, at the deadline."""
    how_long = f"in {duration(waited_s)}" if round(waited_s) else "in time"
    return ProbeError(f"{tool(argv)} did not finish {how_long}", f"{shown(argv)}: ended at its deadline")


def shown(argv: Sequence[str]) -> str:
    """The command as IT would type it, cut."""
    return plain(shlex.join(argv), _COMMAND_SHOWN)


def tool(argv: Sequence[str]) -> str:
    """What to call the program that does the work: `smartctl` of `sudo -n /usr/sbin/smartctl -a`."""
    words = [PurePath(word).name for word in argv if not word.startswith("-") and "=" not in word]
    name = next((word for word in words if word not in _WRAPPERS), "")
    return "a command" if name in {"", *_SHELLS} else plain(name, 40)


def _failed(argv: Sequence[str], answer: Completed) -> ProbeError:
    said = plain(answer.err or answer.out, _ERROR_SHOWN)
    detail = f"{answer.command}: {_ending(answer.exit)}" + (f": {said}" if said else "")
    return ProbeError(_reason(argv, answer), detail)


def _reason(argv: Sequence[str], answer: Completed) -> str:
    name = tool(argv)
    if answer.exit < 0:
        return f"{name} was stopped there before it finished"
    missing = _MISSING.search(answer.err)
    if missing and (answer.exit == _NOT_FOUND or "sudo: " in answer.err or missing[2]):
        # The complaint names the program better than our list does, which may be a script or start with sudo.
        return f"the tool {plain(PurePath(missing[1] or missing[2]).name, 40)} is not installed there"
    if answer.exit == _NOT_FOUND:
        return f"the tool {name} is not installed there" if name != "a command" else "a tool is not installed there"
    if answer.exit == _NOT_PERMITTED or _SUDO_REFUSES.search(answer.err) or _DENIED.search(answer.err):
        return f"our login there may not use {name}"
    return f"{name} ended with an error there"


def _ending(code: int) -> str:
    if code >= 0:
        return f"exit {code}"
    if code == BY_A_SIGNAL:
        return "killed by a signal"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"


def _text(data: bytes) -> str:
    return data.decode("utf-8", errors="replace")
