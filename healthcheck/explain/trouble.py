"""One trouble by its reference: what it is, what shows it, what follows from it, and what to say to IT."""

from __future__ import annotations

from collections.abc import Iterator

from healthcheck.explain.layout import listed, paragraph, section
from healthcheck.explain.standing import Standing, said
from healthcheck.findings import Incident
from healthcheck.report import brief as briefs
from healthcheck.report.problems import problem
from healthcheck.report.steps import call_about
from healthcheck.report.when import told
from healthcheck.words import deadline, plain, sentence

MOST_KEYS = 20


def explain_trouble(incident: Incident, known: Standing) -> Iterator[str]:
    """Everything about one trouble, open or over; last the whole letter for IT."""
    facts = known.facts(incident)
    card = problem(facts, incident)
    over = incident.closed_at
    yield f"{plain(incident.reference)}  {'Over' if over else incident.status.word}: {sentence(plain(incident.says))}"
    yield ""
    yield from map(paragraph, card.paragraphs)
    if over:
        when = told(over, known.now, known.config.practice, incident.site)
        yield paragraph(f"This is over since {when}: nobody need be called about it.")
    yield from section("WHAT SHOWS IT", _checks(known, incident.keys))
    yield from section("WHAT FOLLOWS FROM IT", _checks(known, incident.consequences))
    if not over:
        yield from section("WHOM TO CALL", call(known, incident))
        yield from section("TO LOOK AGAIN", [f"  healthcheck retest {plain(incident.reference)}"])
    anew = paragraph("As each check was last looked at; nothing was looked at anew.")
    yield from section("THE LETTER FOR IT", (anew, "", briefs.text(card.brief).rstrip()))


def call(known: Standing, incident: Incident) -> Iterator[str]:
    """Whom to call, how to reach them, and the words to read out; nobody is sent to call about what is known."""
    step = call_about(known.facts(incident), incident)
    given = next((one for one in known.acknowledged if one.reference == incident.reference), None)
    if given is None:
        yield paragraph(step.says)
    else:
        until = deadline(given.until.astimezone(known.now.tzinfo), known.now)
        yield paragraph(f"{plain(given.by)} knows of it until {until}: {sentence(plain(given.note))}")
        yield paragraph("Should you call about it all the same, these are the words.")
    if step.contact and (reach := ", ".join(filter(None, (step.contact.phone, step.contact.email)))):
        yield paragraph(f"{step.contact.name}: {reach}")
    yield paragraph(f"“{step.quote}”", 4)


def _checks(known: Standing, keys: tuple[str, ...]) -> Iterator[str]:
    for key in keys[:MOST_KEYS]:
        seen = known.latest.get(key)
        yield from listed([(f"{plain(key)} ", said(seen) if seen else "not looked at lately")])
    if len(keys) > MOST_KEYS:
        yield f"  and {len(keys) - MOST_KEYS} more"
