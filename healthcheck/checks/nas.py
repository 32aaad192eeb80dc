"""Network storage (Synology, QNAP): volumes, drives, temperature, power supply."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from healthcheck.api import Check, Facts, Levels, Metric, ProbeError, Result, Status, Target, percent, size
from healthcheck.checks._nas import qnap, synology
from healthcheck.checks._nas.storage import Part, State, Storage
from healthcheck.checks._snmp.asking import ask
from healthcheck.checks._snmp.login import PORT, Login
from healthcheck.checks._snmp.told import DESCRIPTION, Told

WELL = "keeps its files safe and has room for more"


@dataclass(frozen=True, kw_only=True)
class Nas(Login, Check[Storage]):
    """Network storage (Synology, QNAP): its volumes and their room (%), drives, temperature (°C), power supply, fans.

    free_percent   room left on each volume
    temperature_c  of each drive and of the inside
    port           its UDP port
    community      SNMP version 2c: as { secret = "name" }; without it "public"
    user           SNMP version 3: the user's name; then no community
    auth_password  of that user, as { secret = "name" }
    priv_password  with which it is encrypted, as { secret = "name" }
    auth           how the password proves itself: md5, sha, sha224, sha256, sha384 or sha512
    priv           how it is encrypted: des, aes, aes192 or aes256

    OK: every part says that it is well. Look: a volume is being repaired or rebuilt, a drive is not set up or gives a
    warning, or a number is beyond its warning limit. Problem: a volume lost a drive or its data, a drive failed or is
    about to, the power supply or a fan failed, or a number is beyond its critical limit.
    Could not check: no answer (a wrong community looks just like that), a refused login, another make, or a part in a
    state that we do not know.

    Needs SNMP switched on in the storage's own settings (Synology: Control Panel, Terminal & SNMP; QNAP: Control Panel,
    Network & File Services), for reading only. Versions 1 and 2c send the community readable.
    Sources: SYNOLOGY-SYSTEM-MIB, SYNOLOGY-DISK-MIB and SYNOLOGY-RAID-MIB (DSM 5 to 7); QNAP's NAS-MIB (QTS 4), which
    tells nothing about power supplies.
    """

    kind: ClassVar[str] = "nas"
    default_attempts: ClassVar[int] = 2

    free_percent: Levels = Levels.below(warning=10, critical=3)
    temperature_c: Levels = Levels.above(warning=55, critical=65)
    port: int = PORT

    async def probe(self, target: Target) -> Storage:
        scalars = (DESCRIPTION, *synology.SCALARS, *qnap.SCALARS)
        return storage(await ask(target, self, scalars=scalars, trees=(*synology.TREES, *qnap.TREES), port=self.port))

    def evaluate(self, storage: Storage, now: datetime) -> Iterator[Result | Facts]:
        yield Result(Status.OK, WELL, described(storage))
        for part in storage.parts:
            if part.state is not State.WELL:
                yield Result(part.state.status, part.says, f"{part.name}: {part.told}")
            yield from self._temperature(part)
            yield from self._room(part)
        if storage.model:
            yield Facts("device", {"model": storage.model})

    def _temperature(self, part: Part) -> Iterator[Result]:
        if part.celsius is None:
            return
        status = self.temperature_c.judge(part.celsius)
        says = WELL if status is Status.OK else f"is too hot inside ({part.name}: {part.celsius:.0f} degrees Celsius)"
        yield Result(status, says, metric=Metric(f"temperature {part.name}", part.celsius, "°C"))

    def _room(self, part: Part) -> Iterator[Result]:
        if part.free_percent is None:
            return
        status = self.free_percent.judge(part.free_percent)
        says = WELL if status is Status.OK else f"has only {percent(part.free_percent)} of its room left ({part.name})"
        yield Result(status, says, metric=Metric(f"free {part.name}", part.free_percent, "%"))

    def mistakes(self) -> Iterator[tuple[str, str]]:
        if not 1 <= self.port <= 65535:
            yield "port", "must be between 1 and 65535"
        yield from self.login_mistakes()


def storage(told: Told) -> Storage:
    """The storage in the words of whichever maker it is of; `ProbeError` when it is of none, or tells of no drive."""
    for understood in (synology.storage, qnap.storage):
        if found := understood(told):
            return found
    detail = f"SNMP: neither Synology's nor QNAP's MIB; it is “{told.text(DESCRIPTION)}”"
    raise ProbeError("it answers, but tells nothing about volumes and drives that we understand", detail, final=True)


def described(storage: Storage) -> str:
    """Everything in one line for IT."""
    facts = []
    for part in storage.parts:
        numbers = [f"{part.celsius:.0f} °C"] if part.celsius is not None else []
        if part.free_percent is not None and part.free_bytes is not None:
            numbers.append(f"{size(part.free_bytes)} ({part.free_percent:.0f} %) free")
        facts.append(f"{part.name}: {', '.join([part.told, *numbers])}")
    return f"{storage.model or 'storage'}: {'; '.join(facts)}"
