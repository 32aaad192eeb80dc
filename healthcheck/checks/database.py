"""Whether a database lets people in and answers, and whether it is the one it should be."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import ClassVar, Literal

from healthcheck.api import (
    Check,
    ConnectError,
    Levels,
    Metric,
    NoAnswer,
    ProbeError,
    Prohibited,
    Refused,
    Result,
    Secret,
    Status,
    Target,
    duration,
    frozen,
    percent,
)
from healthcheck.api import Facts as HostFacts
from healthcheck.checks._database.call import Call, Facts, Failed, Phase, Role, Tls, Trouble
from healthcheck.checks._database.products import PRODUCTS
from healthcheck.checks._database.url import Url

RESERVE_S = 0.1
"""What a look keeps back of the attempt, so that it can still say what it found."""


@frozen
class Reading:
    """What one look found. `failed` says why there are no facts; `took_s` is from the first packet to the last."""

    where: str
    took_s: float
    facts: Facts | None = None
    failed: tuple[Trouble, Phase, str] | None = None


@dataclass(frozen=True, kw_only=True)
class Database(Check[Reading]):
    """Whether a database lets us in, answers a question, has room for more users and is the copy it should be.

    url                       in SQLAlchemy's spelling, without the password: postgresql://user@host:5432/name,
                              mysql://, mariadb://, mssql://, oracle://user@host/?service_name=name,
                              sqlite:////whole/path.db; a +driver after the first word is allowed and has no effect;
                              without a host it is the address of the host that the check is for
    password                  of the account, as { secret = "name" }
    role                      any, primary, standby or read-only: what this server should be among its copies
    table                     a table that must be readable too; at most one row is fetched, and nothing of it kept
    tls                       prefer (if offered), require, verify (a proven identity) or off
    ca_file                   who vouches for the server's identity, for tls = "verify"; else the system's own
    answer_s                  seconds for connection, login and questions together
    connections_left_percent  how much of the server's limit for connections is unused
    lag_s                     seconds by which a standby is behind

    Problem: the connection is refused or not answered, or it is taken and nothing comes back; what answers is no such
    database; it is starting up, shutting down or full; the database, table or file is not there or damaged; every
    question fails; a standby or a read-only server where the primary should be; a number beyond its critical limit.
    Look: a question was still unanswered, or something kept the table locked, when the time was up; the primary where
    a standby should be; a standby that no longer receives changes; a number beyond its warning limit.
    Could not check: our login or password is refused (tried once only, so that no account is locked), it may not see
    what it must, the server's identity is not proven, the driver is not installed.

    Needs an account that may log in and nothing else, and SELECT on `table`. MySQL and MariaDB show whether they are
    a standby only to an account with REPLICATION CLIENT (MariaDB 10.5 and later: SLAVE MONITOR). Questions are asked
    in a read-only transaction under the server's own time limit, where the product has these. PostgreSQL and MySQL
    are not given the password as it is when they ask for it so, unless tls = "verify"; SQL Server always gets it
    readable within whatever encryption there is, so choose "require" or "verify" for it. A standby that is fed from
    archived logs alone never "receives".

    PostgreSQL by psycopg 3: tested with PostgreSQL 15. Its checks that log in alike do so once a round, and each asks
    for itself. MySQL and MariaDB by PyMySQL: tested with MariaDB 10.11. SQL Server by python-tds, encrypted by Python
    itself: tested with a server that speaks just enough of its protocol.
    Oracle by oracledb in its thin mode, without encryption: what refuses, is silent or hangs up and what a listener
    says are tested, no question ever was; what is no Oracle at all mostly looks silent. SQLite: the file must be on
    this computer or mounted here; every page of it is read.
    """

    kind: ClassVar[str] = "database"
    reachability: ClassVar[bool] = True
    default_attempts: ClassVar[int] = 2

    url: str = field(repr=False)
    password: Secret | None = None
    role: Literal["any", "primary", "standby", "read-only"] = "any"
    table: str = ""
    tls: Literal["prefer", "require", "verify", "off"] = "prefer"
    ca_file: str = ""
    answer_s: Levels = Levels.above(warning=2, critical=10)
    connections_left_percent: Levels = Levels.below(warning=10, critical=3)
    lag_s: Levels = Levels.above(warning=300, critical=3600)

    def probe(self, target: Target) -> Reading:
        url = Url.parse(self.url)
        product = PRODUCTS[url.dialect]
        product.load()
        name, port = url.host or target.host.address, url.port or product.port
        where = f"{product.name} {f'{name}:{port}/' if product.port else ''}{url.database or url.service_name}"

        def open_line() -> socket.socket:
            try:
                return target.connected(port, name)
            except ConnectError as error:
                if (trouble := _UNCONNECTED.get(type(error))) is None:
                    raise
                raise Failed(trouble, Phase.CONNECT, error.detail) from None

        call = Call(
            url=url,
            port=port,
            password=self.password,
            table=self.table,
            tls=Tls(self.tls),
            ca_file=self.ca_file,
            standby_wanted=self.role == "standby",
            deadline=time.monotonic() + target.left_s() - RESERVE_S,
            open_line=open_line,
            tls_context=lambda: target.tls(ca_file=self.ca_file, verify=self.tls == "verify"),
            shared=lambda make: target.shared(
                (self.kind, name, port, url, self.password, self.tls, self.ca_file), make
            ),
        )
        reading = Reading(where, 0.0)
        try:
            reading = replace(reading, facts=product.ask(call))
        except Failed as failed:
            reading = replace(reading, failed=(failed.trouble, failed.phase, self._without_password(failed.detail)))
        reading = replace(reading, took_s=call.watch.took_s)
        # Not within `except`: behind the failure stands the driver's own error, which can hold the password.
        if reading.failed and (why := _OUR_SIDE.get(reading.failed[0])):
            raise ProbeError(why, _detail(reading), final=reading.failed[0] in _NOT_AGAIN)
        return reading

    def evaluate(self, reading: Reading, now: datetime) -> Iterator[Result | HostFacts]:
        if reading.failed:
            yield self._failure(reading, reading.failed[0])
        elif reading.facts:
            yield self._answer(reading)
            yield from self._role(reading.facts)
            yield from self._lag(reading.facts)
            yield from self._connections(reading.facts)
            if reading.facts.version:
                yield HostFacts("database", {reading.where: reading.facts.version})

    def _failure(self, reading: Reading, trouble: Trouble) -> Result:
        if (says := _SLOW.get(trouble)) is None:
            return Result(Status.CRITICAL, _PROBLEM[trouble], _detail(reading))
        slow = self.answer_s.judge(reading.took_s) is Status.CRITICAL
        status = Status.CRITICAL if slow else Status.WARNING
        return Result(status, says.format(_seconds(reading.took_s)), _detail(reading))

    def _answer(self, reading: Reading) -> Result:
        status = self.answer_s.judge(reading.took_s)
        took = f"took {_seconds(reading.took_s)} to answer a simple question from its database"
        says = "runs its database, which answers" if status is Status.OK else took
        return Result(status, says, _detail(reading), Metric("answer", reading.took_s, "s"))

    def _role(self, facts: Facts) -> Iterator[Result]:
        if facts.receiving is False:
            yield Result(
                Status.WARNING,
                "holds a standby database that no longer receives changes",
                "standby: it receives nothing",
            )
        if self.role == "any":
            return
        wanted = Role(self.role)
        if facts.role is None:
            yield Result(Status.UNKNOWN, "did not tell which copy of the database it holds", f"role: expected {wanted}")
        elif (finding := _MISPLACED.get((wanted, facts.role))) is not None:
            yield Result(*finding, f"role: {facts.role}, expected {wanted}")
        else:
            yield Result(Status.OK, "holds the copy of the database that it should", f"role: {facts.role}")

    def _lag(self, facts: Facts) -> Iterator[Result]:
        if facts.lag_s is None:
            return
        status = self.lag_s.judge(facts.lag_s)
        says = f"holds a standby database that is {_seconds(facts.lag_s)} behind"
        yield Result(status, says, f"replication lag {facts.lag_s:.1f} s", Metric("lag", facts.lag_s, "s"))

    def _connections(self, facts: Facts) -> Iterator[Result]:
        if facts.connections is None or not facts.connections_limit:
            return
        left = max(0, facts.connections_limit - facts.connections)
        left_percent = 100 * left / facts.connections_limit
        says = f"has {percent(left_percent)} of its database connections left"
        detail = f"connections: {facts.connections} of {facts.connections_limit} used"
        metric = Metric("connections left", left_percent, "%")
        yield Result(self.connections_left_percent.judge(left_percent), says, detail, metric)

    def _without_password(self, text: str) -> str:
        """What a hostile server or a careless driver says, without our password in it."""
        secret = self.password.reveal() if self.password else ""
        return text.replace(secret, "…") if secret else text

    def needs(self) -> Mapping[str, str]:
        product = PRODUCTS[Url.parse(self.url).dialect]
        return {product.driver: product.extra} if product.driver else {}

    def mistakes(self) -> Iterator[tuple[str, str]]:
        try:
            url = Url.parse(self.url)
        except ValueError as error:
            yield "url", str(error)
            return
        if url.password is not None:
            yield "url", 'must not hold the password: give it as password = { secret = "name" }'
        if self.table and not _NAME.fullmatch(self.table):
            yield "table", "must be the plain name of a table, with its schema before a dot if need be"
        if self.ca_file and self.tls != "verify":
            yield "ca_file", 'is used only with tls = "verify"'
        yield from _product_mistakes(url, self)


def _product_mistakes(url: Url, check: Database) -> Iterator[tuple[str, str]]:
    if url.dialect == "sqlite" and check.role != "any":
        yield "role", "does not apply to SQLite, which has no copies that follow it"
    if url.dialect == "oracle" and check.tls in ("require", "verify"):
        yield "tls", 'must be "prefer" or "off" for Oracle, whose password never crosses the line as it is'
    if url.dialect == "mysql" and not url.database:
        yield "url", "must name the database: a server whose files are gone still answers to those who ask for none"
    if url.dialect == "oracle" and not (url.database or url.service_name):
        yield "url", "must name the database: oracle://user@host/?service_name=name"


def _detail(reading: Reading) -> str:
    if reading.failed:
        _, phase, text = reading.failed
        return f"{reading.where}: {phase}: {text}"
    version = reading.facts.version if reading.facts else ""
    return f"{reading.where}: {version}, answered in {reading.took_s * 1000:.3g} ms"


def _seconds(seconds: float) -> str:
    return duration(seconds) if seconds >= 1 else "less than a second"


_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*(\.[A-Za-z_][A-Za-z0-9_$]*){0,2}")

_UNCONNECTED: dict[type[ConnectError], Trouble] = {
    Refused: Trouble.REFUSED,
    NoAnswer: Trouble.NO_ANSWER,
    Prohibited: Trouble.PROHIBITED,
}

_PROBLEM = {
    Trouble.REFUSED: "refused the connection to its database, which is probably not running",
    Trouble.NO_ANSWER: "did not answer when its database was called",
    Trouble.PROHIBITED: "could not be reached for its database: the network on the way turned us away",
    Trouble.SILENT: "took the call to its database but did not reply",
    Trouble.FOREIGN: "answers where its database should be, but not as that database would",
    Trouble.LOST: "broke off the connection to its database",
    Trouble.STARTING: "has a database that is still starting up, so nobody can use it yet",
    Trouble.STOPPING: "has a database that is shutting down",
    Trouble.FULL: "has a database that is full: it lets nobody else in",
    Trouble.NO_DATABASE: "runs a database server that does not open the database we look for",
    Trouble.NO_TABLE: "has a database without the table we were told to read",
    Trouble.BROKEN: "has a database that answers but cannot do its work",
    Trouble.DAMAGED: "has a damaged database",
    Trouble.NO_FILE: "has no database file where it should be",
    Trouble.EMPTY_FILE: "has an empty file where its database should be",
}

_SLOW = {
    Trouble.SLOW: "has a database that left a simple question unanswered for {}",
    Trouble.LOCKED: "has a database in which something kept the data locked while we waited for {}",
}

_OUR_SIDE = {
    Trouble.LOGIN: "the database refused our login",
    Trouble.RIGHTS: "our login to the database may not see what it needs to",
    Trouble.UNENCRYPTED: "our password for the database would travel unprotected",
    Trouble.IDENTITY: "the database could not prove its identity",
    Trouble.UNCLEAR: "the database turned us away for a reason we do not know",
    Trouble.UNREADABLE: "we may not read the database file",
    Trouble.UNFINISHED: "the database file cannot be read until the program that uses it has put it in order",
}
_NOT_AGAIN = {Trouble.LOGIN, Trouble.RIGHTS, Trouble.UNENCRYPTED, Trouble.IDENTITY, Trouble.UNCLEAR}
"""A refused login that is repeated can lock the account."""

_MISPLACED = {
    (Role.PRIMARY, Role.STANDBY): (
        Status.CRITICAL,
        "holds only a standby copy of the database: nothing can be saved to it",
    ),
    (Role.PRIMARY, Role.READ_ONLY): (
        Status.CRITICAL,
        "has a database that accepts no changes: nothing can be saved to it",
    ),
    (Role.STANDBY, Role.PRIMARY): (Status.WARNING, "works as the main database, but should be the standby"),
    (Role.STANDBY, Role.READ_ONLY): (Status.WARNING, "no longer follows the main database, though it should"),
    (Role.READ_ONLY, Role.PRIMARY): (Status.WARNING, "has a database that accepts changes, but should not"),
}
"""What it means to find the second where the first should be; a standby is as good as read-only."""
