"""Asks a backup tool on a host: the password through a pipe, its answer, its complaints and its exit code apart.

The password is never an argument and never in an environment: a shell reads it from its own input into a variable that
it does not export, and its built-in `printf` writes it to the tool's input; a shell without one is not asked.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

from healthcheck.api import Answer, ProbeError, Target, answers, frozen, plain, script
from healthcheck.checks._repository.contents import Rehearsal, Seen, Trouble

_TIME_LIMIT = 124
_ASK = """
IFS= read -r password
case $(type printf) in *builtin*) ;; *) echo 'printf: not found' >&2; exit 127 ;; esac
command -v {tool} >/dev/null || {{ echo "{tool}: not found" >&2; exit 127; }}
{prepare}
{{ printf '%s\\n' "$password" | timeout -k 1 "$1" {command}; echo "exit $?" >&2; }} | {reader}
"""
_EXIT = re.compile(r"exit (\d{1,3})")
_TROUBLE_SHOWN = 200


@frozen
class Said:
    """What a tool answered, what it complained of, and its exit code."""

    exit: int
    out: str
    complaint: str


@frozen
class Tool:
    """A backup tool: its name, shell that makes it ready, the words before each question ("$2" is the repository).

    `refusals` say why it could not look, `troubles` what it found wrong; the first that its complaint matches counts.
    `exits` are the exit codes that have one of those meanings by themselves.
    """

    name: str
    command: str
    refusals: tuple[tuple[re.Pattern[str], str], ...]
    troubles: tuple[tuple[re.Pattern[str], Trouble], ...]
    prepare: str = ""
    exits: tuple[tuple[int, str | Trouble], ...] = ()

    async def ask(
        self,
        target: Target,
        repository: str,
        arguments: Sequence[str],
        *,
        password: str,
        limit_s: float,
        reader: str = "cat",
    ) -> Said:
        """One question, over within `limit_s` seconds. `reader` is shell that gets what it prints."""
        shell = _ASK.format(
            tool=self.name, prepare=self.prepare, command=f"{self.command} {shlex.join(arguments)}", reader=reader
        )
        completed = await target.run(
            ["sh", "-c", shell, self.name, str(max(1, int(limit_s))), repository],
            exits=None,
            input=f"{password}\n",
        )
        said, _, last = completed.err.rstrip("\n").rpartition("\n")
        code = _EXIT.fullmatch(last)
        if code is None:
            raise ProbeError("its answer was cut short", f"{self.name}: {plain(completed.err, _TROUBLE_SHOWN)}")
        return Said(int(code[1]), completed.out, said)

    def trouble(self, said: Said) -> tuple[Trouble, str] | None:
        """What it found wrong, with its own words. Raises `ProbeError` where it could not look."""
        for pattern, trouble in self.troubles:
            if match := pattern.search(said.complaint):
                return trouble, self._words(said, match)
        for pattern, why in self.refusals:
            if (match := pattern.search(said.complaint)) and said.exit:
                raise ProbeError(why, self._words(said, match), final=True)
        for code, meaning in self.exits:
            if said.exit == code and isinstance(meaning, Trouble):
                return meaning, self._words(said)
            if said.exit == code:
                raise ProbeError(str(meaning), self._words(said), final=True)
        if said.exit == _TIME_LIMIT:
            raise ProbeError(f"{self.name} did not finish in time", self._words(said))
        if said.exit:
            raise ProbeError(f"{self.name} ended with an error there", self._words(said))
        return None

    def _words(self, said: Said, match: re.Match[str] | None = None) -> str:
        """The line that matters of what it complained, else the last."""
        lines = said.complaint.strip().split("\n")
        line = next((line for line in lines if match and match[0].split("\n")[0] in line), lines[-1])
        return f"{self.name}: exit {said.exit}: {plain(line, _TROUBLE_SHOWN)}"


async def look_around(target: Target, *, tool: str, **more: str) -> tuple[Seen, dict[str, Answer]]:
    """The machine's clock, name and programs, and the answers to more questions."""
    questions = {"clock": "date +%s", "name": "uname -n", "programs": "ps -eo pid=,etimes=,comm=", **more}
    asked = answers((await target.run(script(**questions))).out, *questions)
    return seen(asked["clock"], asked["name"], asked["programs"], tool), asked


def seen(clock: Answer, name: Answer, programs: Answer, tool: str) -> Seen:
    """What `date +%s`, `uname -n` and `ps -eo pid=,etimes=,comm=` (procps) printed."""
    if not re.fullmatch(r"[0-9]{1,10}", clock.text.strip()):
        raise ProbeError("it does not tell its time", f"date: exit {clock.exit}: {plain(clock.text, 80)}")
    lines = re.findall(r"^ *(\d{1,9}) +(\d{1,10}) (.*)$", programs.text, re.MULTILINE) if not programs.exit else []
    # A login that is not shown the first process of all is not shown those of other users.
    shows_all = any(pid == "1" for pid, _, _ in lines)
    ours = {int(pid): (int(age), command) for pid, age, command in lines if tool in command or "python" in command}
    return Seen(int(clock.text), plain(name.text, 80), ours if shows_all else None)


_LIVE = "sha256sum <{path} && stat -c %Y -- {path}"
_HASH = re.compile(r"([0-9a-f]{64})  -")


async def live_file(target: Target, path: str) -> tuple[str, int | None]:
    """The SHA-256 of a file on the host and when it was last written (epoch seconds); empty where there is none."""
    answer = answers((await target.run(script(live=_LIVE.format(path=shlex.quote(path))))).out, "live")["live"]
    found = re.fullmatch(r"([0-9a-f]{64})  -\n(\d{1,11})", answer.text)
    return (found[1], int(found[2])) if found and not answer.exit else ("", None)


def restored(said: Said, wanted: str, changed_s: int | None) -> Rehearsal:
    """What came of taking a file out of a snapshot, read through `sha256sum`."""
    found = _HASH.fullmatch(said.out.strip())
    if found is None:
        raise ProbeError("its test file could not be compared", f"sha256sum said: {plain(said.out, 80)}")
    return Rehearsal(found[1], wanted, changed_s)
