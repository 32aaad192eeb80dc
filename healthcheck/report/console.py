"""The report on a terminal: problems first, then every check's line, the problems once more, the coverage."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from healthcheck.model import Outcome, Practice, Status
from healthcheck.words import plain, sentence

if TYPE_CHECKING:  # a line of one check as it finishes needs no report
    from healthcheck.report.facts import Facts
    from healthcheck.report.page import Report

_WIDTH = max(len(status.word) for status in Status)


def console(report: Report) -> str:
    """The whole round as plain text without colour: the eye finds the word at the start of each line."""
    return "\n".join([*_beginning(report), *_checks(report), "", *_end(report)]) + "\n"


def ending(report: Report) -> str:
    """What follows the lines that were shown one by one as the checks finished."""
    return "\n".join(["", *_beginning(report), "", *_end(report)]) + "\n"


def line(practice: Practice, outcome: Outcome) -> str:
    """One check as it finishes."""
    says = sentence(f"{plain(practice.label_of(outcome.host))} {plain(outcome.says)}")
    return f"{outcome.status.word:{_WIDTH}}  {plain(outcome.site)}  {name(outcome):10}  {says}"


def what_is_wrong(report: Report) -> Iterator[str]:
    """Each problem with what is known of it, what else there is to see to, and what could not be checked."""
    yield from _problems(report)
    yield from _covered(report)


def _beginning(report: Report) -> Iterator[str]:
    yield f"{report.facts.practice.name}, {report.day}"
    yield from filter(None, [report.late, report.headline, report.effect])


def _checks(report: Report) -> Iterator[str]:
    problems = list(_problems(report))
    if problems:
        yield from ("", *problems)
    for site, outcomes in groupby(report.facts.round.outcomes, key=lambda outcome: outcome.site):
        yield from ("", plain(site))
        yield from (_check(report.facts, outcome) for outcome in outcomes)


def _end(report: Report) -> Iterator[str]:
    problems = list(_problems(report))
    if problems:
        yield from ("Once more, what is not well:", *problems, "")
    yield from _covered(report)


def _covered(report: Report) -> Iterator[str]:
    yield report.coverage.says
    yield from (f"  could not check: {missed.what}: {missed.why}" for missed in report.coverage.missed)


def _problems(report: Report) -> Iterator[str]:
    for problem in report.cards:
        yield f"{problem.status.word:{_WIDTH}}  {problem.says} [{problem.reference}]"
        yield from (f"{'':{_WIDTH}}  {line}" for line in problem.paragraphs)
    yield from (f"{finding.status.word:{_WIDTH}}  {finding.says}" for finding in report.findings)
    for number, row in enumerate(report.known):
        if number == 0:
            yield f"{report.known_title}:"
        yield f"{row.status.word:{_WIDTH}}  {row.says}"
        yield from (f"{'':{_WIDTH}}  {line}" for line in row.paragraphs)


def _check(facts: Facts, outcome: Outcome) -> str:
    says = sentence(f"{plain(facts.label(outcome.host))} {plain(outcome.says)}")
    return f"  {outcome.status.word:{_WIDTH}}  {name(outcome):10}  {says}"


def name(outcome: Outcome) -> str:
    """What of the key is neither site nor host: "tcp/charts"."""
    return outcome.key.removeprefix(f"{outcome.site}/{outcome.host}/")
