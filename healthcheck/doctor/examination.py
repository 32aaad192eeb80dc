"""All subjects at once, each under a deadline: whatever happens in one, there is a finding, and the others go on."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence

from healthcheck.doctor.premises import Premises
from healthcheck.errors import HealthcheckError, where
from healthcheck.model import Status
from healthcheck.records import frozen
from healthcheck.words import duration

log = logging.getLogger(__name__)

AT_MOST_S = 25.0
"""For one subject; somebody sits and waits."""


@frozen
class Finding:
    """How one thing is. `says` is a whole sentence; `fix` is what to do, a command wherever there is one."""

    status: Status
    says: str
    fix: str = ""


@frozen
class Subject:
    """Something to be looked at: what people call it, and the function that looks."""

    name: str
    look: Callable[[Premises], Iterable[Finding]]


def examine(
    subjects: Sequence[Subject], premises: Premises, at_most_s: float = AT_MOST_S
) -> Iterator[tuple[Subject, tuple[Finding, ...]]]:
    """The findings of each subject, in the order of the subjects, as soon as they are known."""
    ends_at = time.monotonic() + at_most_s
    looks = [_begun(subject, premises) for subject in subjects]
    for subject, found in zip(subjects, looks, strict=True):
        try:
            yield subject, found.get(timeout=max(0.0, ends_at - time.monotonic()))
        except queue.Empty:
            yield subject, (_could_not(f"it was not over in {duration(at_most_s)}."),)


def _begun(subject: Subject, premises: Premises) -> queue.Queue[tuple[Finding, ...]]:
    """Where the findings will be; the thread is a daemon, so that one that hangs does not keep the program."""
    found: queue.Queue[tuple[Finding, ...]] = queue.Queue(1)

    def look() -> None:
        try:
            findings = tuple(subject.look(premises))
        except HealthcheckError as error:
            findings = (_could_not(str(error)),)
        except Exception as error:  # ours to show as a line, never the end of the others
            log.debug("the look at %s has a fault: %s", subject.name, where(error))
            findings = (_could_not(f"this look has a fault itself ({type(error).__name__})."),)
        found.put(findings or (_could_not("nothing was found out."),))

    threading.Thread(target=look, name=subject.name, daemon=True).start()
    return found


def _could_not(why: str) -> Finding:
    return Finding(Status.UNKNOWN, f"Could not be looked at: {why}")
