"""The first line and the subject: which clinics can open, and what it means for the day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from healthcheck.findings import Change, is_quiet
from healthcheck.model import Practice, Status
from healthcheck.report.answers import ALL_OK, COULD_NOT_CHECK, FIXED, LOOK, OK, PROBLEM, Answers
from healthcheck.report.facts import Facts
from healthcheck.report.parts import Coverage, Finding
from healthcheck.words import count, join, join_some, plain, sentence, small

_MOST_NAMES = 3
_NAME_IN_A_SUBJECT = 16
"""With a longer name the answer would not stand in the first 35 characters of a subject."""
_ABOUT_LIMIT = 34


def headline(facts: Facts, things: int) -> str:
    """The answer in whole sentences; how many things there are to see to, where every clinic can open."""
    answered = facts.answers
    total = len(answered.verdicts)
    if not total:
        return "Nothing was checked."
    everywhere = total + answered.left_out
    sentences = ["Fixed."] if facts.state == FIXED else []
    if answered.closed:
        sentences.append(_cannot_open(answered.closed, everywhere))
    if answered.unknown:
        sentences.append(_not_known(answered.unknown, everywhere))
    if answered.paused:
        sentences.append(_paused(answered.paused, total))
    if answered.able:
        sentences.append(_can_open(answered.able, total))
    if answered.left_out:
        was = "was" if answered.left_out == 1 else "were"
        sentences.append(f"{count(answered.left_out, 'other clinic')} {was} not looked at.")
    if facts.state in (LOOK, PROBLEM) and len(answered.able) == answered.asked and things:
        needs = "thing needs" if things == 1 else "things need"
        asked = "a call" if facts.state == PROBLEM else "a look"
        sentences.append(sentence(f"{small(things)} {needs} {asked}"))
    return " ".join(sentences)


def _every(names: Sequence[str], total: int) -> bool:
    return len(names) == total and total > 1


def _cannot_open(names: list[str], total: int) -> str:
    if _every(names, total):
        return "No clinic can open normally."
    return f"{_some(names, total)} cannot open normally."


def _not_known(names: list[str], total: int) -> str:
    who = "the clinics" if _every(names, total) else _some(names, total)
    return f"Nobody knows yet whether {who} can open."


def _can_open(names: list[str], total: int) -> str:
    if len(names) == 1:
        return f"{names[0]} can open."
    if len(names) < total:
        return f"The other {len(names)} clinics can open."
    return f"{_all_of(total)} clinics can open."


def _paused(names: Sequence[str], total: int) -> str:
    if _every(names, total):
        return f"{_all_of(total)} clinics are paused."
    return f"{_some(names, total)} {'is' if len(names) == 1 else 'are'} paused."


def _all_of(total: int) -> str:
    return "Both" if total == 2 else f"All {total}"


def _some(names: Sequence[str], total: int) -> str:
    return join(names) if len(names) <= _MOST_NAMES else f"{len(names)} of {total} clinics"


def affected(sites: Iterable[str], practice: Practice) -> str:
    """Who feels it: "All 9 clinics are affected."; empty when nobody is named."""
    names = list(dict.fromkeys(sites))
    total = len(practice.sites)
    if not names:
        return ""
    if _every(names, total):
        return f"{_all_of(total)} clinics are affected."
    return f"{_some(names, total)} {'is' if len(names) == 1 else 'are'} affected."


def effect(facts: Facts, findings: Sequence[Finding], covered: Coverage) -> str:
    """What it means for the day, in one sentence: people first, machines after."""
    diagnosis = facts.diagnosis
    if facts.state in (ALL_OK, OK):
        known = facts.known_troubles or facts.diagnosis.paused
        return f"Nothing {'new ' if known else ''}needs your attention today.{_still_open(len(facts.known_troubles))}"
    if facts.state == FIXED:
        return f"What was wrong works again.{_still_open(len(facts.known_troubles))}"
    if diagnosis.cut_off:
        return sentence(plain(diagnosis.cut_off))
    failing = [service for service in facts.services if service.status is Status.CRITICAL and service.says]
    says = [
        *(service.says for service in failing if service.essential),
        *(service.says for service in failing),
        *(_why_unknown(facts, covered) if facts.state == COULD_NOT_CHECK else ()),
        *(incident.says for incident in facts.nagging),
        *(finding.says for finding in findings),
        covered.says,
    ]
    return sentence(plain(says[0]))


def _still_open(troubles: int) -> str:
    """The sentence behind another, about what is known."""
    if not troubles:
        return ""
    are = "trouble is" if troubles == 1 else "troubles are"
    return " " + sentence(f"{small(troubles)} known {are} still open")


def _why_unknown(facts: Facts, covered: Coverage) -> Iterator[str]:
    """The one reason, if it is one; else how little was seen, or what a clinic's own answer gives as its reason."""
    if len(facts.leading) == 1 and not facts.leading[0].others:
        yield facts.leading[0].incident.says
    elif covered.done < covered.planned or not covered.planned:
        yield covered.says
    yield from (answer.says.partition(": ")[2] for answer in facts.answers.verdicts if ": " in answer.says)


