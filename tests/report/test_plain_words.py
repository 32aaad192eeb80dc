"""Page one is for somebody who runs a clinic: short sentences, plain words, nothing that needs a technician."""

from __future__ import annotations

import re

import pytest

from healthcheck.report import render
from tests.report.mornings import MORNINGS

HONEST = [name for name in MORNINGS if "hostile" not in name]
"""Hostile text says whatever it likes; every other morning must read well."""

FORBIDDEN = (
    "ssh", "tcp", "udp", "icmp", "ping", "http", "https", "tls", "ssl", "dns", "dhcp", "ip", "lan", "wan", "vpn",
    "ups", "raid", "smart", "cpu", "ram", "sql", "pgsql", "postgresql", "mysql", "nut", "snmp", "rtt", "ttl",
    "host", "hosts", "hostname", "port", "daemon", "process", "systemd", "unit", "mount", "mounted", "inode",
    "kernel", "socket", "packet", "gateway", "router", "switch", "node", "cluster", "database", "query", "timeout",
    "timed", "exit", "errno", "exception", "traceback", "null", "none", "nan", "stderr", "stdout",
    "critical", "warning", "unknown", "latency", "metric", "threshold", "probe", "incident", "outcome", "verdict",
    "failover", "redundant", "degraded", "firmware", "authentication", "credentials", "certificate", "publickey",
)  # fmt: skip

_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+|:\d{2,5}\b(?! (?:am|pm))|[a-z]+-(?:server|router)\b|/\w+/|%|_")


def page_one(name: str) -> str:
    """What is read on the page, in one line a paragraph."""
    report = MORNINGS[name]().report()
    said = [report.headline, report.effect, report.preheader, report.late, *report.fixed, *report.story]
    for step in report.steps:
        said += [step.says, step.quote]
    for problem in report.problems:
        said += [problem.says, *problem.paragraphs]
    said += [finding.says for finding in report.findings]
    said += [f"{row.names}{row.says}" for row in report.sites]
    said += [f"{missed.what}: {missed.why}." for missed in report.coverage.missed]
    return "\n".join([*filter(None, said), *report.footer])


def sentences(text: str) -> list[str]:
    """Split where a voice would pause for good: at full stops, question marks and colons."""
    text = re.sub(r"\b(\d+)\.(\d+)", r"\1 \2", text)
    return [part.strip(' “”"') for part in re.split(r"[.?!:](?:\s|$|[”\"])|\n", text) if part.strip(' “”"')]


def without_lists_of_names(sentence: str) -> str:
    """Nine clinics' names in a row are a list, not a sentence."""
    return re.sub(r"(?:[A-Z]\w+(?: \w+)?, )+[A-Z]\w+(?: \w+)? and [A-Z]\w+(?: [A-Z]\w+)?", "They", sentence)


@pytest.mark.parametrize("name", HONEST)
def test_page_one_uses_no_word_of_the_trade(name: str) -> None:
    used = set(re.findall(r"[a-z]+", page_one(name).lower()))
    if name == "could-not-check-anything":
        used -= {"none"}  # "None of the 90 checks could be done." is plain English
    assert used & set(FORBIDDEN) == set()


@pytest.mark.parametrize("name", HONEST)
def test_page_one_shows_no_address_port_path_or_technical_name(name: str) -> None:
    text = re.sub(r"\d{1,2}:\d\d [ap]m", "", page_one(name))
    assert _ADDRESS.findall(text) == []


@pytest.mark.parametrize("name", HONEST)
def test_no_sentence_has_more_than_20_words(name: str) -> None:
    long = [said for said in sentences(page_one(name)) if len(without_lists_of_names(said).split()) > 20]
    assert long == []


def syllables(word: str) -> int:
    """A rough count: groups of vowels, a silent e at the end left out."""
    word = re.sub(r"[^a-z]", "", word.lower())
    groups = len(re.findall(r"[aeiouy]+", word))
    silent = word.endswith("e") and not word.endswith(("le", "ee")) and groups > 1
    return max(1, groups - silent)


def grade(text: str) -> float:
    """The school year that the text asks for (Flesch-Kincaid)."""
    said = [without_lists_of_names(one) for one in sentences(text)]
    words = [word for one in said for word in re.findall(r"[A-Za-z']+", one)]
    return 0.39 * len(words) / len(said) + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


@pytest.mark.parametrize("name", HONEST)
def test_page_one_asks_for_no_more_than_eight_years_of_school(name: str) -> None:
    assert grade(page_one(name)) <= 8


@pytest.mark.parametrize("name", HONEST)
def test_only_the_four_status_words_stand_on_the_page(name: str) -> None:
    report = MORNINGS[name]().report()
    badges = re.findall(r"[✓▲■?]&nbsp;(OK|[A-Z][a-z ]*[a-z])", render.html(report))
    assert badges
    assert set(badges) <= {"OK", "Look", "Problem", "Could not check"}
