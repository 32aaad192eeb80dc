"""A check's probe alone, without the engine, for what the engine would hide: what a failure carries with it."""

from __future__ import annotations

import asyncio
import logging
import time
import traceback
from datetime import time as clock_time
from typing import Any

import pytest

from healthcheck.check import Check, Planned
from healthcheck.connections import Connections
from healthcheck.connections.threads import in_thread
from healthcheck.errors import ProbeError
from healthcheck.model import Host, Practice, Site
from tests.conftest import PACIFIC, a_host


def probed(check: Check[Any], host: Host, *, timeout_s: float) -> Any:
    """The sample of a plain `def` probe, or the `ProbeError` that it raised."""
    site = Site(host.site, PACIFIC, hosts=(host,))
    planned = Planned(f"{site.name}/{host.name}/{check.kind}", site, host, check, timeout_s, 1)

    async def body() -> Any:
        reach = Connections(Practice("Foothill", PACIFIC, opens=clock_time(7, 30), sites=(site,)))
        try:
            target = reach.target(planned, time.monotonic() + timeout_s, None)
            return await in_thread(lambda: check.probe(target))
        except ProbeError as error:
            return error
        finally:
            await reach.close()

    return asyncio.run(body())


def all_that_a_failure_shows(check: Check[Any], caplog: pytest.LogCaptureFixture, *, timeout_s: float) -> str:
    """What a check that must fail here lets out of itself, into the log, and with its error."""
    caplog.set_level(logging.DEBUG)
    error = probed(check, a_host(), timeout_s=timeout_s)
    assert isinstance(error, ProbeError)
    return repr(check) + caplog.text + all_that_shows(error)


def all_that_shows(found: object) -> str:
    """Everything that a report, a log or a debugger could make of a sample or of an error and those behind it."""
    if not isinstance(found, BaseException):
        return repr(found)
    shown = [repr(found), repr(found.args), repr(vars(found))]
    shown += traceback.TracebackException.from_exception(found, capture_locals=True).format()
    behind = found.__cause__ or found.__context__  # also where `from None` hides it from a traceback
    return "\n".join([*shown, all_that_shows(behind)] if behind else shown)
