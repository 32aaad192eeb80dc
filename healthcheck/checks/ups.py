"""Mains power and the battery backup: how they are now, and what happened to them since the last open day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from healthcheck.api import Check, Event, Facts, Levels, ProbeError, Refused, Result, Target
from healthcheck.checks._snmp.login import PORT, Login
from healthcheck.checks._ups import apcupsd, nut, snmp
from healthcheck.checks._ups.history import since_last
from healthcheck.checks._ups.judge import Limits, facts, findings
from healthcheck.checks._ups.unit import Reading, Unit

PORTS = {"nut": 3493, "apcupsd": 3551, "snmp": PORT}

CHANGES_ONLY = r"""
function poll(i) { return $i ~ /^[0-9]+$/ && length($i) == 8 && $(i + 1) ~ /^[0-9]+$/ && length($(i + 1)) == 6 }
poll(1) || poll(2) {
    who = poll(1) ? "" : $1
    state = match($0, /\[[^]]*\]/) ? substr($0, RSTART, RLENGTH) : ""
    if (who in last && state == was[who]) { last[who] = $0; again[who] = 1; next }
    if (again[who]) print last[who]
    print; was[who] = state; last[who] = $0; again[who] = 0
    next
}
tolower($0) ~ /ups/ { print }
END { for (who in last) if (again[who]) print last[who] }
"""
"""Leaves of a log that grows by a line at every poll only the lines around each change, so that little is sent."""


@dataclass(frozen=True, kw_only=True)
class Ups(Login, Check[Reading]):
    """Mains power, battery charge (%), time left (s) and load (%) of a UPS, and the power cuts of the last eight days.

    via              "nut" asks upsd, "apcupsd" asks apcupsd, "snmp" a UPS with a network card; at the host's address
    port             its port; 0: TCP 3493 for nut, TCP 3551 for apcupsd, UDP 161 for snmp
    ups              the UPS's name at upsd; empty: every UPS that upsd knows (the others know only one)
    charge_percent   battery charge
    runtime_s        time in seconds that the battery lasts with the present load
    load_percent     load, in percent of what the UPS can carry
    log              nut only: path on the host of a log of its power, for NUT's protocol tells no history
    community        snmp only, version 2c: as { secret = "name" }; without it "public"
    user             snmp only, version 3: the user's name; then no community
    auth_password    of that user, as { secret = "name" }
    priv_password    with which it is encrypted, as { secret = "name" }
    auth             how the password proves itself: md5, sha, sha224, sha256, sha384 or sha512
    priv             how it is encrypted: des, aes, aes192 or aes256

    OK: on mains. Look: on battery, the battery must be replaced or failed its test, an alarm, bypass, the UPS
    contradicts itself, or its log cannot be read. Problem: battery low, a shutdown under way, switched off,
    overloaded, or beyond a critical limit. While the battery charges on mains, a low charge is no more than Look.
    Could not check: the data is not current (DATA-STALE, DRIVER-NOT-CONNECTED, WAIT, COMMLOST, no status at all), the
    daemon does not run, refuses, or knows no such UPS; by SNMP no answer (a wrong community looks just like that), a
    refused login, a state that we do not know. Numbers that cannot be (1000 %, 65535 s) are set aside and told
    to IT.

    Needs upsd to listen on the network ("LISTEN" in upsd.conf; no user, reading is open to who may connect),
    apcupsd's network information server ("NETSERVER on", "NISIP"; no login), or SNMP switched on in the UPS's card,
    for reading only: best version 3 with both passwords, for version 2c sends the community readable. Let a firewall
    admit only this computer.
    A log needs `local` or `ssh` and a user who may read it. Any of these will do:
    - upslog:        upslog -s NAME@localhost -l /var/log/ups.log -i 30
    - upsmon:        NOTIFYFLAG ... EXEC, and as NOTIFYCMD a script with the line
                     echo "$(date -u +%FT%TZ) NOTIFYTYPE=$NOTIFYTYPE UPSNAME=$UPSNAME MSG=$1" >> /var/log/ups.log
    - syslog:        the file to which upsmon's own messages go
    apcupsd tells the last 50 lines of its events file, and when it last went to battery and back.
    Where nothing keeps a history, power cuts between two looks cannot be seen, and the report says so.

    Formats: RFC 9271 and NUT 2.8 (upsd, upslog, upsmon); apcupsd 3.8 to 3.14. SNMP: UPS-MIB
    (RFC 1628), and where it is there, which tells more, the makers' own: PowerNet-MIB (APC), CPS-MIB (CyberPower).
    """

    kind: ClassVar[str] = "ups"
    watched: ClassVar[bool] = True
    default_attempts: ClassVar[int] = 2

    via: Literal["nut", "apcupsd", "snmp"]
    port: int = 0
    ups: str = ""
    charge_percent: Levels = Levels.below(warning=80, critical=50)
    runtime_s: Levels = Levels.below(warning=600, critical=300)
    load_percent: Levels = Levels.above(warning=80, critical=100)
    log: str = ""

    async def probe(self, target: Target) -> Reading:
        port = self.port or PORTS[self.via]
        try:
            units = await self._units(target, port)
        except Refused as error:
            says = "the program that watches its battery backup does not run, or not where we ask"
            raise ProbeError(says, f"{self.via}: {error.detail}") from error
        log: tuple[str, ...] | None = None
        no_log: ProbeError | None = None
        try:
            log = await self._log(target, port)
        except ProbeError as error:  # the power is the question; what came of the log is told beside it
            no_log = error
        return Reading(
            units,
            log,
            no_log,
            log_expected=bool(self.log),
            history_of=f"log of {self.via}" if self.log else self.via,
            asked_for=self.ups,
            previous=target.previous,
        )

    async def _units(self, target: Target, port: int) -> tuple[Unit, ...]:
        if self.via == "apcupsd":
            return (apcupsd.unit(await target.ask_apcupsd("status", port)),)
        if self.via == "snmp":
            from healthcheck.checks._snmp.asking import ask  # brings asyncio, and a thread of its own when it is used

            return (snmp.unit(await ask(target, self, scalars=snmp.SCALARS, trees=snmp.TREES, port=port)),)
        reading = await target.ask_nut(self.ups, port)
        known = [nut.unit(name, variables) for name, variables in reading.variables.items()]
        return (*known, *(Unit(name, not_current=word) for name, word in reading.errors.items()))

    async def _log(self, target: Target, port: int) -> tuple[str, ...] | None:
        if self.via == "apcupsd":
            return await target.ask_apcupsd("events", port)
        if self.via == "snmp" or not self.log:
            return None
        found = await target.run(["awk", CHANGES_ONLY, self.log], exits=None)
        if found.exit != 0:
            raise ProbeError("the file is not there, or our login may not read it", f"awk: {found.err.strip()}")
        return tuple(found.out.splitlines())

    def evaluate(self, reading: Reading, now: datetime) -> Iterator[Result | Event | Facts]:
        limits = Limits(self.charge_percent, self.runtime_s, self.load_percent)
        several = len(reading.units) > 1
        for unit in reading.units:
            yield from findings(unit, limits, now, part=unit.name if several else "")
        yield from since_last(reading, now)
        yield from facts(reading.units)

    def needs(self) -> Mapping[str, str]:
        return super().needs() if self.via == "snmp" else {}

    def mistakes(self) -> Iterator[tuple[str, str]]:
        if not 0 <= self.port <= 65535:
            yield "port", "must be between 1 and 65535, or 0 for the usual one"
        if not self.ups.isprintable():
            yield "ups", "must not contain line breaks or control characters"
        yield from self.login_mistakes()
        if self.via != "snmp" and (self.user or self.community):
            yield "user" if self.user else "community", 'belongs to via = "snmp"; leave it out'
        if self.via == "apcupsd" and self.ups:
            yield "ups", "apcupsd looks after one UPS and is not asked for a name; leave it out"
        if self.via == "snmp" and self.ups:
            yield "ups", "a network card looks after one UPS and is not asked for a name; leave it out"
        if self.via == "snmp" and self.log:
            yield "log", "a network card keeps no log that we could read; leave it out"
        if self.via == "apcupsd" and self.log:
            yield "log", "apcupsd tells its own history over the network; leave it out"
        elif self.log and not self.log.startswith("/"):
            yield "log", "must be a whole path, from / on"
