"""Printers: whether they can print, and what is running out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from healthcheck.api import Check, Levels, Metric, ProbeError, Result, Status, Target, frozen, percent
from healthcheck.checks._snmp.asking import ask
from healthcheck.checks._snmp.login import PORT, Login
from healthcheck.checks._snmp.told import DESCRIPTION, Told, number

_DEVICE = "1.3.6.1.2.1.25.3.2.1"
_PRINTER = "1.3.6.1.2.1.25.3.5.1"
_COVER = "1.3.6.1.2.1.43.6.1.1"
_SUPPLY = "1.3.6.1.2.1.43.11.1.1"
_PRINTER_TYPE = "1.3.6.1.2.1.25.3.1.5"
TREES = (f"{_DEVICE}.2", f"{_DEVICE}.3", f"{_DEVICE}.5", _PRINTER, f"{_COVER}.2", f"{_COVER}.3", _SUPPLY)

_STATES = (
    (Status.WARNING, "is low on paper"),
    (Status.CRITICAL, "cannot print: it is out of paper"),
    (Status.WARNING, "is low on toner or ink"),
    (Status.CRITICAL, "cannot print: it is out of toner or ink"),
    (Status.CRITICAL, "cannot print: a cover or door of it is open"),
    (Status.CRITICAL, "cannot print: paper is jammed in it"),
    (Status.CRITICAL, "cannot print: it is set to offline"),
    (Status.WARNING, "asks for a technician"),
    (Status.WARNING, "misses a paper tray"),
    (Status.WARNING, "misses its output tray"),
    (Status.CRITICAL, "cannot print: a cartridge is missing"),
    (Status.WARNING, "has an output tray that is nearly full"),
    (Status.CRITICAL, "cannot print: its output tray is full"),
    (Status.WARNING, "has an empty paper tray"),
    (Status.WARNING, "is due for maintenance"),
)
"""hrPrinterDetectedErrorState (RFC 3805), bit by bit from the highest of the first octet on."""

_UNKNOWN, _RUNNING, _WARNING, _TESTING, _DOWN = 1, 2, 3, 4, 5
"""hrDeviceStatus (RFC 2790)."""
_WARMING_UP = 5
"""hrPrinterStatus (RFC 2790)."""
_OPEN = frozenset({3, 5})
_SHUT = frozenset({4, 6})
"""prtCoverStatus (RFC 3805): open or shut, as a cover or as an interlock."""

UNTOLD = "does not tell whether it can print"


@frozen
class Supply:
    """What a printer uses up. `left_percent` is None where it does not know; then `level` is its own word for that."""

    name: str
    left_percent: float | None
    level: int


@frozen
class Printing:
    """One printer. `state` and `device` are its own numbers, None where it tells none; `errors` its error bits."""

    name: str
    errors: bytes | None
    device: int | None = None
    state: int | None = None


@frozen
class Reading:
    """The printers behind one address, which are nearly always one, its covers that are open, and what it uses up."""

    printers: tuple[Printing, ...]
    supplies: tuple[Supply, ...] = ()
    open_covers: tuple[str, ...] = ()
    unclear_covers: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Printer(Login, Check[Reading]):
    """Whether a printer can print: paper, jams, covers, and how much toner or ink (%) is left in it.

    supply_percent  what is left of toner, ink, drum, or of the room for waste toner
    port            its UDP port
    community       SNMP version 2c: as { secret = "name" }; without it "public"
    user            SNMP version 3: the user's name; then no community
    auth_password   of that user, as { secret = "name" }
    priv_password   with which it is encrypted, as { secret = "name" }
    auth            how the password proves itself: md5, sha, sha224, sha256, sha384 or sha512
    priv            how it is encrypted: des, aes, aes192 or aes256

    OK: it says that nothing is wrong; asleep is well. Look: paper or toner low, a tray empty or missing, an output tray
    nearly full, maintenance due, a supply below its warning limit. Problem: it cannot print (no paper, no toner, a jam,
    a cover open, offline, output full), or a supply is below its critical limit.
    Could not check: no answer (a wrong community looks just like that), a refused login, something that is no printer,
    or one that does not tell whether it can print. What a maker does not measure ("some is left") is told to IT only.

    Needs SNMP switched on in the printer, for reading only. Versions 1 and 2c send the community readable.
    Sources: Printer-MIB (RFC 3805) and HOST-RESOURCES-MIB (RFC 2790).
    """

    kind: ClassVar[str] = "printer"
    default_attempts: ClassVar[int] = 2

    supply_percent: Levels = Levels.below(warning=10, critical=1)
    port: int = PORT

    async def probe(self, target: Target) -> Reading:
        return reading(await ask(target, self, scalars=(DESCRIPTION,), trees=TREES, port=self.port))

    def evaluate(self, reading: Reading, now: datetime) -> Iterator[Result]:
        detail = described(reading)
        for printer in reading.printers:
            for status, says in findings(printer, covers=bool(reading.open_covers)):
                yield Result(status, says, detail)
        if reading.open_covers:
            yield Result(*_STATES[4], f"open: {', '.join(reading.open_covers)}")
        if reading.unclear_covers:
            yield Result(Status.UNKNOWN, "does not tell whether its covers are shut", ", ".join(reading.unclear_covers))
        for supply in reading.supplies:
            if supply.left_percent is None:
                continue
            status = self.supply_percent.judge(supply.left_percent)
            left = f"has only {percent(supply.left_percent)} left of “{supply.name}”"
            says = f"has used up its “{supply.name}”" if supply.left_percent == 0 else left
            metric = Metric(f"supply {supply.name}", supply.left_percent, "%")
            yield Result(status, READY if status is Status.OK else says, metric=metric)

    def mistakes(self) -> Iterator[tuple[str, str]]:
        if not 1 <= self.port <= 65535:
            yield "port", "must be between 1 and 65535"
        yield from self.login_mistakes()


READY = "is ready to print"


def reading(told: Told) -> Reading:
    """The printers that a device tells of (RFC 3805, RFC 2790); `ProbeError` when it tells of none."""
    errors, states = told.rows(f"{_PRINTER}.2"), told.numbers(f"{_PRINTER}.1")
    kinds, names = told.texts(f"{_DEVICE}.2"), told.texts(f"{_DEVICE}.3")
    devices = told.numbers(f"{_DEVICE}.5")
    known = sorted({*errors, *states, *(index for index, kind in kinds.items() if kind == _PRINTER_TYPE)})
    printers = tuple(
        Printing(names.get(index, ""), told.octets(f"{_PRINTER}.2.{index}"), devices.get(index), states.get(index))
        for index in known
    )
    supplies = _supplies(told)
    if not printers and not supplies:
        detail = f"SNMP: no Printer-MIB; it is “{told.text(DESCRIPTION)}”"
        raise ProbeError("it answers, but not as a printer does", detail, final=True)
    texts = told.texts(f"{_COVER}.2")
    covers = told.rows(f"{_COVER}.3")
    state = {texts.get(index) or f"cover {index}": number(value) for index, value in covers.items()}
    return Reading(
        printers or (Printing("", None),),
        supplies,
        open_covers=tuple(name for name, value in state.items() if value in _OPEN),
        unclear_covers=tuple(name for name, value in state.items() if value not in _OPEN | _SHUT),
    )


def _supplies(told: Told) -> tuple[Supply, ...]:
    names, most = told.texts(f"{_SUPPLY}.6"), told.numbers(f"{_SUPPLY}.8")
    return tuple(
        Supply(names.get(index) or f"supply {index}", _share(level, most.get(index)), level)
        for index, level in told.numbers(f"{_SUPPLY}.9").items()
    )


def _share(level: int, most: int | None) -> float | None:
    """Percent, where both numbers are amounts: -1 is no limit, -2 unknown, -3 some left (RFC 3805)."""
    if most is None or most <= 0 or not 0 <= level <= most:
        return None
    return 100 * level / most


def findings(printer: Printing, *, covers: bool) -> list[tuple[Status, str]]:
    """What a printer says of itself; `covers`: that one is open is told elsewhere, by name."""
    found = [state for bit, state in enumerate(_STATES) if _is_set(printer.errors, bit) and not (covers and bit == 4)]
    if any(status is Status.CRITICAL for status, _ in found):
        return found
    if printer.device == _DOWN and printer.state != _WARMING_UP and not covers:
        return [*found, (Status.CRITICAL, "cannot print: it says that it is out of order")]
    if printer.errors is None or printer.device not in (None, _RUNNING, _WARNING, _TESTING, _DOWN):
        return [*found, (Status.UNKNOWN, UNTOLD)]
    return found or [(Status.OK, READY)]


def described(reading: Reading) -> str:
    """Everything told, in one line for IT."""
    facts = []
    for printer in reading.printers:
        bits = "none" if printer.errors is None else f"0x{printer.errors[:8].hex()}"
        facts.append(f"{printer.name or 'printer'}: device {printer.device}, status {printer.state}, errors {bits}")
    for supply in reading.supplies:
        left = _UNMEASURED.get(supply.level, f"level {supply.level}")
        facts.append(f"{supply.name}: {left if supply.left_percent is None else f'{supply.left_percent:.0f} %'}")
    return "; ".join(facts)


_UNMEASURED = {-1: "no limit", -2: "unknown", -3: "some left"}


def _is_set(octets: bytes | None, bit: int) -> bool:
    return octets is not None and bit // 8 < len(octets) and bool(octets[bit // 8] & 0x80 >> bit % 8)
