"""One check of the config: how it stands, what it looks at here and by which limits, its course, whom to call."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from itertools import groupby

from healthcheck.check import Planned
from healthcheck.explain.layout import listed, paragraph, section, states
from healthcheck.explain.manual import Manual, read
from healthcheck.explain.settings import patience, settings
from healthcheck.explain.standing import COURSE, Standing, failing_since, said
from healthcheck.explain.trouble import call
from healthcheck.findings import Incident, Seen
from healthcheck.model import Status
from healthcheck.privacy import Privacy
from healthcheck.report.contacts import contact
from healthcheck.report.when import told
from healthcheck.words import plain, sentence

MOST_STRETCHES = 12


def explain_check(planned: Planned, known: Standing) -> Iterator[str]:
    """Everything about one check, for the administrator; the last lines are what to say to IT."""
    manual = read(inspect.getdoc(type(planned.check)) or "")
    trouble = next((one for one in known.open if planned.key in one.keys), None)
    cause = next((one for one in known.open if planned.key in one.consequences), None)
    yield plain(planned.key)
    yield from section("NOW", _now(planned, known, trouble, cause))
    yield from section("WHAT IT LOOKS AT", _looks_at(planned, known, manual))
    yield from section("WHAT EACH STATE MEANS", states(manual))
    yield from section("ITS COURSE", _course(planned, known))
    yield from section("WHOM TO CALL", _whom(planned, known, trouble or cause))


def _now(planned: Planned, known: Standing, trouble: Incident | None, cause: Incident | None) -> Iterator[str]:
    practice, site = known.config.practice, planned.site.name
    last = known.course[-1] if known.course else None
    if last is None:
        days = COURSE.days
        yield paragraph(f"It was not looked at in the last {days} days, as far as this computer knows.")
        return
    label = plain(planned.host.label)
    says = sentence(f"{label} {plain(last.says)}") if last.says else f"Nothing was wrong with {label}."
    yield from listed([(last.status.word, says)])
    yield paragraph(f"Looked at {told(last.at, known.now, practice, site)}.")
    if since := failing_since(known.course):
        good = known.last_good.get(planned.key)
        well = (
            f"Last seen well {told(good, known.now, practice, site)}."
            if good
            else "When it was last well is not known."
        )
        yield paragraph(f"Not well since {told(since, known.now, practice, site)}. {well}")
    if trouble:
        yield paragraph(f"This trouble has the reference {trouble.reference}: {sentence(plain(trouble.says))}")
    elif cause:
        yield paragraph(f"It only fails because of {cause.reference}: {sentence(plain(cause.says))}")


def _looks_at(planned: Planned, known: Standing, manual: Manual) -> Iterator[str]:
    yield paragraph(f"{manual.summary} ({planned.check.kind})")
    privacy = Privacy(known.config.redact, known.config.secrets)
    yield from listed(settings(planned, privacy))
    yield paragraph(patience(planned))


def _course(planned: Planned, known: Standing) -> Iterator[str]:
    """Stretches in which it was the same, the last ones, oldest first."""
    stretches = [list(same) for _, same in groupby(known.course, key=lambda seen: (seen.status, seen.says))]
    left_out = len(stretches) - MOST_STRETCHES
    if left_out > 0:
        yield paragraph(
            f"(The first {left_out} of {len(stretches)} stretches of the last {COURSE.days} days are left out.)"
        )
    for stretch in stretches[-MOST_STRETCHES:]:
        yield from listed([(_when(planned, known, stretch), said(stretch[-1]))])


def _when(planned: Planned, known: Standing, stretch: list[Seen]) -> str:
    practice, site = known.config.practice, planned.site.name
    first, last = (told(seen.at, known.now, practice, site) for seen in (stretch[0], stretch[-1]))
    return f"{first}:" if first == last else f"{first} to {last}:"


def _whom(planned: Planned, known: Standing, trouble: Incident | None) -> Iterator[str]:
    if trouble:
        yield from call(known, trouble)
        yield paragraph(f"All that IT needs: healthcheck explain {trouble.reference}")
        return
    person = contact(known.config.practice, planned.owner)
    reach = ", ".join(filter(None, (person.name, person.phone, person.email)))
    last = known.course[-1].status if known.course else None
    when = "There is nothing to say now. Should it fail" if last is Status.OK else "To ask about it"
    yield paragraph(f"{when}, call {reach}.")
