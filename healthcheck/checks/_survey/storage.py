"""What a host keeps its data on: drives, sets of drives that stand in for each other, and what is mounted where."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from healthcheck.api import Answer, Mount, ProbeError, frozen, mounts_of, plain

DRIVES = r"""
timeout 8 lsblk -b -d -P -o NAME,TYPE,SIZE,MODEL,SERIAL,WWN,RM 2>/dev/null && exit
[ -d /sys/block ] || exit 1
read_first() { for file; do [ -r "$file" ] && { tr -d '"\n' <"$file"; return; }; done 2>/dev/null; }
for drive in /sys/block/*; do
  [ -e "$drive/device" ] || continue
  blocks=$(read_first "$drive/size")
  printf 'NAME="%s" TYPE="disk" SIZE="%s" MODEL="%s" SERIAL="%s" WWN="%s" RM="%s"\n' "${drive##*/}" \
    "$((${blocks:-0} * 512))" "$(read_first "$drive/device/model")" \
    "$(read_first "$drive/device/serial" "$drive/serial")" \
    "$(read_first "$drive/wwid" "$drive/device/wwid")" "$(read_first "$drive/removable")"
done
"""
"""Asks `lsblk`, or where there is none the kernel itself, in the same words."""
RAID = "[ ! -e /proc/mdstat ] || cat /proc/mdstat"

_PAIR = re.compile(r'([A-Z]+)="([^"]*)"')
_NO_DRIVE = re.compile(r"(?:loop|ram|zram|fd|sr|nbd|dm-|md|zd|drbd)\d|mmcblk\d+(?:boot|rpmb)")
_ESCAPE = re.compile(r"\\x([0-9a-fA-F]{2})")


@frozen
class Drive:
    """One drive. `model` and `serial` are what it says of itself, empty where it says nothing, as virtual ones do."""

    name: str
    size_bytes: int
    model: str = ""
    serial: str = ""
    removable: bool = False


def drives_of(answer: Answer) -> tuple[Drive, ...]:
    """The drives in `lsblk -b -d -P` (util-linux 2.23 and later): a line of NAME="sda" SIZE="…" … for each.

    Left out are discs, images, memory and what is made of other drives. Raises `ProbeError` for other text.
    """
    if answer.exit:
        raise _unreadable("drives", answer)
    found = []
    for line in filter(str.strip, answer.text.split("\n")):
        told = {key: _ESCAPE.sub(lambda code: chr(int(code[1], 16)), value) for key, value in _PAIR.findall(line)}
        if not re.fullmatch(r"[0-9]{1,20}", told.get("SIZE", "")) or not told.get("NAME") or "TYPE" not in told:
            raise _unreadable("drives", answer)
        drive = Drive(
            told["NAME"],
            int(told["SIZE"]),
            " ".join(told.get("MODEL", "").split()),
            " ".join((told.get("SERIAL", "").strip() or told.get("WWN", "")).split()),
            told.get("RM", "").strip() == "1",
        )
        if told["TYPE"] == "disk" and drive.size_bytes and not _NO_DRIVE.match(drive.name):
            found.append(drive)
    return tuple(found)


def drive_facts(drives: Iterable[Drive]) -> dict[str, str]:
    """Each built-in drive by what stays the same from start to start: its model and number, else its name.

    How it is: "4000787030016 sdb", its size in bytes and its name at present.
    """
    things: dict[str, str] = {}
    alike: Counter[str] = Counter()
    for drive in sorted(drives, key=lambda drive: drive.name):
        if drive.removable:
            continue
        name = f"{drive.model} {drive.serial}".strip() or drive.name
        if drive.model and not drive.serial:
            name = f"{name} ({drive.size_bytes})"
        alike[name] += 1
        if alike[name] > 1 and not drive.serial:  # two ways to one drive with a number are one drive
            name = f"{name} #{alike[name]}"
        things[name] = f"{drive.size_bytes} {drive.name}"
    return things


_ARRAY = re.compile(r"(md\S+) : (active|inactive)(?: \([a-z-]+\))*((?: \S+)*)\s*")
_MEMBER = re.compile(r"([^\s\[\]]+)\[\d+\]((?:\([A-Z]\))*)")
_WORKING = re.compile(r"\[(\d{1,4})/(\d{1,4})\] \[[U_]+\]")


def raid_facts(answer: Answer) -> dict[str, str]:
    """The running arrays of /proc/mdstat (md(4)); none where Linux has no such file.

    How each is: "raid1 2/2 sda1 sdb1", its level, how many members it should have and how many work, and their names.
    An array that is inactive serves nobody, and is not there.
    """
    if answer.exit or (answer.text.strip() and "Personalities" not in answer.text):
        raise _unreadable("arrays", answer)
    things: dict[str, str] = {}
    # An array takes the lines up to the next: the first names it, a later one counts its members.
    for block in re.split(r"^(?=md\S+ : )", answer.text, flags=re.MULTILINE)[1:]:
        first, _, rest = block.partition("\n")
        array = _ARRAY.fullmatch(first)
        if array is None:
            raise _unreadable("arrays", answer)
        name, state, words = array.groups()
        level = words.split()[0] if words.split() and not _MEMBER.fullmatch(words.split()[0]) else "?"
        members = sorted(member for member, marks in _MEMBER.findall(words) if not marks)
        counted = _WORKING.search(rest)
        wanted, working = counted.groups() if counted else (len(members), len(members))
        if state == "active":
            things[name] = " ".join([level, f"{int(working)}/{int(wanted)}", *members])
    return things


_COMES_AND_GOES = re.compile(
    r"/(?:run|tmp|snap|proc|sys|dev|var/tmp|var/snap|var/run|var/lib/(?:docker|containers|containerd|kubelet|snapd))(?:/.*)?"
    r"|/media/[^/]+/.+"
)
_ON_DEMAND = re.compile(r"^\S+ \S+ \S+ \S+ (\S+) .* - autofs ", re.MULTILINE)


def mount_facts(answer: Answer, drives: Iterable[Drive]) -> dict[str, str]:
    """What is mounted from drives and file servers, by path, from /proc/self/mountinfo: "ext4 /dev/sdb1".

    Left out is what comes and goes: sticks, images, container layers, and what is mounted when somebody asks for it.
    """
    on_demand = tuple(_ON_DEMAND.findall(answer.text))
    sticks = tuple(f"/dev/{drive.name}" for drive in drives if drive.removable)

    def stays(mount: Mount) -> bool:
        if not (mount.is_disk or mount.is_network) or _COMES_AND_GOES.fullmatch(mount.path):
            return False
        if any(mount.path == path or mount.path.startswith(f"{path.rstrip('/')}/") for path in on_demand):
            return False
        return not mount.source.startswith(sticks)

    return {mount.path: f"{mount.type} {mount.source}" for mount in mounts_of(answer) if stays(mount)}


def _unreadable(what: str, answer: Answer) -> ProbeError:
    return ProbeError(f"its {what} could not be read", f"exit {answer.exit}: {plain(answer.text, 80)}")
