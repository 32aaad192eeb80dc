"""Which clinics can open: the answers that the subject, the first line and the rows of clinics all give alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from healthcheck.findings import Diagnosis, SiteVerdict, Verdict, is_quiet
from healthcheck.model import Practice, Round, Status, worst
from healthcheck.records import frozen
from healthcheck.report.parts import SiteRow
from healthcheck.words import join, plain

ALL_OK, OK, LOOK, PROBLEM = "All OK", "OK", "LOOK", "PROBLEM"
FIXED, COULD_NOT_CHECK = "FIXED", "COULD NOT CHECK"

_FIRST = (Verdict.NOT_READY, Verdict.UNKNOWN, Verdict.LIMITED, Verdict.READY)
_ALWAYS = {Verdict.NOT_READY: Status.CRITICAL, Verdict.UNKNOWN: Status.UNKNOWN}
_AT_LEAST = {Verdict.LIMITED: Status.WARNING}
_IN_SHORT = {
    Verdict.READY: "can open",
    Verdict.LIMITED: "can open, but not everything is well",
    Verdict.NOT_READY: "cannot open normally",
    Verdict.UNKNOWN: "could not be checked",
}
_MOST_NAMES = 12
"""More clinics than this are counted, not named, where they are all there are or need no look."""


@frozen
class Answers:
    """Every clinic's answer, the worst first. `left_out` clinics were not part of a round by hand."""

    verdicts: tuple[SiteVerdict, ...]
    left_out: int = 0

    def _names(self, *verdicts: Verdict) -> list[str]:
        return [answer.site for answer in self.verdicts if answer.verdict in verdicts and not answer.paused]

    @property
    def closed(self) -> list[str]:
        """Those that cannot open normally."""
        return self._names(Verdict.NOT_READY)

    @property
    def unknown(self) -> list[str]:
        """Those of which nobody knows."""
        return self._names(Verdict.UNKNOWN)

    @property
    def able(self) -> list[str]:
        """Those that can open, with or without something to see to."""
        return self._names(Verdict.READY, Verdict.LIMITED)

    @property
    def paused(self) -> list[str]:
        """Those of which nobody asks whether they open."""
        return [answer.site for answer in self.verdicts if answer.paused]

    @property
    def asked(self) -> int:
        """How many there are but for those that are paused."""
        return sum(not answer.paused for answer in self.verdicts)


def answers(practice: Practice, found: Round, diagnosis: Diagnosis) -> Answers:
    """What diagnosis answered for each clinic, and "not known" where nobody looked, whatever it answered.

    A round by hand that looked at some clinics only speaks of those.
    """
    looked_at = {outcome.site for outcome in found.outcomes}
    given = {answer.site: answer for answer in diagnosis.sites}
    has_hosts = {site.name for site in practice.sites if site.hosts}
    names = list(dict.fromkeys([*(site.name for site in practice.sites), *given]))
    unseen = {name for name in names if name not in looked_at and (name in has_hosts or name not in given)}
    left_out = unseen if found.trigger == "hand" and looked_at else set()
    verdicts = [
        _nobody_looked(name)
        if name in unseen and not _is_paused(given, name)
        else _honest(given.get(name) or _no_answer(name))
        for name in names
        if name not in left_out
    ]
    return Answers(tuple(sorted(verdicts, key=_place)), len(left_out))


def _is_paused(given: Mapping[str, SiteVerdict], site: str) -> bool:
    return site in given and given[site].paused


def _place(answer: SiteVerdict) -> tuple[int, int]:
    """Those in trouble first, then those that can open and are not all well; those that are paused after them."""
    if answer.paused:
        return _FIRST.index(Verdict.READY), 1
    return _FIRST.index(answer.verdict), -answer.status.rank


def _nobody_looked(site: str) -> SiteVerdict:
    return SiteVerdict(site, Verdict.UNKNOWN, Status.UNKNOWN, "could not be checked: no check looked there")


def _no_answer(site: str) -> SiteVerdict:
    return SiteVerdict(site, Verdict.UNKNOWN, Status.UNKNOWN, "")


def _honest(answer: SiteVerdict) -> SiteVerdict:
    """The status that people see beside an answer never looks better than the answer."""
    if answer.paused:
        return replace(answer, says=plain(answer.says))
    status = _ALWAYS.get(answer.verdict) or worst((_AT_LEAST.get(answer.verdict, Status.OK), answer.status))
    return replace(answer, status=status, says=plain(answer.says) or _IN_SHORT[answer.verdict])


def overall(found: Round, diagnosis: Diagnosis, answered: Answers) -> Status:
    """The worst of everything that was found, worked out or noted, and is not known already.

    What an incident explains counts as the incident does, since one half of a pair may fail, but never as well.
    """
    explained = {key for incident in diagnosis.incidents for key in (*incident.keys, *incident.consequences)}
    quiet = diagnosis.quiet_keys
    return worst(
        (
            Status.OK if found.outcomes else Status.UNKNOWN,
            *(
                Status.WARNING if outcome.key in explained and outcome.status is Status.CRITICAL else outcome.status
                for outcome in found.outcomes
                if outcome.key not in quiet
            ),
            worst(answer.status if answer.nags is None else answer.nags for answer in answered.verdicts),
            *(service.status for service in diagnosis.services if not service.quiet),
            *(incident.status for incident in diagnosis.incidents if not is_quiet(incident)),
            *(change.status for change in diagnosis.changes if not is_quiet(change)),
            Status.UNKNOWN if diagnosis.cut_off else Status.OK,
            Status.WARNING if found.notes else Status.OK,
        )
    )


def state_word(status: Status, found: Round, diagnosis: Diagnosis, answered: Answers) -> str:
    """The word that a subject starts with. "All" is only said where nothing is known either."""
    if diagnosis.cut_off:
        return COULD_NOT_CHECK
    if status is Status.OK:
        known = diagnosis.paused or diagnosis.quiet
        return FIXED if diagnosis.fixed else OK if answered.left_out or known else ALL_OK
    if status is Status.CRITICAL:
        return PROBLEM
    quiet = diagnosis.quiet_keys
    missed = sum(outcome.status is Status.UNKNOWN and outcome.key not in quiet for outcome in found.outcomes)
    if answered.unknown or not found.outcomes or missed * 2 > len(found.outcomes):
        return COULD_NOT_CHECK
    return LOOK


def rows(answered: Answers) -> tuple[SiteRow, ...]:
    """The clinics, those in trouble first; those that share one answer share one row."""
    groups: dict[tuple[Status, Verdict, str], list[str]] = {}
    for answer in answered.verdicts:
        groups.setdefault((answer.status, answer.verdict, answer.says), []).append(answer.site)
    total, paused = len(answered.verdicts), set(answered.paused)
    return tuple(
        _row(status, verdict, says, names, total, runs_on=paused.isdisjoint(names))
        for (status, verdict, says), names in groups.items()
    )


def _row(status: Status, verdict: Verdict, says: str, names: list[str], total: int, *, runs_on: bool) -> SiteRow:
    """A predicate is written of one clinic ("its server …"): of several it stands after a colon."""
    if len(names) > _MOST_NAMES and len(names) == total:
        who = f"All {total} clinics"
    elif len(names) > _MOST_NAMES and status is Status.OK:
        who = f"The other {len(names)} clinics"
    else:
        who = join(names)
    runs_on = runs_on and (len(names) == 1 or verdict is Verdict.READY)
    return SiteRow(status, who, f"{' ' if runs_on else ': '}{says}" + ("" if says.endswith(".") else "."))
