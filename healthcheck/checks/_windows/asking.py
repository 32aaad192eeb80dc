"""Several questions to a Windows machine in one PowerShell command, each answered or refused by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

from healthcheck.api import ProbeError, Target, frozen, plain
from healthcheck.checks import _json, _powershell

_UNREADABLE = "what it says about itself is unreadable"
_BEGIN = """
$ErrorActionPreference = 'Stop'; $told = @{}; $failed = @{}
function ask($name, $question) {
  try { $told[$name] = @(& $question) }
  catch {
    $why = $_.Exception.GetBaseException()
    if ($_.FullyQualifiedErrorId -like 'NoMatchingEventsFound*') { $told[$name] = @() }
    else { $failed[$name] = @{Category = "$($_.CategoryInfo.Category)"; Code = $why.HResult; Says = $why.Message} }
  }
}
"""
# In ASCII, which is the same in every code page, and past what folds long lines.
_END = r"""
$json = ConvertTo-Json -Compress -Depth 6 @{Told = $told; Failed = $failed}
[Console]::Out.WriteLine([regex]::Replace($json, '[^ -~]', {'\u{0:x4}' -f [int]$args[0].Value[0]}))
"""
_REFUSALS = frozenset({"PermissionDenied", "SecurityError"})
# E_ACCESSDENIED, WBEM_E_ACCESS_DENIED, WBEM_E_PRIVILEGE_NOT_HELD, ERROR_PRIVILEGE_NOT_HELD, COR_E_SECURITY
_REFUSED_CODES = frozenset({0x80070005, 0x80041003, 0x80041062, 0x80070522, 0x8013150A})
_QUOTES = re.compile("['‘’‚‛]")


@frozen
class Failure:
    """Why a question has no answer: PowerShell's word for the sort of error (never translated), HRESULT, message."""

    category: str
    code: int
    says: str = ""

    @property
    def is_refusal(self) -> bool:
        """Whether our login may not ask that."""
        return self.category in _REFUSALS or self.code in _REFUSED_CODES

    @property
    def detail(self) -> str:
        """For IT."""
        return f"{self.category} {self.code:#010x}: {self.says}"


@frozen
class Told:
    """What one question was told: any number of things, or why none."""

    things: tuple[object, ...] = ()
    failure: Failure | None = None

    def records(self, what: str) -> tuple[dict[str, object], ...]:
        """The things, which must be records. `ProbeError` says it of `what`, plain words such as "its memory"."""
        if self.failure is not None:
            raise failed(self.failure, what)
        if not all(isinstance(thing, dict) for thing in self.things):
            raise unreadable(what, self.things)
        return tuple(thing for thing in self.things if isinstance(thing, dict))

    def record(self, what: str) -> dict[str, object]:
        """The only record."""
        records = self.records(what)
        if len(records) != 1:
            raise unreadable(what, self.things)
        return records[0]


def failed(failure: Failure, what: str) -> ProbeError:
    """That a question about `what` has no answer."""
    says = f"our login there may not see {what}" if failure.is_refusal else f"it does not tell about {what}"
    return ProbeError(says, failure.detail)


def unreadable(what: str, told: object) -> ProbeError:
    """That an answer about `what` is not what it should be."""
    return _json.unreadable(str(told) if told else "", f"what it says about {what} is unreadable")


def quoted(text: str) -> str:
    """A text as PowerShell takes it literally; it knows five kinds of single quotes."""
    return f"'{_QUOTES.sub(lambda quote: quote[0] * 2, text)}'"


def names(*texts: str) -> str:
    """Texts as PowerShell takes a list of them."""
    return ", ".join(map(quoted, texts))


async def ask(target: Target, **questions: str) -> dict[str, Told]:
    """Asks all questions, each a piece of PowerShell that puts out records; `utc` in it tells a time."""
    asked = "".join(f"ask {name} {{ {question.strip()} }}\n" for name, question in questions.items())
    return told_of(await _powershell.ask(target, f"{_BEGIN}{asked}{_END}"), *questions)


def told_of(text: str, *names: str) -> dict[str, Told]:
    """The answers by name in {"Told": {name: [...]}, "Failed": {name: {"Category", "Code", "Says"}}}.

    A list of one may be that one alone, or be wrapped as PowerShell 5 sometimes does. Raises `ProbeError` for anything
    else, and where one of `names` is in neither.
    """
    all_told = _powershell.json_of(text, _UNREADABLE)
    if not isinstance(all_told, dict):
        raise _json.unreadable(text, _UNREADABLE)
    told, failures = all_told.get("Told"), all_told.get("Failed")
    if not isinstance(told, dict) or not isinstance(failures, dict):
        raise _json.unreadable(text, _UNREADABLE)
    found = {name: Told(failure=_failure(failures[name], text)) for name in names if name in failures}
    found |= {name: Told(tuple(_listed(told[name]))) for name in names if name in told and name not in found}
    if missing := [name for name in names if name not in found]:
        raise ProbeError("its answer was cut short", f"no answer to {', '.join(missing)} in: {plain(text, 160)}")
    return found


def _listed(value: object) -> Iterator[object]:
    if isinstance(value, dict) and set(value) == {"value", "Count"}:
        value = value["value"]
    yield from _powershell.listed(value)


def _failure(told: object, text: str) -> Failure:
    code = _json.number(told, "Code") if isinstance(told, dict) else None
    if not isinstance(told, dict) or code is None:
        raise _json.unreadable(text, _UNREADABLE)
    return Failure(_json.word(told, "Category"), code & 0xFFFFFFFF, _json.word(told, "Says"))
