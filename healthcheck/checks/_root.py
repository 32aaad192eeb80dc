"""Programs on a host that mostly only root may use: where they are, how they are asked, what to do if they refuse."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from healthcheck.api import Answer, ProbeError, Target, answers, frozen, plain, script

_SUDO_REFUSES = re.compile(
    r"^(?:sudo|doas): .*(?:password|terminal|tty|not allowed|authentication|not found)"
    r"|is not in the sudoers file|is not allowed to (?:execute|run)|may not run sudo",
    re.IGNORECASE | re.MULTILINE,
)
_DENIED = re.compile(
    r"permission denied|operation not permitted|access (?:is )?denied|root privileges|not (?:the )?(?:root|super-?user)"
    r"|(?:must|should|have to|needs? to) (?:be|run)[^.\n]{0,20} (?:root|super-?user)|requires? (?:root|super-?user)",
    re.IGNORECASE,
)


@frozen
class Program:
    """One program on the host, and whether our login is root there or may become it with `sudo -n`."""

    path: str
    target: Target
    is_root: bool
    sudo: bool

    @property
    def name(self) -> str:
        return PurePosixPath(self.path).name

    @property
    def has_rights(self) -> bool:
        """Whether it runs as root."""
        return self.is_root or self.sudo

    async def ask(self, commands: Mapping[str, Sequence[str]], *, each_s: int = 0) -> dict[str, Answer]:
        """Its answers to several lists of arguments, by name; each within `each_s` seconds if given (exit 137 if not).

        Raises `ProbeError` when our login may not ask, with what would allow it.
        """
        limit = ["timeout", "-s", "KILL", str(each_s)] if each_s else []
        rights = ["sudo", "-n"] if self.sudo and not self.is_root else []
        lines = {name: shlex.join([*limit, *rights, self.path, *arguments]) for name, arguments in commands.items()}
        found = answers((await self.target.run(script(**lines))).out, *lines)
        for name, answer in found.items():
            self._check(answer, commands[name])
        return found

    def _check(self, answer: Answer, arguments: Sequence[str]) -> None:
        """Raise when it was not allowed."""
        said = plain(answer.text, 200)
        if _SUDO_REFUSES.search(answer.text):
            says = f"our login there may not use {self.name} as root: a rule for sudo is missing"
        elif not self.has_rights and _DENIED.search(answer.text):
            says = f"our login there may not use {self.name}: only root may"
        else:
            return
        raise ProbeError(says, f"{self.how_to_allow(arguments)}; {self.name} said: {said}")

    def how_to_allow(self, arguments: Sequence[str]) -> str:
        """For IT: the setting, and the line for sudoers(5), where a comma, a colon, “=” and “\\” are to be escaped."""
        words = " ".join(re.sub(r"([,:=\\])", r"\\\1", word) for word in [self.path, *arguments])
        return f"set sudo = true and allow in sudoers: “{_login(self.target)} ALL = (root) NOPASSWD: {words}”"


def _login(target: Target) -> str:
    return target.host.ssh.user if target.host.ssh else "healthcheck"


@frozen
class Programs:
    """The programs that were found on a host, by name. `extra` has the answers to what else was asked with them."""

    found: Mapping[str, Program]
    extra: Mapping[str, Answer]

    def first(self, names: Sequence[str]) -> Program | None:
        """The first of them that is there."""
        return next((self.found[name] for name in names if name in self.found), None)


async def find(target: Target, names: Sequence[str], *, sudo: bool, **extra: str) -> Programs:
    """Which of the programs the host has, on its PATH or under a whole path; and the answers to more questions."""
    look = "\n".join(f"command -v {shlex.quote(name)}" for name in names)
    questions = {"uid": "id -u", "programs": look, **extra}
    asked = answers((await target.run(script(**questions))).out, *questions)
    is_root = asked["uid"].text.strip() == "0"
    paths = [line.strip() for line in asked["programs"].text.split("\n")]
    programs = [Program(path, target, is_root, sudo) for path in paths if path.startswith("/")]
    return Programs({program.name: program for program in reversed(programs)}, asked)
