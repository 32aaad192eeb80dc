"""Asks Veeam Backup Enterprise Manager for its summary, over its REST API, and judges the counts."""

from __future__ import annotations

import http.client
import socket
import ssl
from base64 import b64encode
from collections.abc import Iterator, Mapping
from typing import cast

from healthcheck.api import ConnectError, ProbeError, Result, Secret, Status, Target, count, frozen, plain
from healthcheck.checks import _json
from healthcheck.checks._line import Line

UNREADABLE = "what it says about its backup jobs is unreadable"
_READ_BYTES = 1 << 18
_SESSION = "X-RestSvcSessionId"
_LOGIN = "/api/sessionMngr/?v=latest"
_STATISTICS = "/api/reports/summary/job_statistics"
_OVERVIEW = "/api/reports/summary/overview"


@frozen
class Login:
    """How to log in: `name` is whom the certificate of the server must be for, `ca_file` (PEM) who vouches for it."""

    port: int
    user: str
    password: Secret
    name: str
    ca_file: str = ""

    @property
    def authorization(self) -> Secret:
        """As HTTP's Basic scheme has it (RFC 7617)."""
        return Secret("Basic " + b64encode(f"{self.user}:{self.password.reveal()}".encode()).decode())


@frozen
class Summary:
    """Counts: runs of jobs of late, by how they ended, and machines by how their last backup ended."""

    good_runs: int
    warned_runs: int
    failed_runs: int
    running: int
    good_machines: int
    warned_machines: int
    failed_machines: int

    @property
    def shown(self) -> str:
        """As IT reads it."""
        return (
            f"job runs: {self.good_runs} good, {self.warned_runs} with warnings, {self.failed_runs} failed, "
            f"{self.running} running; machines: {self.good_machines} good, {self.warned_machines} with warnings, "
            f"{self.failed_machines} failed"
        )


def ask(target: Target, login: Login) -> Summary:
    """Log in and ask; blocking. Raises `ProbeError`. A server whose certificate is not trusted gets no password."""
    answer = _request(target, login, "POST", _LOGIN, {"Authorization": login.authorization})
    if answer.status in (401, 403):
        raise ProbeError("Veeam refused our login", f"POST {_LOGIN}: status {answer.status}", final=True)
    session = answer.headers.get(_SESSION, "")
    if answer.status != 201 or not session:
        raise ProbeError("Veeam did not answer as it should", f"POST {_LOGIN}: status {answer.status}")
    return summary_of(*(_report(target, login, path, session) for path in (_STATISTICS, _OVERVIEW)))


def _report(target: Target, login: Login, path: str, session: str) -> str:
    answer = _request(target, login, "GET", path, {_SESSION: Secret(session)})
    if answer.status != 200:
        raise ProbeError("Veeam did not answer as it should", f"GET {path}: status {answer.status}")
    return answer.body


@frozen
class _Answer:
    status: int
    headers: http.client.HTTPMessage
    body: str


def _request(target: Target, login: Login, method: str, path: str, secrets: Mapping[str, Secret]) -> _Answer:
    """One request on a line of its own; `secrets` are headers, and in nothing that is raised."""
    try:
        with Line(target, login.port) as line:
            line.encrypt(target.tls(ca_file=login.ca_file), login.name)
            connection = http.client.HTTPConnection(login.name, login.port)
            connection.sock = cast("socket.socket", line)
            usual = {"Accept": "application/json", "Connection": "close", "Content-Length": "0"}
            connection.request(method, path, headers=usual | {name: each.reveal() for name, each in secrets.items()})
            response = connection.getresponse()
            body = response.read(_READ_BYTES).decode("utf-8", "replace")
            return _Answer(response.status, response.headers, body)
    except ConnectError as error:
        why, detail = f"Veeam {error.says}", error.detail
    except ssl.SSLCertVerificationError as error:
        why, detail = "Veeam's certificate is not trusted, so no password was sent", error.verify_message
    except TimeoutError:
        why, detail = "Veeam did not answer in time", f"{method} {path}"
    except (OSError, ValueError, http.client.HTTPException) as error:
        why, detail = (
            "Veeam did not answer as it should",
            f"{method} {path}: {type(error).__name__}: {plain(str(error))}",
        )
    # Not within `except`: behind this stands an error whose frames hold the password.
    raise ProbeError(why, f"TCP port {login.port}: {detail}")


def summary_of(statistics: str, overview: str) -> Summary:
    """The counts of the reports "job_statistics" and "overview" in JSON (Enterprise Manager 9.5 to 12).

    "Lastest" is Veeam's own spelling. Raises `ProbeError` for anything else.
    """

    def counted(text: str, *names: str) -> list[int]:
        told = _json.read(text, UNREADABLE)
        found = [_json.number(told, name) for name in names] if isinstance(told, dict) else []
        numbers = [number for number in found if number is not None and 0 <= number < 1_000_000]
        if len(numbers) != len(names):
            raise _json.unreadable(text, UNREADABLE)
        return numbers

    return Summary(
        *counted(statistics, "SuccessfulJobRuns", "WarningsJobRuns", "FailedJobRuns", "RunningJobs"),
        *counted(overview, "SuccessfulVmLastestStates", "WarningVmLastestStates", "FailedVmLastestStates"),
    )


def judged(found: Summary) -> Iterator[Result]:
    """What the counts amount to."""
    if found.failed_machines:
        machines = count(found.failed_machines, "machine")
        yield Result(Status.CRITICAL, f"could not back up {machines} the last time", found.shown)
    if found.failed_runs:
        yield Result(Status.CRITICAL, f"had {count(found.failed_runs, 'backup')} of late that failed", found.shown)
    if found.warned_machines or found.warned_runs:
        backups = count(max(found.warned_runs, found.warned_machines), "backup")
        yield Result(Status.WARNING, f"had {backups} of late that ended with warnings", found.shown)
    if not found.good_runs + found.warned_runs + found.failed_runs:
        if found.running:
            yield Result(Status.WARNING, "has no finished backup of late; one is running now", found.shown)
        else:
            yield Result(Status.CRITICAL, "has made no backup of late", found.shown)
    elif not found.good_machines + found.warned_machines + found.failed_machines:
        yield Result(Status.CRITICAL, "made its last backups, but of no machine", found.shown)
    elif not found.failed_machines + found.failed_runs + found.warned_machines + found.warned_runs:
        yield Result(Status.OK, "made its last backups", found.shown)
