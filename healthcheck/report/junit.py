"""The round as a JUnit test report, for the build servers and dashboards that read one: a test case for each check.

Nobody specifies the format; this keeps to what Ant's and Jenkins' readers share.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from xml.etree import ElementTree as Xml

from healthcheck.findings import SiteVerdict
from healthcheck.model import Outcome, Status, worst
from healthcheck.report.brief import measured
from healthcheck.report.console import name
from healthcheck.report.page import Report
from healthcheck.words import plain, sentence

_FAILED = {Status.CRITICAL: "failure", Status.UNKNOWN: "error"}
"""What was found broken has failed; what could not be checked is an error, and never passes. A Look passes."""
THE_ROUND = "The round itself"
CHANGED = "came back as it was"


def junit(report: Report, *, whole: bool = True) -> str:
    """A suite for each clinic with a case for each planned check, and one for the round itself.

    What a case found stands in it whether it passes or not: a Look is no failure, but is to be seen. What did not
    come back as it was is a case of its own on its device. `whole` is whether the whole plan was looked at.
    """
    found = report.facts.round
    suites = Xml.Element("testsuites", name=plain(found.practice))
    suites.append(_suite(THE_ROUND, [_the_round(report, whole)], {"round": found.id, "trigger": found.trigger}))
    verdicts = {answer.site: answer for answer in report.facts.answers.verdicts}
    for site, outcomes in report.facts.by_site.items():
        cases = [_check(report, outcome) for outcome in outcomes]
        cases += _changes(report, site)
        suites.append(_suite(site, cases, _answer(verdicts.get(site))))
    began = found.started_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    for suite in suites:
        suite.set("timestamp", began)
    for counted in ("tests", "failures", "errors"):
        suites.set(counted, str(sum(int(suite.get(counted, "0")) for suite in suites)))
    suites.set("time", _seconds((found.finished_at - found.started_at).total_seconds()))
    Xml.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(suites, encoding="unicode") + "\n"


def _suite(title: str, cases: list[Xml.Element], properties: dict[str, str]) -> Xml.Element:
    counts = {
        "tests": len(cases),
        "failures": sum(case.find("failure") is not None for case in cases),
        "errors": sum(case.find("error") is not None for case in cases),
        "skipped": 0,
    }
    suite = Xml.Element("testsuite", {"name": plain(title), **{word: str(number) for word, number in counts.items()}})
    suite.set("time", _seconds(sum(float(case.get("time", "0")) for case in cases)))
    listed = Xml.SubElement(suite, "properties")
    for word, value in properties.items():
        Xml.SubElement(listed, "property", name=word, value=plain(value))
    suite.extend(cases)
    return suite


def _answer(verdict: SiteVerdict | None) -> dict[str, str]:
    return {"verdict": verdict.verdict.value, "says": verdict.says} if verdict else {}


def _check(report: Report, outcome: Outcome) -> Xml.Element:
    says = sentence(f"{plain(report.facts.label(outcome.host))} {plain(outcome.says)}")
    technical = [plain(outcome.detail, 1000), *(measured(metric) for metric in outcome.metrics)]
    return _case(f"{outcome.site}.{outcome.host}", name(outcome), outcome.status, says, technical, outcome.duration_s)


def _changes(report: Report, site: str) -> Iterator[Xml.Element]:
    """One case for each device with something that did not come back, or that goes slowly wrong."""
    changes = [change for change in report.facts.diagnosis.changes if change.site == site]
    for host in dict.fromkeys(change.host for change in changes):
        here = [change for change in changes if change.host == host]
        says = " ".join(sentence(plain(change.says)) for change in here)
        details = [plain(change.detail, 1000) for change in here]
        yield _case(f"{site}.{host}", CHANGED, worst(change.status for change in here), says, details)


def _the_round(report: Report, whole: bool) -> Xml.Element:
    """A round that looked at nothing must not pass for one that found nothing. A part of it answers for no clinic."""
    found = report.facts.round
    status = Status.OK if found.outcomes else Status.UNKNOWN
    notes = [sentence(plain(note)) for note in found.notes]
    answer = (report.headline, report.effect) if whole else ()
    says = " ".join(filter(None, dict.fromkeys((*answer, report.coverage.says))))
    return _case("healthcheck", "the round", Status.WARNING if status is Status.OK and notes else status, says, notes)


def _case(
    group: str, title: str, status: Status, says: str, technical: list[str], duration_s: float = 0.0
) -> Xml.Element:
    case = Xml.Element("testcase", name=plain(title), classname=plain(group), time=_seconds(duration_s))
    lines = "\n".join(filter(None, technical))
    if failed := _FAILED.get(status):
        Xml.SubElement(case, failed, type=status.word, message=says).text = lines
    Xml.SubElement(case, "system-out").text = "\n".join(filter(None, (f"{status.word}: {says}", lines)))
    return case


def _seconds(duration_s: float) -> str:
    return f"{max(0.0, duration_s):.3f}"
