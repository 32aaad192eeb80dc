"""Which clinics can open: the answer that the subject, the first line and the rows of sites all give alike."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from healthcheck.findings import Diagnosis, SiteVerdict, Verdict
from healthcheck.model import Practice, Round, Status, worst
from healthcheck.report.page import SiteRow
from healthcheck.words import count, join, plain

ALL_OK, OK, LOOK, PROBLEM = "All OK", "OK", "LOOK", "PROBLEM"
FIXED, COULD_NOT_CHECK = "FIXED", "COULD NOT CHECK"

_AT_LEAST = {Verdict.READY: Status.OK, Verdict.LIMITED: Status.WARNING}
_FIXED_WORD = {Verdict.NOT_READY: Status.CRITICAL, Verdict.UNKNOWN: Status.UNKNOWN}
_FIRST = (Verdict.NOT_READY, Verdict.UNKNOWN, Verdict.LIMITED, Verdict.READY)
_NAMES_IN_A_HEADLINE = 3
_NAME_IN_A_SUBJECT = 16
"""With a longer name the answer would not stand in the first 35 characters of a subject."""


@dataclass(frozen=True, slots=True)
class Answers:
    """Every clinic's answer, the worst first. `left_out` clinics were not part of a round by hand."""

    verdicts: tuple[SiteVerdict, ...]
    left_out: int = 0

    def names(self, *verdicts: Verdict) -> list[str]:
        return [answer.site for answer in self.verdicts if answer.verdict in verdicts]

    @property
    def closed(self) -> list[str]:
        return self.names(Verdict.NOT_READY)

    @property
    def unknown(self) -> list[str]:
        return self.names(Verdict.UNKNOWN)

    @property
    def open(self) -> list[str]:
        return self.names(Verdict.READY, Verdict.LIMITED)


def answers(practice: Practice, found: Round, diagnosis: Diagnosis) -> Answers:
    """What diagnosis answered for each clinic, and "not known" where nobody looked, whatever it answered.

    A round by hand that looked at some clinics only speaks of those.
    """
    looked_at = {outcome.site for outcome in found.outcomes}
    given = {answer.site: answer for answer in diagnosis.sites}
    known = [site.name for site in practice.sites]
    names = list(dict.fromkeys([*known, *given]))
    has_hosts = {site.name for site in practice.sites if site.hosts}
    blind = {name for name in names if name not in looked_at and (name in has_hosts or name not in given)}
    if found.trigger == "hand" and looked_at:
        left_out = len(blind)
        names = [name for name in names if name not in blind]
    else:
        left_out = 0
    verdicts = (_not_looked_at(name) if name in blind else _shown(given[name]) for name in names)
    return Answers(tuple(sorted(verdicts, key=lambda answer: _FIRST.index(answer.verdict))), left_out)


def _not_looked_at(site: str) -> SiteVerdict:
    return SiteVerdict(site, Verdict.UNKNOWN, Status.UNKNOWN, "was not checked at all")


def _shown(answer: SiteVerdict) -> SiteVerdict:
    """The status that people see beside an answer never looks better than the answer."""
    least = _AT_LEAST.get(answer.verdict, Status.OK)
    status = _FIXED_WORD.get(answer.verdict) or worst((least, answer.status))
    return replace(answer, status=status, says=plain(answer.says) or _PLAIN_ANSWER[answer.verdict])


_PLAIN_ANSWER = {
    Verdict.READY: "can open",
    Verdict.LIMITED: "can open, but not everything is well",
    Verdict.NOT_READY: "cannot open normally",
    Verdict.UNKNOWN: "could not be checked",
}


def overall(found: Round, diagnosis: Diagnosis, answered: Answers) -> Status:
    """The worst of everything that was found, worked out or noted."""
    return worst((
        found.status,
        worst(answer.status for answer in answered.verdicts),
        *(service.status for service in diagnosis.services),
        *(incident.status for incident in diagnosis.incidents),
        *(change.status for change in diagnosis.changes),
        *(Status.UNKNOWN for _ in filter(None, [diagnosis.cut_off])),
        *(Status.WARNING for _ in found.notes),
    ))  # fmt: skip


