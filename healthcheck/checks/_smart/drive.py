"""One drive as smartctl tells of it, whatever it is connected by and in whatever form smartctl tells it."""

from __future__ import annotations

import re

from healthcheck.api import ProbeError, frozen, plain


@frozen
class Device:
    """How to ask for a drive: its file, and smartctl's word for how it is connected ("sat", "megaraid,3") if needed."""

    path: str
    type: str = ""

    @property
    def name(self) -> str:
        """What tells it from the others: several drives behind one controller have one file."""
        return f"{self.path} {self.type}" if "," in self.type else self.path

    @property
    def arguments(self) -> list[str]:
        return ["-d", self.type, self.path] if self.type else [self.path]


def device_of(words: str) -> Device:
    """ "/dev/sda", "/dev/sda -d sat", "/dev/bus/0 -d megaraid,3", or Windows' "PhysicalDrive0"; else `ProbeError`."""
    if of_windows := re.fullmatch(r"PhysicalDrive([0-9]{1,6})", words, re.IGNORECASE | re.ASCII):
        return Device(f"PhysicalDrive{of_windows[1]}")
    found = re.fullmatch(r"(?P<path>/dev/[\w./:-]{1,80})(?: -d (?P<type>[\w,+/:.-]{1,40}))?", words.strip(), re.ASCII)
    if found is None:
        raise ProbeError("its list of drives is unreadable", f"not a drive: {plain(words, 80)}")
    return Device(found["path"], _needed(found["type"] or ""))


def _needed(type_: str) -> str:
    """A search that opens nothing calls every drive "scsi", and asked as such, a SATA drive tells less."""
    return "" if type_ in ("scsi", "ata") else type_


@frozen
class Drive:
    """What a drive tells of itself. None is what it does not tell.

    exit             smartctl's exit code, a set of bits (smartctl(8), "EXIT STATUS")
    messages         smartctl's own complaints
    supported        whether it has SMART and SMART is switched on
    passed           its own verdict on its health
    failing, failed  attributes at or below their threshold now, and once
    worn_percent     how much of its rated life is used up; may be more than 100
    spare_percent    how much of its reserve of memory is left, and `spare_limit_percent` the least that is good
    warning          NVMe's critical warning, a set of bits
    reallocated      sectors or blocks that were replaced from the reserve
    pending          sectors that could not be read and wait to be written
    unreadable       errors that it could not correct, by its counters or by its log, whichever tells more
    self_test        the newest self-test, if it failed, in smartctl's words
    doubted          what the system itself holds against it, short of calling it broken
    logged           entries in its log of errors
    """

    device: Device
    model: str = ""
    serial: str = ""
    exit: int = 0
    messages: tuple[str, ...] = ()
    supported: bool | None = None
    passed: bool | None = None
    failing: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    worn_percent: int | None = None
    spare_percent: int | None = None
    spare_limit_percent: int | None = None
    warning: int | None = None
    reallocated: int | None = None
    pending: int | None = None
    unreadable: int | None = None
    temperature_c: int | None = None
    hours: int | None = None
    self_test: str = ""
    doubted: str = ""
    logged: int | None = None

    @property
    def tells_little(self) -> bool:
        """Whether commands failed and none of its numbers could be read: its verdict alone is not enough then."""
        numbers = (self.hours, self.temperature_c, self.worn_percent, self.reallocated, self.pending, self.unreadable)
        return bool(self.exit & 4 or self.messages) and all(number is None for number in numbers)

    @property
    def told(self) -> str:
        """For IT: which drive it is."""
        return " ".join(filter(None, [self.device.name, self.model, self.serial and f"({self.serial})"]))


# Attributes have numbers that each maker uses in another way; their names in smartctl's database tell what they count.
REALLOCATED = re.compile(
    r"Reallocated?_(?:Sector|Block|NAND)|Retired_(?:Sector|Block)|Re-?allocated_Sector|Bad_Block_Count"
)
PENDING = re.compile(r"(?:Current|Total)_Pending_")
UNREADABLE = re.compile(r"Reported_Uncorrect|Offline_Uncorrectable|^Uncorrectable_(?:Error|Sector)")
LIFE_LEFT = re.compile(
    r"Wear_Leveling_Count|Media_Wearout_Indicator|SSD_Life_Left|Percent_Life(?:time)?_Remain|Remaining_Lifetime_Perc"
    r"|Perc_Rated_Life_Remain|Remaining_Life|Drive_Life_Remaining"
)
MOST = 2**64
_COLDEST_C, _HOTTEST_C = -40, 150


def temperature(value: int | None) -> int | None:
    """A temperature that a drive can have; anything else is not told."""
    return value if value is not None and _COLDEST_C <= value <= _HOTTEST_C and value != 0 else None


def first_number(text: str) -> int | None:
    """The number that a raw value begins with: 29 of "29 (Min/Max 19/29)"."""
    found = re.match(r"\s*([0-9]{1,20})(?![0-9])", text)
    return int(found[1]) if found else None


def summed(counts: list[int]) -> int | None:
    """Their sum; of nothing, nothing is told."""
    return sum(counts) if counts else None


def uncorrectable(error: str) -> bool:
    """Whether an entry of the log of errors is about data that could not be read: "Error: UNC at LBA = …"."""
    return bool(re.match(r"Error: [^=]{0,60}\bUNC\b", error))
