"""Knowing an incident again: which of those already on record a cause of this round is."""

from __future__ import annotations

from collections.abc import Iterable

from healthcheck.diagnosis.causes import Cause, Scope
from healthcheck.findings import Incident, Past
from healthcheck.model import Status

_WIDTH = {
    Scope.CHECK: "check",
    Scope.HOST: "host",
    Scope.SITE: "site",
    Scope.AREA: "site",
    Scope.WATCHER: "site",
}


class Recall:
    """The incidents on record, each for one cause at most.

    An incident is known again by its cause, else by a check that both have: the first of several that fail alike may
    be mended before the others. One that closed since the last report opens again, because nobody was told yet.
    "Could not look" and "found something" are never the same incident, nor are a check, a whole host and a whole site.
    """

    def __init__(self, past: Past, causes: Iterable[Cause]) -> None:
        on_record = (*past.closed, *past.open_incidents)  # the later wins: an open one before one that is over
        self._by_cause = {_identity(incident): incident for incident in on_record}
        self._by_key = {
            (width(incident), _unknown(incident.status), key): incident
            for incident in on_record
            for key in incident.keys
        }
        known = (self._by_cause.get(_cause_identity(cause)) for cause in causes)
        self._taken = {incident.reference for incident in known if incident}

    def known(self, cause: Cause) -> Incident | None:
        """The incident that this cause was before, if it was one. Ask once for each cause."""
        if incident := self._by_cause.get(_cause_identity(cause)):
            return incident
        for outcome in cause.own:
            incident = self._by_key.get((_WIDTH[cause.scope], _unknown(cause.status), outcome.key))
            if incident and incident.reference not in self._taken:
                self._taken.add(incident.reference)
                return incident
        return None


def width(incident: Incident) -> str:
    """How much of the practice an incident on record is: a check, a host, a site (or the watcher's own line)."""
    if incident.cause in incident.keys:
        return "check"
    return "host" if incident.cause == f"{incident.site}/{incident.host}" else "site"


def _unknown(status: Status) -> bool:
    return status is Status.UNKNOWN


def _identity(incident: Incident) -> tuple[str, bool]:
    return incident.cause, _unknown(incident.status)


def _cause_identity(cause: Cause) -> tuple[str, bool]:
    return cause.key, _unknown(cause.status)