def state(status: Status, found: Round, diagnosis: Diagnosis, answered: Answers) -> str:
    """The word that a subject starts with."""
    if diagnosis.cut_off:
        return COULD_NOT_CHECK
    if status is Status.OK:
        return FIXED if diagnosis.fixed else OK if answered.left_out else ALL_OK
    if status is Status.CRITICAL:
        return PROBLEM
    missed = sum(outcome.status is Status.UNKNOWN for outcome in found.outcomes)
    if answered.unknown or not found.outcomes or missed * 2 > len(found.outcomes):
        return COULD_NOT_CHECK
    return LOOK


def subject_verdict(state: str, answered: Answers, things: int) -> str:
    """The answer in a few words: with the state before it, it stands in 35 characters."""
    closed, unknown, able = answered.closed, answered.unknown, answered.open
    total = len(answered.verdicts)
    if len(unknown) == total:
        return "nothing is known"
    if closed:
        return _closed_in_short(closed, able, unknown, total)
    if unknown:
        if state == COULD_NOT_CHECK and len(unknown) > 1:
            return f"{len(unknown)} of {total} clinics"
        if state == COULD_NOT_CHECK and len(unknown[0]) <= _NAME_IN_A_SUBJECT:
            return f"{unknown[0]}, {len(able)} can open"
        return f"{len(able)} of {total} can open, {len(unknown)} not known"
    if state == LOOK:
        return f"{total} of {total} can open, {count(things, 'thing')} to see to"
    if state == PROBLEM:
        return f"{total} of {total} can open, {count(things, 'problem')}"
    if state == COULD_NOT_CHECK:
        return "most of the checks"
    return f"{total} of {total} clinics can open" if total > 1 else f"{answered.verdicts[0].site} can open"


def _closed_in_short(closed: list[str], able: list[str], unknown: list[str], total: int) -> str:
    if len(closed) == total and total > 1:
        return "no clinic can open"
    if len(closed) == 1 and len(closed[0]) <= _NAME_IN_A_SUBJECT:
        rest = f", {len(able)} can" if able else ""
        return f"{closed[0]} cannot open{rest}"
    return f"{len(closed)} of {total} cannot open" + (f", {len(unknown)} not known" if unknown else "")


def headline(answered: Answers) -> str:
    """The answer in whole sentences."""
    closed, unknown, able = answered.closed, answered.unknown, answered.open
    total = len(answered.verdicts)
    if not total:
        return "Nothing was checked."
    sentences = []
    if closed:
        sentences.append(
            f"{_who(closed, total, 'No clinic')} {'can' if _every(closed, total) else 'cannot'} open normally."
        )
    if unknown:
        sentences.append(_not_known(unknown, total))
    if able:
        sentences.append(_can_open(able, total))
    if answered.left_out:
        sentences.append(
            f"{count(answered.left_out, 'other clinic')} {_were(answered.left_out)} not part of this round."
        )
    return " ".join(sentences)


def _every(names: list[str], total: int) -> bool:
    return len(names) == total and total > 1


def _who(names: list[str], total: int, every: str) -> str:
    if _every(names, total):
        return every
    return join(names) if len(names) <= _NAMES_IN_A_HEADLINE else f"{len(names)} of {total} clinics"


def _not_known(names: list[str], total: int) -> str:
    if len(names) > _NAMES_IN_A_HEADLINE and not _every(names, total):
        return f"Nobody knows yet whether {len(names)} of the {total} clinics can open."
    return f"Nobody knows yet whether {_who(names, total, 'the clinics')} can open."


def _can_open(names: list[str], total: int) -> str:
    if len(names) < total:
        return "The other clinic can open." if len(names) == 1 else f"The other {len(names)} clinics can open."
    if total == 1:
        return f"{names[0]} can open."
    return "Both clinics can open." if total == 2 else f"All {total} clinics can open."


def _were(number: int) -> str:
    return "was" if number == 1 else "were"


def rows(answered: Answers) -> tuple[SiteRow, ...]:
    """The clinics, those with a trouble first; those that share one answer share one row."""
    groups: dict[tuple[Status, str], list[str]] = {}
    for answer in answered.verdicts:
        groups.setdefault((answer.status, answer.says), []).append(answer.site)
    return tuple(SiteRow(status, tuple(names), says) for (status, says), names in groups.items())


def affected(sites: Iterable[str], practice: Practice) -> str:
    """Who feels it: "All 9 clinics are affected."; empty when nobody is named."""
    names = list(dict.fromkeys(sites))
    total = len(practice.sites)
    if not names:
        return ""
    if _every(names, total):
        return f"All {total} clinics are affected."
    return f"{_who(names, total, '')} {'is' if len(names) == 1 else 'are'} affected."
