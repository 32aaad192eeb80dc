"""Everything that the sentences of one report are made of, worked out once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from healthcheck.findings import Change, Diagnosis, Incident, ServiceVerdict, is_quiet
from healthcheck.model import Host, Outcome, Practice, Round, Status
from healthcheck.records import frozen
from healthcheck.report.answers import Answers, answers, overall, state_word
from healthcheck.words import sentence, small

_COULD_NOT = "could not be checked: "


@frozen
class Leading:
    """An incident, and how many others of its owner could not be checked for the very same reason."""

    incident: Incident
    others: int

    @property
    def more(self) -> str:
        """The sentence about the others, empty when there are none."""
        if not self.others:
            return ""
        return sentence(f"{small(self.others)} more could not be checked for the same reason")


@frozen(slots=False)
class Facts:
    """One round, weighed. `incidents` are in the order of the page, `unexplained` is what none of them covers.

    `nagging` are those of them that are not known already, and `services` likewise.

    `well` counts the checks that are OK; `leading` are those incidents that the page shows. `places` says where in the
    round each check's outcome stands.
    """

    practice: Practice
    round: Round
    diagnosis: Diagnosis
    now: datetime
    answers: Answers
    status: Status
    state: str
    incidents: tuple[Incident, ...]
    nagging: tuple[Incident, ...]
    services: tuple[ServiceVerdict, ...]
    leading: tuple[Leading, ...]
    unexplained: tuple[Outcome, ...]
    hosts: Mapping[str, Host]
    by_site: dict[str, list[Outcome]]
    places: dict[str, int]
    well: int

    def label(self, host: str) -> str:
        """What people call a device."""
        known = self.hosts.get(host)
        return known.label if known else host

    @property
    def known_troubles(self) -> tuple[tuple[Incident | Change, tuple[Change, ...]], ...]:
        """What is known and does not lie in a paused place; each incident with what is known to have changed there."""
        quiet = [found for found in self.diagnosis.quiet if found.known and found.known.paused is None]
        incidents = [found for found in self.incidents if found in quiet]
        changes = [found for found in quiet if isinstance(found, Change)]
        told: list[tuple[Incident | Change, tuple[Change, ...]]] = []
        for incident in incidents:
            there = tuple(change for change in changes if (change.site, change.host) == (incident.site, incident.host))
            changes = [change for change in changes if change not in there]
            told.append((incident, there))
        return (*told, *((change, ()) for change in changes))

    def changes_of(self, incident: Incident) -> tuple[Change, ...]:
        """What changed on the very device that the incident is about; told with the first incident there only."""
        place = (incident.site, incident.host)
        first = next((known for known in self.nagging if (known.site, known.host) == place), incident)
        if incident is not first:
            return ()
        changes = (change for change in self.diagnosis.changes if not is_quiet(change))
        return tuple(change for change in changes if (change.site, change.host) == place)


def facts(practice: Practice, found: Round, diagnosis: Diagnosis, now: datetime) -> Facts:
    """Weigh a round: each clinic's answer, the overall state, the incidents with the worst first."""
    answered = answers(practice, found, diagnosis)
    status = overall(found, diagnosis, answered)
    explained = {
        key for incident in diagnosis.incidents for key in (incident.cause, *incident.keys, *incident.consequences)
    }
    by_site: dict[str, list[Outcome]] = {}
    for outcome in found.outcomes:
        by_site.setdefault(outcome.site, []).append(outcome)
    incidents = tuple(sorted(diagnosis.incidents, key=_worst_first))
    nagging = tuple(incident for incident in incidents if not is_quiet(incident))
    return Facts(
        practice=practice,
        round=found,
        diagnosis=diagnosis,
        now=now,
        answers=answered,
        status=status,
        state=state_word(status, found, diagnosis, answered),
        incidents=incidents,
        nagging=nagging,
        services=tuple(service for service in diagnosis.services if not service.quiet),
        leading=tuple(_leading(nagging)),
        unexplained=tuple(
            outcome for outcome in found.outcomes if outcome.status is not Status.OK and outcome.key not in explained
        ),
        hosts=practice.hosts_by_name,
        by_site=by_site,
        places={outcome.key: number for number, outcome in enumerate(found.outcomes)},
        well=sum(outcome.status is Status.OK for outcome in found.outcomes),
    )


def _worst_first(incident: Incident) -> tuple[int, int]:
    return -incident.status.rank, -len(incident.sites)


def _leading(incidents: Sequence[Incident]) -> Iterator[Leading]:
    """What could not be checked for one reason is one thing to see to, however many devices it keeps from view."""
    groups: dict[object, list[Incident]] = {}
    for number, incident in enumerate(incidents):
        reason = incident.says.partition(_COULD_NOT)[2] if incident.status is Status.UNKNOWN else ""
        groups.setdefault((incident.owner, reason) if reason else number, []).append(incident)
    for group in groups.values():
        yield Leading(group[0], len(group) - 1)
