"""Whether something answered in one look, from what was found of its checks. Pure."""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping

from healthcheck.model import Status


class Answer(enum.Enum):
    """What one look at a few checks amounts to."""

    YES = "yes"
    NO = "no"
    COULD_NOT_LOOK = "could not look"
    NOT_ASKED = "not asked"


def answered(statuses: Mapping[str, Status], keys: Collection[str]) -> Answer:
    """YES when at least one of these checks answered, NO when it could look and none did."""
    seen = {statuses[key] for key in keys if key in statuses}
    if not seen:
        return Answer.NOT_ASKED
    seen.discard(Status.UNKNOWN)
    if not seen:
        return Answer.COULD_NOT_LOOK
    return Answer.NO if seen == {Status.CRITICAL} else Answer.YES
