"""The heartbeat: an address that is called when a report was accepted, so that an outside watchdog notices silence.

Its service (healthchecks.io, Uptime Kuma, Cronitor or one of your own) expects the call every open day and tells
somebody when it does not come. `/fail` behind the address says at once that a report was not accepted.
"""

from __future__ import annotations

from http.client import HTTPException
from urllib.parse import urlsplit

from healthcheck.delivery.http import exchange
from healthcheck.delivery.settings import Heartbeat

AT_MOST_S = 10.0
"""For the whole call, name lookup included: nobody waits for it."""
_FAIL = "/fail"
_LATE = "The heartbeat was not heard: its address did not answer in time."


def beat(heartbeat: Heartbeat, *, well: bool, at_most_s: float = AT_MOST_S) -> str:
    """Call the address; "" when it answered that it heard, else a sentence. Never raises and never takes longer.

    No redirect is followed: the address is a secret, and another machine must not learn it.
    """
    try:
        where = urlsplit(heartbeat.url.reveal())
        if not well:
            where = where._replace(path=where.path.rstrip("/") + _FAIL)
        answer = exchange("GET", where, timeout_s=at_most_s, ca_file=heartbeat.ca_file)
    except TimeoutError:
        return _LATE
    except (OSError, ValueError, HTTPException) as error:
        # Not its words: they may repeat the address.
        return f"The heartbeat was not heard: its address could not be called ({type(error).__name__})."
    if not answer.in_time:
        return _LATE
    return "" if 200 <= answer.status < 300 else f"The heartbeat was not heard: its address answered {answer.status}."
