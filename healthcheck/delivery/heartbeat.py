"""The heartbeat: an address that is called when a report was accepted, so that an outside watchdog notices silence.

Its service (healthchecks.io, Uptime Kuma, Cronitor or one of your own) expects the call every open day and tells
somebody when it does not come. `/fail` behind the address says at once that a report was not accepted.
"""

from __future__ import annotations

import http.client
import ssl
import threading
from urllib.parse import SplitResult, urlsplit

from healthcheck.delivery.settings import Heartbeat

AT_MOST_S = 10.0
"""For the whole call, name lookup included: nobody waits for it."""
_FAIL = "/fail"


def beat(heartbeat: Heartbeat, *, well: bool, at_most_s: float = AT_MOST_S) -> str:
    """Call the address; "" when it answered that it heard, else a sentence. Never raises and never takes longer.

    No redirect is followed: the address is a secret, and another machine must not learn it.
    """
    said = ["The heartbeat was not heard: its address did not answer in time."]

    def call() -> None:
        said[0] = _called(heartbeat, well)

    # A thread, because neither a name server nor a peer that sends a byte at a time keeps a socket's timeout.
    calling = threading.Thread(target=call, name="heartbeat", daemon=True)
    calling.start()
    calling.join(at_most_s)
    return said[0]


def _called(heartbeat: Heartbeat, well: bool) -> str:
    try:
        where = urlsplit(heartbeat.url.reveal())
        path = where.path.rstrip("/") + _FAIL if not well else where.path or "/"
        connection = _connection(where, heartbeat.ca_file)
        try:
            connection.request(
                "GET",
                f"{path}?{where.query}" if where.query else path,
                headers={"User-Agent": "healthcheck", "Connection": "close"},
            )
            status = connection.getresponse().status
        finally:
            connection.close()
    except (OSError, ValueError, http.client.HTTPException) as error:
        # Not its words: they may repeat the address.
        return f"The heartbeat was not heard: its address could not be called ({type(error).__name__})."
    if 200 <= status < 300:
        return ""
    return f"The heartbeat was not heard: its address answered {status}."


def _connection(where: SplitResult, ca_file: str) -> http.client.HTTPConnection:
    host = where.hostname or ""
    if where.scheme == "https":
        context = ssl.create_default_context(cafile=ca_file or None)
        return http.client.HTTPSConnection(host, where.port, timeout=AT_MOST_S, context=context)
    return http.client.HTTPConnection(host, where.port, timeout=AT_MOST_S)
