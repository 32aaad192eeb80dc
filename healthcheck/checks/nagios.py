"""Any Nagios plug-in as a check: its exit code is the finding, its own words are for IT."""

from __future__ import annotations

import abc
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import ClassVar, Literal

from healthcheck.api import Check, Completed, Metric, ProbeError, Result, Status, Target, count, frozen, plain

PERFDATA_LIMIT = 16 * 1024
METRICS_LIMIT = 50
_LONG_TEXT_LIMIT = 600
_NAME_LIMIT = 80


@frozen
class Output:
    """What a plug-in said. `notes` tell what of its performance data could not be used."""

    status: Status
    text: str
    long_text: str = ""
    metrics: tuple[Metric, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PlugIn(Check[Output]):
    """What every check by a plug-in shares: how it is run here, and what its answer means."""

    label: str = ""

    @abc.abstractmethod
    def argv(self) -> Sequence[str]:
        """The program and its arguments, before their macros are filled in."""

    async def probe(self, target: Target) -> Output:
        return output(await target.run_here(filled(self.argv(), target), exits=None))

    def evaluate(self, found: Output, now: datetime) -> Iterator[Result]:
        if found.status is Status.UNKNOWN:
            raise ProbeError(
                f"the added check {f'of {self.label} ' if self.label else ''}could not tell", _detail(found)
            )
        says = _SAYS[found.status].format(self.label or "something that an added check looks at")
        yield Result(found.status, says, _detail(found))
        for metric in found.metrics:
            yield Result(found.status, says, metric=metric)


@dataclass(frozen=True, kw_only=True)
class Nagios(PlugIn):
    """What a Nagios plug-in finds; any of the thousands that exist, or one of your own.

    command    the plug-in and its arguments, as a list; {address}, {host} and {site} stand for the host's own
    where      "here": it runs on this computer and looks from outside; "host": it runs on the host itself
    label      what people call the thing that it looks at ("the phone line")

    Problem: the plug-in says that something is broken (exit code 2). Look: it warns (exit code 1). Could not check: it
    says that it does not know (exit code 3), ends with any other code, is missing, not permitted, killed, too slow, or
    silent. It is ended at its deadline, with everything it started. What it says comes to IT as it is; of its
    performance data, what can be read is kept.

    No shell reads the command: a pipe needs ["sh", "-c", "..."]. Do not put a password into it, for everybody on the
    machine can read a command.

    Needs the plug-in installed where it runs: on this computer, or with where = "host" on the host, which then has
    `local` or `ssh`. What rights a plug-in wants, its own manual says.

    Source: Monitoring Plugins Development Guidelines, and plug-ins that do not follow them.
    """

    kind: ClassVar[str] = "nagios"

    command: tuple[str, ...]
    where: Literal["here", "host"] = "here"

    def argv(self) -> Sequence[str]:
        return self.command

    async def probe(self, target: Target) -> Output:
        run = target.run if self.where == "host" else target.run_here
        return output(await run(filled(self.command, target), exits=None))

    def mistakes(self) -> Iterator[tuple[str, str]]:
        if not self.command or not self.command[0]:
            yield "command", 'must name a plug-in, as in ["/usr/lib/nagios/plugins/check_ssh", "{address}"]'


def file_kind(path: Path, manual: str) -> type[PlugIn]:
    """The kind that a plug-in's file is in itself: dropped into a folder, it takes its arguments as a setting."""

    @dataclass(frozen=True, kw_only=True)
    class PlugInFile(PlugIn):
        kind: ClassVar[str] = path.stem

        arguments: tuple[str, ...] = ()

        def argv(self) -> Sequence[str]:
            return (str(path), *self.arguments)

    PlugInFile.__doc__ = f"{manual}\n\n{_FILE_MANUAL}"
    return PlugInFile


_FILE_MANUAL = """\
arguments  what the plug-in is called with, as a list; {address}, {host} and {site} stand for the host's own
label      what people call the thing that it looks at ("the phone line")

A Nagios plug-in that runs on this computer; `healthcheck checks nagios` says what its exit codes mean."""

_SAYS = {
    Status.OK: "has no problem with {}",
    Status.WARNING: "needs a look at {}",
    Status.CRITICAL: "has a problem with {}",
}


def filled(argv: Sequence[str], target: Target) -> list[str]:
    """The words with their macros replaced, once: what a host is called cannot name another macro."""
    known = {"{address}": target.host.address, "{host}": target.host.name, "{site}": target.host.site}
    macros = re.compile("|".join(map(re.escape, known)))
    return [macros.sub(lambda macro: known[macro[0]], word) for word in argv]


def _detail(found: Output) -> str:
    return " / ".join(part for part in (found.text, found.long_text, *found.notes) if part)


def output(completed: Completed) -> Output:
    """What a plug-in's end means; `ProbeError` for a code that no plug-in has, and for silence that claims health.

    The first line is the text, up to a "|"; what follows the "|" is performance data. Further lines are long text, up
    to a line with a "|", from which on all is performance data. A plug-in that only complains is heard too.
    """
    if completed.exit not in _STATUSES:
        said = plain(completed.out or completed.err, 200)
        raise ProbeError("the added check ended in no way that a check may", f"exit {completed.exit}: {said}")
    status = Status(completed.exit)
    first, _, rest = (completed.out.strip() or completed.err.strip()).partition("\n")
    if not first and status is Status.OK:
        raise ProbeError("the added check said nothing", f"{completed.command}: exit 0 without output")
    text, _, data = first.partition("|")
    long_text, _, more_data = rest.partition("|")
    metrics, notes = perfdata(f"{data}\n{more_data}")
    return Output(status, plain(text), plain(long_text, _LONG_TEXT_LIMIT), metrics, notes)


_STATUSES = frozenset(status.value for status in Status)

# A label in quotes may hold spaces, "=", "|" and doubled quotes; any other ends at the first "=".
_ITEM = re.compile(
    r"(?:'(?P<quoted>(?:[^'\n]|''){1,255}+)'|(?P<name>[^\s=|]++))=(?P<value>[^\s|]*)"
    r"|(?P<other>[^\s|]+)"
)
_VALUE = re.compile(
    r"(?P<number>[-+]?(?:[0-9]{1,30}(?:[.,][0-9]{0,30})?|[.,][0-9]{1,30})(?:[eE][-+]?[0-9]{1,3})?)"
    r"(?P<unit>[^0-9;,]{0,8})"
)


def perfdata(text: str) -> tuple[tuple[Metric, ...], tuple[str, ...]]:
    """The numbers of `'label'=value[unit][;warn[;crit[;min[;max]]]]` items, and notes on what was left out.

    Units stay as the plug-in writes them; its limits are not used, for it has judged by them itself. "U" is a value
    that the plug-in itself could not find, and no mistake.
    """
    metrics: dict[str, Metric] = {}
    bad: list[str] = []
    left_out = 0
    cut = len(text) > PERFDATA_LIMIT
    if cut:  # between two items: half a number is another number
        text = text[:PERFDATA_LIMIT].rpartition(" ")[0]
    for item in _ITEM.finditer(text):
        value = (item["value"] or "").partition(";")[0].rstrip(",")
        if value == "U":
            continue
        metric = _metric((item["quoted"] or "").replace("''", "'") or (item["name"] or "").strip("',"), value)
        if metric is None:
            bad.append(item[0])
        elif len(metrics) < METRICS_LIMIT:
            metrics.setdefault(metric.name, metric)
        else:
            left_out += 1
    return tuple(metrics.values()), tuple(_notes(bad, left_out, cut))


def _metric(label: str, value: str) -> Metric | None:
    name, match = plain(label, _NAME_LIMIT), _VALUE.fullmatch(value)
    if match is None or not name:
        return None
    number = float(match["number"].replace(",", "."))
    return Metric(name, number, plain(match["unit"])) if math.isfinite(number) else None


def _notes(bad: Sequence[str], left_out: int, cut: bool) -> Iterator[str]:
    if bad:
        shown = ", ".join(plain(item, 30) for item in bad[:3]) + (", ..." if len(bad) > 3 else "")
        yield f"{count(len(bad), 'item')} of performance data not readable: {shown}"
    if left_out or cut:
        yield f"performance data cut after {METRICS_LIMIT} items" if left_out else "performance data cut"