def subject_verdict(facts: Facts, things: int) -> str:
    """The answer in a few words: with the state before it, it stands in 35 characters."""
    answered = facts.answers
    asked, able, unknown = answered.asked, answered.able, answered.unknown
    if answered.paused and not asked:
        return "every clinic is paused" if len(answered.paused) > 1 else f"{answered.paused[0]} is paused"
    if len(unknown) == asked:
        return "nothing is known"
    if answered.closed:
        return _closed_in_short(answered, len(answered.verdicts))
    who = unknown[0] if len(unknown) == 1 and len(unknown[0]) <= _NAME_IN_A_SUBJECT else ""
    if unknown and facts.state != COULD_NOT_CHECK:
        return f"{len(able)} of {asked} can open, {who or len(unknown)} not known"
    if unknown:
        return f"{who}, {len(able)} can open" if who else f"{len(unknown)} of {asked} clinics"
    if facts.state == COULD_NOT_CHECK:
        return "most of the checks"
    if facts.state == LOOK:
        return f"{asked} of {asked} can open, {count(things, 'thing')} to see to"
    if facts.state == PROBLEM:
        return f"{asked} of {asked} can open, {count(things, 'problem')}"
    known = [f"{len(answered.paused)} paused"] if answered.paused else []
    known += [count(len(facts.known_troubles), "known trouble")] if facts.known_troubles else []
    return ", ".join([f"{asked} of {asked} clinics can open" if asked > 1 else f"{able[0]} can open", *known])


def _closed_in_short(answered: Answers, total: int) -> str:
    closed = answered.closed
    if _every(closed, total + answered.left_out):
        return "no clinic can open"
    if len(closed) == 1 and len(closed[0]) <= _NAME_IN_A_SUBJECT:
        return f"{closed[0]} cannot open" + (f", {len(answered.able)} can" if answered.able else "")
    return f"{len(closed)} of {total} cannot open" + (
        f", {len(answered.unknown)} not known" if answered.unknown else ""
    )


def about(facts: Facts) -> str:
    """What or where it is, after the answer in a subject; empty where the answer already says it."""
    if facts.status is Status.OK:
        return ""
    failing = [service for service in facts.services if service.status is Status.CRITICAL]
    names = [service.name for service in failing if service.essential] or [service.name for service in failing]
    if not names and len(facts.answers.closed) > 1:
        names = facts.answers.closed
    if not names:
        named = set(facts.answers.closed or facts.answers.unknown)
        places = [
            *(incident.site for incident in facts.nagging),
            *(outcome.site for outcome in facts.unexplained),
            *(change.site for change in facts.diagnosis.changes if _is_news(change)),
        ]
        names = list(dict.fromkeys(site for site in places if site not in named))
    return plain(join_some(names, 2), _ABOUT_LIMIT)


def _is_news(change: Change) -> bool:
    return change.status is not Status.OK and not is_quiet(change)
