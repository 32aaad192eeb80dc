"""One look of a foreign check: the planned check goes through the wall, what it found comes back."""

from __future__ import annotations

import logging
from typing import Any

from healthcheck.attempt import Attempt, cleaned, could_not_look, fault, too_late
from healthcheck.check import Planned
from healthcheck.connections import Ways
from healthcheck.errors import Fell
from healthcheck.foreign import found, wire
from healthcheck.foreign.checks import Foreign
from healthcheck.foreign.sources import of_source
from healthcheck.foreign.wall import Wall
from healthcheck.model import Host, Practice, Previous
from healthcheck.privacy import Privacy

log = logging.getLogger(__name__)

LOADS = ("healthcheck.walled.looking",)
LOADS_FOR_SSH = ("healthcheck.connections.ssh_session", "healthcheck.connections.client_keys")
"""What the server loads for looks: paramiko only where a host is logged in to."""
GRACE_S = 5.0
"""What it may take beyond its timeout, which it keeps itself, to be loaded and to tell what it found."""


async def look(
    wall: Wall, planned: Planned, check: Foreign, ways: Ways, previous: Previous | None, privacy: Privacy
) -> Attempt:
    """What one attempt found; whatever the foreign code did, there is a finding or a reason for none."""
    try:
        told = await wall.ask(_question(planned, check, ways, previous, privacy), planned.timeout_s + GRACE_S)
        return (
            cleaned(found.to_attempt(told), privacy) if "fault" not in told else fault(planned, str(told["fault"])[:80])
        )
    except Fell as error:
        log.error("the check %s has a fault: %s", planned.key, error)
        return could_not_look(too_late(planned.timeout_s), privacy) if error.late else fault(planned, str(error))
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        log.error("the check %s has a fault: its answer makes no sense (%s)", planned.key, type(error).__name__)
        return fault(planned, "its answer makes no sense")


def _question(
    planned: Planned, check: Foreign, ways: Ways, previous: Previous | None, privacy: Privacy
) -> dict[str, Any]:
    return {
        "ask": "look",
        "source": of_source(check.source),
        "kind": check.kind,
        "entry": check.entry,
        "secrets": wire.of_secrets(check.secrets),
        "key": planned.key,
        "host": planned.host.name,
        "timeout_s": planned.timeout_s,
        "previous": wire.of_previous(previous),
        "practice": wire.of_practice(_around(planned, ways.practice)),
        "known_hosts": [str(path) for path in ways.known_hosts],
        "default_key": wire.of_secret(ways.default_key),
        "redact": privacy.redact,
    }


def _around(planned: Planned, practice: Practice) -> Practice:
    """The practice as far as the check can see it: the host's site, and the sites of those it is reached through."""
    near = {planned.site.name: planned.site}
    host: Host | None = planned.host
    passed: set[str] = set()
    while host is not None and host.ssh is not None and host.ssh.jump is not None and host.name not in passed:
        passed.add(host.name)
        host = practice.hosts_by_name.get(host.ssh.jump)
        if host is not None and host.site not in near:
            near[host.site] = practice.site(host.site)
    return Practice(practice.name, practice.timezone, practice.opens, sites=tuple(near.values()))
