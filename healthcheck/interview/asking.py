"""The interview at a terminal: one question after the other, each answer read and tried before the next."""

from __future__ import annotations

import re
import textwrap

import click

from healthcheck.config.selectors import ROLES
from healthcheck.interview.answers import Answers, Mistaken
from healthcheck.interview.neighbours import Found, Proposal
from healthcheck.interview.questions import QUESTIONS, Question
from healthcheck.words import count, plain, sentence

WIDTH = 100


def interview(timezone: str, found: Found | None) -> Answers:
    """Ask everything; `timezone` is this computer's own, `found` what a scan proposes. `click.Abort` at Ctrl-C."""
    so_far = Answers(timezone=timezone)
    for number, question in enumerate(QUESTIONS, 1):
        if not question.fits(so_far):
            continue
        click.echo(f"\n{number} of {len(QUESTIONS)}")
        click.echo(textwrap.fill(question.words(so_far), WIDTH))
        if question.example:
            click.echo(f"   such as: {question.example}")
        if question.key == "hosts" and found is not None:
            so_far = _chosen(question, so_far, found)
        so_far = _list(question, so_far) if question.many else _one(question, so_far)
    return so_far


def _one(question: Question, so_far: Answers) -> Answers:
    while True:
        text = click.prompt("  ", default="", show_default=False, prompt_suffix="> ", hide_input=question.hidden)
        if (answered := _taken(question, text, so_far)) is not None:
            return answered


def _list(question: Question, so_far: Answers) -> Answers:
    while text := click.prompt("  ", default="", show_default=False, prompt_suffix="> ").strip():
        so_far = _taken(question, text, so_far) or so_far
    return so_far


def _taken(question: Question, text: str, so_far: Answers) -> Answers | None:
    """What is known with this answer; None when it cannot be read, or did not work and is not kept."""
    try:
        answered = question.read(text, so_far)
    except Mistaken as error:
        click.echo(f"   {sentence(f'That cannot be read: {error}')}")
        return None
    trouble = question.trouble(answered)
    if trouble is None:
        return answered
    click.echo(textwrap.fill(trouble.says, WIDTH, initial_indent="   ", subsequent_indent="   "))
    return trouble.kept if click.confirm("   Keep it?", default=False) else None


def _chosen(question: Question, so_far: Answers, found: Found) -> Answers:
    """Put the proposals that somebody wants on the list, each tried like any other device."""
    _propose(found)
    if not found.proposals:
        return so_far
    while True:
        text = click.prompt("   Which of them", default=_usual(found.proposals), show_default=True)
        try:
            lines = _picked(text, found.proposals)
        except Mistaken as error:
            click.echo(f"   {sentence(f'That cannot be read: {error}')}")
            continue
        for line in lines:
            so_far = _taken(question, line, so_far) or so_far
        click.echo("   And besides?")
        return so_far


def _propose(found: Found) -> None:
    click.echo("\n   This computer knows of these without having asked anybody:" if found.proposals else "")
    for number, proposal in enumerate(found.proposals, 1):
        click.echo(f"   {number:>3}  {plain(proposal.address):<20}  {proposal.role:<8}  {proposal.why}")
    if not found.proposals:
        click.echo("   This computer knows of no other device.")
    if found.hashed:
        click.echo(
            f"   known_hosts holds {count(found.hashed, 'more server')} by a hashed name, which nobody can read."
        )
    if found.proposals:
        click.echo(
            textwrap.fill(
                "Give the numbers of those that belong to the practice, with commas between them. Behind a number may "
                "stand what you know better: 2 printer Glendale.",
                WIDTH,
                initial_indent="   ",
                subsequent_indent="   ",
            )
        )


def _usual(proposals: tuple[Proposal, ...]) -> str:
    """Those on this very network; a name in known_hosts may be anybody's."""
    return ", ".join(str(number) for number, proposal in enumerate(proposals, 1) if proposal.here) or "none"


_PICK = re.compile(r"(\d{1,4})\s*(.*)")


def _picked(text: str, proposals: tuple[Proposal, ...]) -> list[str]:
    """The lines that somebody would have written for the proposals of these numbers."""
    if text.strip().casefold() == "none":
        return []
    lines = []
    for item in filter(None, map(str.strip, text.split(","))):
        found = _PICK.fullmatch(item)
        if found is None or not 1 <= int(found[1]) <= len(proposals):
            raise Mistaken(
                f'"{plain(item, 40)}" does not begin with a number from 1 to {len(proposals)}; or write "none"'
            )
        proposal = proposals[int(found[1]) - 1]
        role, town = proposal.role, found[2]
        first, _, rest = town.partition(" ")
        if first.casefold() in ROLES:
            role, town = first, rest
        lines.append(", ".join(filter(None, (proposal.address, role, town))))
    return lines
