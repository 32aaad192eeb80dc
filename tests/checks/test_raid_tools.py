"""What the tools of storage arrays print: one table of cases for each tool, mostly one changed word each."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from healthcheck.api import Answer, ProbeError, Result, Status
from healthcheck.checks._raid import arcconf, btrfs, cciss, mdadm, megacli, ssacli, storcli, zfs
from healthcheck.checks._raid.array import Array, Found, Health, Part, Trouble
from healthcheck.checks._raid.judge import findings
from healthcheck.checks.raid import Raid, Storage
from healthcheck.model import worst
from tests.conftest import PACIFIC

DATA = Path(__file__).parents[1] / "data" / "raid"
NOW = datetime(2026, 11, 23, 5, 45, tzinfo=PACIFIC)


def recorded(name: str) -> str:
    return (DATA / name).read_text()


def changed(text: str, *changes: str) -> Answer:
    """The text with the first of each pair replaced by the second, wherever it stands."""
    for old, new in zip(changes[::2], changes[1::2], strict=True):
        assert old in text, old
        text = text.replace(old, new)
    return Answer(0, text)


def state(found: Found) -> tuple[list[tuple[Health, int | None]], list[Trouble]]:
    """How each array is and how many drives it has lost, and what is wrong besides."""
    return [(array.health, array.lost) for array in found.arrays], [part.trouble for part in found.parts]


# Linux's own


def md(rest: str, blocks: str = "[2/2] [UU]", more: str = "") -> str:
    head = "Personalities : [raid1] [raid6] [raid5] [raid4] [raid0] [raid10]"
    return f"{head}\nmd0 : {rest}\n      1000 blocks super 1.2 {blocks}\n{more}\nunused devices: <none>\n"


def at_work(what: str) -> str:
    return f"      [=====>...............]  {what} (21/73) finish=212.1min speed=40742K/sec\n"


PAIR = "active raid1 sda1[0] sdb1[1]"


@pytest.mark.fault(35)
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(md(PAIR), (Health.GOOD, 0, None), id="ok"),
        pytest.param(
            md("active (auto-read-only) raid1 sdb1[1] sda1[0](W)"), (Health.GOOD, 0, None), id="ok-not-yet-used"
        ),
        pytest.param(md(PAIR + " sdc1[2](S)"), (Health.GOOD, 0, None), id="ok-with-a-spare"),
        pytest.param(md(PAIR, more=at_work("check = 98.3%")), (Health.BUSY, 0, 98.3), id="ok-checking"),
        pytest.param(md("active raid0 sda1[0] sdb1[1]", "512k chunks"), (Health.GOOD, None, None), id="ok-stripes"),
        pytest.param(md(PAIR, more=at_work("resync =  9.9%")), (Health.SYNCING, 0, 9.9), id="look-resync"),
        pytest.param(md(PAIR, more="      \tresync=DELAYED\n"), (Health.SYNCING, 0, None), id="look-resync-waits"),
        pytest.param(md(PAIR, more=at_work("reshape = 1.0%")), (Health.SYNCING, 0, 1.0), id="look-reshape"),
        pytest.param(
            md("active raid1 sda1[2] sdb1[1]", "[2/1] [_U]", at_work("recovery =  0.4%")),
            (Health.REBUILDING, 1, 0.4),
            id="look-rebuilding",
        ),
        pytest.param(
            md("active raid1 sda1[2] sdb1[1]", "[2/1] [_U]", "      \tresync=PENDING\n"),
            (Health.DEGRADED, 1, None),
            id="problem-waits-for-nothing-that-helps",
        ),
        pytest.param(
            md("active raid6 sde1[6] sdb1[0] sdg1[3] sdd1[2] sdc[1]", "[6/4] [UUUU__]", at_work("recovery = 19.6%")),
            (Health.DEGRADED, 2, 19.6),
            id="problem-rebuilding-one-of-two",
        ),
        pytest.param(
            md("active raid5 sdc1[3](F) sdb1[0] sdd1[2]", "[3/2] [U_U]"),
            (Health.DEGRADED, 1, None),
            id="problem-degraded",
        ),
        pytest.param(md("active raid1 sdb1[1]", "[2/1] [_U]"), (Health.DEGRADED, 1, None), id="problem-one-gone"),
        pytest.param(md("active raid5 sdb1[0]", "[3/1] [U__]"), (Health.FAILED, 2, None), id="problem-too-many-gone"),
        pytest.param(md("active raid10 sdb1[0]", "[4/1] [U___]"), (Health.FAILED, 3, None), id="problem-mirrors-gone"),
        pytest.param(
            md("active raid0 sda1[0](F) sdb1[1]", "512k chunks"),
            (Health.FAILED, None, None),
            id="problem-a-stripe-failed",
        ),
        pytest.param(
            md("broken raid0 sda1[0] sdb1[1]", "512k chunks"), (Health.FAILED, None, None), id="problem-broken"
        ),
        pytest.param(md("inactive sda1[0](S)", ""), (Health.FAILED, None, None), id="problem-not-started"),
        pytest.param(
            md("active raid7 sda1[0] sdb1[1]"), (Health.UNTOLD, 0, None), id="could-not-check-level-of-the-future"
        ),
        pytest.param(
            md("active raid1 sda1[0] sdb1[1]", "half"), (Health.UNTOLD, None, None), id="could-not-check-no-counts"
        ),
    ],
)
def test_arrays_of_the_kernel(text: str, expected: tuple[Health, int | None, float | None]) -> None:
    [array] = mdadm.mdstat(Answer(0, text)).arrays
    assert (array.health, array.lost, array.done_percent) == expected


def test_a_failed_spare_of_the_kernel_is_named() -> None:
    found = mdadm.mdstat(Answer(0, md(PAIR + " sdc1[2](F)")))
    assert found.parts == (Part("sdc1", Trouble.FAILED_DRIVE, "md0: sdc1[2](F)"),)


def test_a_container_of_firmware_metadata_is_no_array() -> None:
    text = md("active raid1 sda[1] sdb[0]") + "\n"
    container = "md127 : inactive sda[1](S) sdb[0](S)\n      5288 blocks super external:imsm\n\nunused"
    assert len(mdadm.mdstat(Answer(0, text.replace("unused", container))).arrays) == 1


def test_a_kernel_that_never_had_an_array_has_none() -> None:
    assert mdadm.mdstat(Answer(1, "cat: /proc/mdstat: No such file or directory")) == Found("mdadm")
    assert mdadm.mdstat(Answer(0, "Personalities : \nunused devices: <none>")) == Found("mdadm")


@pytest.mark.fault(35)
@pytest.mark.parametrize(
    ("file", "changes", "expected"),
    [
        pytest.param("ok-spare", (), (Health.GOOD, 0, None), id="ok-with-a-spare"),
        pytest.param("ok-raid0", (), (Health.GOOD, 0, None), id="ok-stripes"),
        pytest.param("ok-raid5", (), (Health.GOOD, 0, None), id="ok-raid5"),
        pytest.param("look-resyncing", (), (Health.SYNCING, 0, 4.0), id="look-resyncing"),
        pytest.param("problem-degraded", (), (Health.DEGRADED, 1, None), id="problem-degraded"),
        pytest.param(
            "problem-degraded",
            ("clean, degraded", "clean, degraded, recovering", "  removed", "  spare rebuilding   /dev/vda4",
             "Consistency Policy : resync", "Consistency Policy : resync\n\n    Rebuild Status : 37% complete"),
            (Health.REBUILDING, 1, 37.0),
            id="look-rebuilding",
        ),
        pytest.param("ok-raid5", ("State : clean", "State : clean, FAILED"), (Health.FAILED, 0, None),
            id="problem-failed"),
        pytest.param("ok-raid5", ("State : clean", "State : shiny"), (Health.UNTOLD, 0, None),
            id="could-not-check-word"),
        pytest.param(
            "ok-raid5", ("Active Devices : 3", "Active Devices : 2"), (Health.DEGRADED, 1, None),
                id="problem-count-only"
        ),
    ],
)  # fmt: skip
def test_what_mdadm_tells(
    file: str, changes: tuple[str, ...], expected: tuple[Health, int | None, float | None]
) -> None:
    [array] = mdadm.detail(changed(recorded(f"mdadm-detail-{file}.txt"), *changes), "md0").arrays
    assert (array.health, array.lost, array.done_percent) == expected


# ZFS

POOL = """  pool: tank
 state: ONLINE
  scan: scrub repaired 0B in 00:10:11 with 0 errors on Sun Nov  8 00:34:12 2026
config:

\tNAME                        STATE     READ WRITE CKSUM
\ttank                        ONLINE       0     0     0
\t  raidz2-0                  ONLINE       0     0     0
\t    /dev/sda1               ONLINE       0     0     0
\t    /dev/sdb1               ONLINE       0     0     0
\t    /dev/sdc1               ONLINE       0     0     0
\t    /dev/sdd1               ONLINE       0     0     0
\tlogs\t
\t  /dev/nvme0n1p1            ONLINE       0     0     0
\tspares
\t  /dev/sde1                 AVAIL   

errors: No known data errors
"""  # noqa: W291  zpool leaves spaces there
SDB = "/dev/sdb1               ONLINE       0     0     0"
FILLED = """spare-1  DEGRADED 0 0 0
\t      123456  UNAVAIL  0  0  0  was /dev/sdb1
\t      /dev/sde1  ONLINE  0 0 0  (resilvering)"""


@pytest.mark.fault(35)
@pytest.mark.parametrize(
    ("changes", "arrays", "parts"),
    [
        pytest.param((), [(Health.GOOD, 0)], [], id="ok"),
        pytest.param(
            ("scrub repaired 0B in", "scrub in progress since", "00:10:11 with", "Mon, 12.34% done, with"),
            [(Health.BUSY, 0)], [], id="ok-scrubbing",
        ),
        pytest.param(
            ("scrub repaired 0B in", "resilver in progress since Sun\n\t1G resilvered, 12.34% done"),
            [(Health.SYNCING, 0)], [], id="look-resilvering",
        ),
        pytest.param((SDB, SDB.replace("0     0     0", "0     0    12")), [(Health.GOOD, 0)], [Trouble.ERRORS],
            id="look-errors"),
        pytest.param((SDB, SDB.replace("0     0     0", "0  1.2K     0")), [(Health.GOOD, 0)], [Trouble.ERRORS],
            id="look-many-errors"),
        pytest.param(("AVAIL   ", "UNAVAIL   cannot open"), [(Health.GOOD, 0)], [Trouble.FAILED_DRIVE],
            id="look-spare-gone"),
        pytest.param(
            ("state: ONLINE", "state: DEGRADED", SDB, "123456  UNAVAIL  0  0  0  was /dev/sdb1"),
            [(Health.DEGRADED, 1)], [], id="problem-degraded",
        ),
        pytest.param(
            ("state: ONLINE", "state: DEGRADED", "scrub repaired 0B in",
                "resilver in progress since Sun\n\t1G, 50% done",
             SDB, FILLED,
             "AVAIL   ", "INUSE     currently in use"),
            [(Health.REBUILDING, 1)], [], id="look-a-spare-is-being-filled",
        ),
        pytest.param(
            ("state: ONLINE", "state: DEGRADED", "scrub repaired 0B in",
                "resilver in progress since Sun\n\t1G, 50% done",
             SDB, "123456  UNAVAIL  0  0  0  was /dev/sdb1"),
            [(Health.DEGRADED, 1)], [], id="problem-nothing-takes-its-place",
        ),
        pytest.param(("state: ONLINE", "state: SUSPENDED"), [(Health.FAILED, 0)], [], id="problem-suspended"),
        pytest.param(("state: ONLINE", "state: PONDERING"), [(Health.UNTOLD, 0)], [], id="could-not-check-pool-word"),
        pytest.param((SDB, SDB.replace("ONLINE", "DREAMING")), [(Health.UNTOLD, 0)], [],
            id="could-not-check-drive-word"),
        pytest.param(
            ("No known data errors", "Permanent errors have been detected in the following files:\n\n        /tank/x"),
            [(Health.GOOD, 0)], [Trouble.DAMAGED_FILES], id="problem-damaged-files",
        ),
    ],
)  # fmt: skip
def test_pools(changes: tuple[str, ...], arrays: list[tuple[Health, int]], parts: list[Trouble]) -> None:
    assert state(zfs.status(changed(POOL, *changes))) == (arrays, parts)


def test_recorded_pools() -> None:
    assert state(zfs.status(Answer(0, recorded("zpool-status-ok.txt")))) == ([(Health.GOOD, 0)] * 3, [])
    [array] = zfs.status(Answer(0, recorded("zpool-status-problem-degraded.txt"))).arrays
    assert (array.health, array.drives, array.lost, array.survives) == (Health.DEGRADED, 2, 1, 0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tank\tONLINE\nold\tFAULTED\n", [("tank", Health.GOOD), ("old", Health.FAILED)]),
        ("NAME  SIZE  HEALTH  ALTROOT\nzion  -  DEGRADED  -\n  mirror-0  -  ONLINE\n", [("zion", Health.DEGRADED)]),
        ("no pools available\n", []),
        ("", []),
    ],
)
def test_the_list_of_pools(text: str, expected: list[tuple[str, Health]]) -> None:
    assert [(array.name, array.health) for array in zfs.listing(Answer(0, text)).arrays] == expected


# btrfs

SHOW = """Label: 'data'  uuid: 25d40deb-fd68-4926-bd2b-b9b1f5e51723
\tTotal devices 2 FS bytes used 144.00KiB
\tdevid    1 size 300.00MiB used 104.00MiB path /dev/loop0
\tdevid    2 size 300.00MiB used 104.00MiB path /dev/loop1

"""
SECOND = "\tdevid    2 size 300.00MiB used 104.00MiB path /dev/loop1\n"


@pytest.mark.fault(35)
@pytest.mark.parametrize(
    ("changes", "drives", "lost"),
    [
        pytest.param((), 2, 0, id="ok"),
        pytest.param((SECOND, "\tdevid    2 size 0 used 0 path  MISSING\n"), 2, 1, id="problem-missing-6.2"),
        pytest.param((SECOND, "\tdevid    2 size 0 used 0 path /dev/loop1 MISSING\n"), 2, 1, id="problem-missing-6.7"),
        pytest.param((SECOND, "\t*** Some devices missing\n"), 2, 1, id="problem-missing-4"),
        pytest.param(
            ("devices 2", "devices 3", "\tdevid    1", "\tdevid    0 size 9 used 9 path /dev/loop2\n\tdevid    1"),
            2, 0, id="ok-a-third-is-being-filled",
        ),
    ],
)  # fmt: skip
def test_file_systems_of_several_drives(changes: tuple[str, ...], drives: int, lost: int) -> None:
    [(array, _)] = btrfs.shown(changed(SHOW, *changes))
    assert (array.name, array.drives, array.lost) == ("data", drives, lost)


@pytest.mark.parametrize(
    ("level", "lost", "replaced", "health", "survives"),
    [
        pytest.param("raid1", 0, None, Health.GOOD, 1, id="ok"),
        pytest.param("raid1", 1, None, Health.DEGRADED, 0, id="problem-degraded"),
        pytest.param("raid1c3", 1, None, Health.DEGRADED, 1, id="problem-one-of-three-copies"),
        pytest.param("raid10", 1, None, Health.DEGRADED, None, id="problem-stripes-of-mirrors"),
        pytest.param("raid1", 1, 35.0, Health.REBUILDING, 0, id="look-replacing"),
        pytest.param("raid1", 2, None, Health.FAILED, 0, id="problem-both"),
        pytest.param("single", 1, None, Health.FAILED, None, id="problem-no-second-copy"),
        pytest.param("", 1, None, Health.DEGRADED, None, id="problem-not-mounted"),
    ],
)
def test_what_a_lost_drive_means_depends_on_the_profile(
    level: str, lost: int, replaced: float | None, health: Health, survives: int | None
) -> None:
    array = Array("data", Health.DEGRADED if lost else Health.GOOD, "told", 4, lost)
    judged = btrfs.judged(array, level, replaced)
    assert (judged.health, judged.survives, judged.done_percent) == (health, survives, replaced)


def test_profiles_and_replacements_are_read() -> None:
    df = "Data, RAID1: total=64.00MiB, used=0.00B\nSystem, single: total=8.00MiB, used=16.00KiB\n"
    assert btrfs.profile(Answer(0, df)) == "single"
    assert btrfs.profile(Answer(0, df.replace("single", "RAID1") + "GlobalReserve, single: total=5MiB\n")) == "raid1"
    assert btrfs.replacing(Answer(0, "35.0% done, 0 write errs, 0 uncorr. read errs\n")) == 35.0
    assert btrfs.replacing(Answer(0, "Never started\n")) is None


def test_counted_errors_of_btrfs_are_named() -> None:
    text = "[/dev/sda].write_io_errs    0\n[/dev/sda].corruption_errs  0\n[/dev/sdb].write_io_errs   12\n"
    told = "/dev/sdb: write_io_errs 12; reset with btrfs device stats -z"
    assert btrfs.stats(Answer(0, text)) == (Part("/dev/sdb", Trouble.ERRORS, told),)


# Vendors' tools: a healthy mirror of two drives and a spare, and what changes when something breaks

LDPD, PDLIST, BBU = (recorded(f"megacli-{name}.txt") for name in ("ldpdinfo", "pdlist", "bbustatus"))
SSD_B = "Firmware state: Online, Spun Up\nInquiry Data: SSD-B"


@pytest.mark.fault(35)
@pytest.mark.parametrize(
    ("parse", "text", "changes", "arrays", "parts"),
    [
        pytest.param(megacli.volumes, LDPD, (), [(Health.GOOD, 0)], [], id="ok-volume"),
        pytest.param(
            megacli.volumes, LDPD, (": Optimal", ": Degraded", SSD_B, "Firmware state: Rebuild\nInquiry Data: SSD-B"),
            [(Health.REBUILDING, 1)], [], id="look-rebuilding",
        ),
        pytest.param(
            megacli.volumes, LDPD, ("Current Cache Policy: WriteBack", "Current Cache Policy: WriteThrough"),
            [(Health.GOOD, 0)], [Trouble.CACHE_OFF], id="look-cache-off",
        ),
        pytest.param(
            megacli.volumes, LDPD, (": Optimal", ": Degraded", SSD_B, "Firmware state: Failed\nInquiry Data: SSD-B"),
            [(Health.DEGRADED, 1)], [], id="problem-degraded",
        ),
        pytest.param(
            megacli.volumes, LDPD.partition("PD: 0")[0], (": Optimal", ": Degraded"),
            [(Health.DEGRADED, 1)], [], id="problem-degraded-without-drives",
        ),
        pytest.param(megacli.volumes, LDPD, (": Optimal", ": Offline"), [(Health.FAILED, 0)], [], id="problem-offline"),
        pytest.param(megacli.volumes, LDPD, (": Optimal", ": Wobbly"), [(Health.UNTOLD, 0)], [],
            id="could-not-check-word"),
        pytest.param(
            megacli.volumes, LDPD, (SSD_B, "Firmware state: Failed\nInquiry Data: SSD-B"),
            [(Health.UNTOLD, 1)], [], id="could-not-check-contradiction",
        ),
    ],
)  # fmt: skip
def test_volumes_of_megacli(
    parse: Callable[[Answer], Found], text: str, changes: tuple[str, ...],
    arrays: list[tuple[Health, int | None]], parts: list[Trouble],
) -> None:  # fmt: skip
    assert state(parse(changed(text, *changes))) == (arrays, parts)


SAID_FAILED, SAID_NEW = SSD_B.replace("Online, Spun Up", "Failed"), SSD_B.replace("Online", "Singing")


@pytest.mark.fault(35)
@pytest.mark.parametrize(
    ("parse", "text", "changes", "troubles"),
    [
        pytest.param(megacli.drives, PDLIST, (), [], id="ok-drives"),
        pytest.param(megacli.drives, PDLIST, ("SSD-B\nDrive has flagged a S.M.A.R.T alert : No",
                     "SSD-B\nDrive has flagged a S.M.A.R.T alert : Yes"), [Trouble.PREDICTED], id="look-alert"),
        pytest.param(megacli.drives, PDLIST, ("Slot Number: 2\nPredictive Failure Count: 0",
                     "Slot Number: 2\nPredictive Failure Count: 3"), [Trouble.PREDICTED], id="look-predicted"),
        pytest.param(megacli.drives, PDLIST, (SSD_B, SAID_FAILED), [Trouble.FAILED_DRIVE], id="look-failed-drive"),
        pytest.param(megacli.drives, PDLIST, (SSD_B, SAID_NEW), [Trouble.UNTOLD], id="could-not-check-drive-word"),
        pytest.param(megacli.batteries, BBU, (), [], id="ok-battery"),
        pytest.param(megacli.batteries, BBU, ("required            : No", "required            : Yes"),
                     [Trouble.BATTERY], id="look-battery-to-replace"),
        pytest.param(megacli.batteries, BBU, ("Battery State: Optimal", "Battery State: Degraded(Need Attention)"),
                     [Trouble.BATTERY], id="look-battery-degraded"),
        pytest.param(megacli.batteries, BBU, ("Low                  : No", "Low                  : Yes"),
                     [Trouble.BATTERY], id="look-battery-low"),
        pytest.param(megacli.batteries, BBU, ("Low                  : No", "Low                  : Yes",
                     "Active                      : No", "Active                      : Yes"), [],
                         id="ok-battery-learning"),
        pytest.param(megacli.batteries, BBU, ("State: Optimal", "State: Confused"),
                     [Trouble.UNTOLD], id="could-not-check-battery-word"),
        pytest.param(megacli.batteries, "Adapter 0: Get BBU Status Failed.\n\nExit Code: 0x01\n", (),
                     [Trouble.UNTOLD], id="could-not-check-battery-silent"),
        pytest.param(megacli.batteries, "Adapter 0: Get BBU Status Failed.\nFW error description: \n"
                     "  The required hardware is not present.\n\nExit Code: 0x22\n", (), [], id="ok-without-battery"),
    ],
)  # fmt: skip
def test_parts_of_megacli(
    parse: Callable[[Answer], tuple[Part, ...]], text: str, changes: tuple[str, ...], troubles: list[Trouble]
) -> None:
    assert [part.trouble for part in parse(changed(text, *changes))] == troubles


VOLUME_OK, VOLUME = '"TYPE": "RAID1", "State": "Optl"', '"TYPE": "RAID1", "State": "{}"'
SLOT_OK, SLOT = '"252:1", "DID": 9, "State": "Onln", "DG"', '"252:1", "DID": 9, "State": "{}", "DG"'


@pytest.mark.fault(35)
@pytest.mark.parametrize(
    ("changes", "arrays", "parts"),
    [
        pytest.param((), [(Health.GOOD, 0)], [], id="ok"),
        pytest.param(
            (VOLUME_OK, VOLUME.format("Dgrd"), SLOT_OK, SLOT.format("Rbld")), [(Health.REBUILDING, 1)], [],
            id="look-rebuilding",
        ),
        pytest.param(('"CVPM02", "State": "Optimal"', '"CVPM02", "State": "Failed"'), [(Health.GOOD, 0)],
                     [Trouble.BATTERY], id="look-battery"),
        pytest.param(('"CVPM02", "State": "Optimal"', '"CVPM02", "State": "Bored"'), [(Health.GOOD, 0)],
                     [Trouble.UNTOLD], id="could-not-check-battery-word"),
        pytest.param(('"Controller Status": "Optimal"', '"Controller Status": "Needs Attention"'), [(Health.GOOD, 0)],
                     [Trouble.CONTROLLER], id="look-controller"),
        pytest.param(('"State": "GHS"', '"State": "UBad"'), [(Health.GOOD, 0)], [Trouble.FAILED_DRIVE],
            id="look-spare-bad"),
        pytest.param(
            (VOLUME_OK, VOLUME.format("Dgrd"), SLOT_OK, SLOT.format("Rbld"),
             '"DID": 8, "Type": "DRIVE", "State": "Onln"', '"DID": "-", "Type": "DRIVE", "State": "Msng"'),
            [(Health.DEGRADED, 2)], [], id="problem-rebuilding-one-of-two",
        ),
        pytest.param(
            (VOLUME_OK, VOLUME.format("Dgrd"), SLOT_OK, SLOT.format("Failed")), [(Health.DEGRADED, 1)],
            [Trouble.FAILED_DRIVE], id="problem-degraded",
        ),
        pytest.param(
            (VOLUME_OK, VOLUME.format("Dgrd"), SLOT_OK, SLOT.format("UGood").replace('"DG"', '"-"'),
             '"DID": 9, "Type": "DRIVE", "State": "Onln"', '"DID": "-", "Type": "DRIVE", "State": "Msng"'),
            [(Health.DEGRADED, 1)], [], id="problem-drive-taken-out",
        ),
        pytest.param((VOLUME_OK, VOLUME.format("OfLn")), [(Health.FAILED, 0)], [], id="problem-offline"),
        pytest.param((VOLUME_OK, VOLUME.format("Xyzw")), [(Health.UNTOLD, 0)], [], id="could-not-check-word"),
        pytest.param((SLOT_OK, SLOT.format("Wobbly")), [(Health.GOOD, 1)], [Trouble.UNTOLD],
            id="could-not-check-drive"),
    ],
)  # fmt: skip
def test_volumes_of_storcli(changes: tuple[str, ...], arrays: list[tuple[Health, int]], parts: list[Trouble]) -> None:
    done = storcli.rebuilds(Answer(0, recorded("storcli-rebuild.json")))
    found = storcli.controllers(changed(recorded("storcli-call-show-all.json"), *changes), done)
    assert state(found) == (arrays, parts)
    rebuilding = SLOT.format("Rbld") in changes
    assert [array.done_percent for array in found.arrays] == [34.0 if rebuilding else None]


def test_a_drive_that_storcli_expects_to_fail() -> None:
    text = recorded("storcli-drives.json")
    assert list(storcli.predicted(Answer(0, text))) == []
    told = "/c0/e252/s1: predictive failures 4, S.M.A.R.T. alert No"
    assert list(storcli.predicted(changed(text, '"Predictive Failure Count": 0', '"Predictive Failure Count": 4'))) == [
        Part("/c0/e252/s1", Trouble.PREDICTED, told)
    ]


def test_storcli_without_a_controller_knows_no_array() -> None:
    none = {"Controllers": [{"Command Status": {"Status": "Failure", "Description": "No Controller found"}}]}
    assert storcli.controllers(Answer(0, json.dumps(none)), {}) == Found("storcli")


SSACLI = recorded("ssacli-config-detail.txt")
OK_2 = "physicaldrive 1I:1:2 (port 1I:box 1:bay 2, SAS, 300 GB, OK)"
BAY_2 = "Bay: 2\n         Status: OK"


@pytest.mark.fault(35)
@pytest.mark.parametrize(
    ("changes", "arrays", "parts"),
    [
        pytest.param((), [(Health.GOOD, 0)], [], id="ok"),
        pytest.param(
            ("Fault Tolerance: 1\n         Status: OK",
                "Fault Tolerance: 1\n         Status: Parity Initialization, 12.5%"), [(Health.BUSY, 0)], [],
                    id="ok-building",
        ),
        pytest.param(
            ("Fault Tolerance: 1\n         Status: OK",
                "Fault Tolerance: 1\n         Status: Recovering, 27.1% complete",
             BAY_2, BAY_2.replace("OK", "Rebuilding")), [(Health.REBUILDING, 1)], [], id="look-rebuilding",
        ),
        pytest.param((BAY_2, BAY_2.replace("OK", "Predictive Failure")), [(Health.GOOD, 0)], [Trouble.PREDICTED],
                     id="look-predicted"),
        pytest.param(("Bay: 3\n         Status: OK", "Bay: 3\n         Status: Failed"), [(Health.GOOD, 0)],
                     [Trouble.FAILED_DRIVE], id="look-spare-failed"),
        pytest.param(("Cache Status: OK", "Cache Status: Temporarily Disabled"), [(Health.GOOD, 0)],
                     [Trouble.CACHE_OFF], id="look-cache"),
        pytest.param(("Capacitor Status: OK", "Capacitor Status: Failed (Replace Batteries/Capacitors)"),
                     [(Health.GOOD, 0)], [Trouble.BATTERY], id="look-battery"),
        pytest.param(("Controller Status: OK", "Controller Status: Sulking"), [(Health.GOOD, 0)], [Trouble.UNTOLD],
                     id="could-not-check-controller"),
        pytest.param(
            ("Fault Tolerance: 1\n         Status: OK", "Fault Tolerance: 1\n         Status: Interim Recovery Mode",
             BAY_2, BAY_2.replace("OK", "Failed")), [(Health.DEGRADED, 1)], [Trouble.FAILED_DRIVE],
                 id="problem-degraded",
        ),
        pytest.param(("Fault Tolerance: 1\n         Status: OK", "Fault Tolerance: 1\n         Status: Failed"),
                     [(Health.FAILED, None)], [], id="problem-failed"),
        pytest.param(("Fault Tolerance: 1\n         Status: OK", "Fault Tolerance: 1\n         Status: Meditating"),
                     [(Health.UNTOLD, None)], [], id="could-not-check-word"),
        pytest.param((BAY_2, BAY_2.replace("OK", "Humming")), [(Health.GOOD, None)], [Trouble.UNTOLD],
                     id="could-not-check-drive"),
    ],
)  # fmt: skip
def test_volumes_of_ssacli(
    changes: tuple[str, ...], arrays: list[tuple[Health, int | None]], parts: list[Trouble]
) -> None:
    assert state(ssacli.config(changed(SSACLI, *changes))) == (arrays, parts)


@pytest.mark.parametrize(
    ("told", "health"),
    [
        pytest.param("OK", Health.GOOD, id="ok"),
        pytest.param("Recovering, 27.1% complete", Health.REBUILDING, id="look-rebuilding"),
        pytest.param("Interim Recovery Mode", Health.DEGRADED, id="problem-degraded"),
        pytest.param("Failed", Health.FAILED, id="problem-failed"),
        pytest.param("Humming", Health.UNTOLD, id="could-not-check-word"),
    ],
)
def test_the_short_form_of_ssacli(told: str, health: Health) -> None:
    text = f"Smart Array E200i in Slot 0 (Embedded)\n\n   array A\n\n      logicaldrive 1 (136.7 GB, RAID 5, {told})\n"
    [array] = ssacli.config(Answer(0, text)).arrays
    assert (array.name, array.health) == ("slot 0 volume 1", health)


def test_an_array_that_ssacli_calls_failed_is_not_fine_because_its_volume_is() -> None:
    text = "MSA1500 CS in MY STORAGE\n\n   array B (Failed)\n\n      logicaldrive 2 (2.2 TB, RAID 5, OK)\n"
    assert state(ssacli.config(Answer(0, text))) == ([(Health.DEGRADED, None)], [])
    assert state(ssacli.config(Answer(0, text.replace("Failed", "Odd")))) == ([(Health.GOOD, None)], [Trouble.UNTOLD])


def test_an_answer_with_volumes_without_end_is_refused() -> None:
    text = "Smart Array P410 in Slot 1\n" + "logicaldrive 1 (1 TB, RAID 1, OK)\n" * 3001
    with pytest.raises(ProbeError, match="unreadable"):
        ssacli.config(Answer(0, text))


def test_volumes_of_two_controllers_are_told_apart() -> None:
    text = "".join(
        f"{name}\n\n   array A\n\n      logicaldrive 1 (2.2 TB, RAID 5, {how})\n\n"
        for name, how in (("Smart Array P410 in Slot 1", "Failed"), ("MSA1500 CS in MY STORAGE", "OK"))
    )
    assert [(array.name, array.health) for array in ssacli.config(Answer(0, text)).arrays] == [
        ("slot 1 volume 1", Health.FAILED),
        ("MY STORAGE volume 1", Health.GOOD),
    ]


ARCCONF = recorded("arcconf-getconfig.txt")
SEGMENT = "Segment 1                                : Present (Controller:1,Connector:0,Device:1)"
VOLUME_STATE = "Status of Logical Device                 : Optimal"


@pytest.mark.fault(35)
@pytest.mark.parametrize(
    ("changes", "at_work", "arrays", "parts"),
    [
        pytest.param((), {}, [(Health.GOOD, 0)], [], id="ok"),
        pytest.param((), {"0": ("build/verify", 11.0)}, [(Health.BUSY, 0)], [], id="ok-building"),
        pytest.param(
            (VOLUME_STATE, VOLUME_STATE.replace("Optimal", "Degraded"), SEGMENT,
                SEGMENT.replace("Present", "Rebuilding")),
            arcconf.tasks(Answer(0, recorded("arcconf-getstatus.txt"))), [(Health.REBUILDING, 1)], [],
                id="look-rebuilding",
        ),
        pytest.param(("S.M.A.R.T. warnings                : 0", "S.M.A.R.T. warnings                : 5"), {},
                     [(Health.GOOD, 0)], [Trouble.PREDICTED] * 2, id="look-predicted"),
        pytest.param(("   Status                                   : Optimal", "   Status       : Failed"), {},
                     [(Health.GOOD, 0)], [Trouble.BATTERY], id="look-battery"),
        pytest.param(("   Status                                   : Optimal", "   Status       : Grumpy"), {},
                     [(Health.GOOD, 0)], [Trouble.UNTOLD], id="could-not-check-battery"),
        pytest.param(("Controller Status                        : Optimal", "Controller Status : Degraded"), {},
                     [(Health.GOOD, 0)], [Trouble.CONTROLLER], id="look-controller"),
        pytest.param(
            (VOLUME_STATE, VOLUME_STATE.replace("Optimal", "Degraded"), SEGMENT, SEGMENT.replace("Present", "Missing")),
            {}, [(Health.DEGRADED, 1)], [], id="problem-degraded",
        ),
        pytest.param((VOLUME_STATE, VOLUME_STATE.replace("Optimal", "Offline")), {}, [(Health.FAILED, None)], [],
                     id="problem-offline"),
        pytest.param((VOLUME_STATE, VOLUME_STATE.replace("Optimal", "Wistful")), {}, [(Health.UNTOLD, None)], [],
                     id="could-not-check-word"),
        pytest.param((SEGMENT, SEGMENT.replace("Present", "Absent")), {}, [(Health.UNTOLD, 1)], [],
                     id="could-not-check-contradiction"),
        pytest.param(("Controllers found", "Controllers Found", "Logical Device number 0", "Logical drive number 0",
                      "Status of Logical Device                 : Optimal", "Status of logical drive : Okay"), {},
                     [(Health.GOOD, 0)], [], id="ok-in-older-and-newer-words"),
        pytest.param((VOLUME_STATE, VOLUME_STATE.replace("Optimal", "Impacted")), {}, [(Health.SYNCING, 0)], [],
                     id="look-stripes-to-verify"),
        pytest.param(("   Status                                   : Optimal", "   Status   : ZMM not installed"), {},
                     [(Health.GOOD, 0)], [], id="ok-without-battery"),
        pytest.param(("Defunct disk drive count                 : 0", "Defunct disk drive count  : 1"), {},
                     [(Health.GOOD, 0)], [Trouble.FAILED_DRIVE], id="look-defunct-drive"),
        pytest.param(("Device 1\n         Model", "Device 1\n         State : Failed\n         Model"), {},
                     [(Health.GOOD, 0)], [], id="ok-first-state-counts"),
    ],
)  # fmt: skip
def test_volumes_of_arcconf(
    changes: tuple[str, ...], at_work: dict[str, tuple[str, float | None]],
    arrays: list[tuple[Health, int | None]], parts: list[Trouble],
) -> None:  # fmt: skip
    assert state(arcconf.config(changed(ARCCONF, *changes), at_work, 1)) == (arrays, parts)


CCISS = recorded("cciss-vol-status.txt")
FAILED_APART = """  Failed drives:
         connector 1I box 1 bay 4                 HP      EF0300FARMU                          3SE0DDDD     HPD6

    Total of 1 failed physical drives detected on this logical drive.
  Physical drives: 3"""
BATTERY_LOW = """enabled: No
   Write cache temporarily disabled
           Temporary disable condition. Posted write operations have
been disabled due to the fact that less than 75% of the
battery packs are at the sufficient voltage level."""


@pytest.mark.fault(35)
@pytest.mark.parametrize(
    ("changes", "health", "parts"),
    [
        pytest.param((), Health.GOOD, [], id="ok"),
        pytest.param(("status: OK.", "status: Currently recovering."), Health.REBUILDING, [], id="look-rebuilding"),
        pytest.param(("enabled: Yes", "enabled: No\n   Write cache temporarily disabled"), Health.GOOD,
                     [Trouble.CACHE_OFF], id="look-cache-off"),
        pytest.param(("enabled: Yes", BATTERY_LOW), Health.GOOD, [Trouble.BATTERY], id="look-battery"),
        pytest.param(("3SE0BBBB     HPD6 OK", "3SE0BBBB     HPD6 FAILED"), Health.GOOD, [Trouble.FAILED_DRIVE],
                     id="look-drive-failed"),
        pytest.param(("3SE0BBBB     HPD6 OK", "3SE0BBBB     HPD6 Singing"), Health.GOOD, [Trouble.UNTOLD],
                     id="could-not-check-drive"),
        pytest.param(("status: OK.", "status: Using interim recovery mode."), Health.DEGRADED, [],
            id="problem-degraded"),
        pytest.param(("status: OK.", "status: FAILED."), Health.FAILED, [], id="problem-failed"),
        pytest.param(
            ("  Physical drives: 3", FAILED_APART),
            Health.GOOD, [Trouble.FAILED_DRIVE], id="look-failed-drive-apart",
        ),
        pytest.param(("status: OK.", "status: Unknown status 99."), Health.UNTOLD, [], id="could-not-check-word"),
    ],
)  # fmt: skip
def test_volumes_of_cciss_vol_status(changes: tuple[str, ...], health: Health, parts: list[Trouble]) -> None:
    assert state(cciss.status(changed(CCISS, *changes))) == ([(health, None)], parts)


def test_cciss_vol_status_that_ends_badly_is_not_believed() -> None:
    found = cciss.status(Answer(1, CCISS))
    assert found.parts == (Part("/dev/sg0", Trouble.UNTOLD, "cciss_vol_status ended with 1"),)


# Nonsense

PARSERS: dict[str, Callable[[Answer], Found]] = {
    "mdstat": mdadm.mdstat,
    "mdadm": lambda answer: mdadm.detail(answer, "md0"),
    "zpool status": zfs.status,
    "zpool list": zfs.listing,
    "btrfs": lambda answer: Found("btrfs", tuple(array for array, _ in btrfs.shown(answer))),
    "btrfs stats": lambda answer: Found("btrfs", (), btrfs.stats(answer)),
    "megacli": megacli.volumes,
    "megacli drives": lambda answer: Found("megacli", (), megacli.drives(answer)),
    "megacli battery": lambda answer: Found("megacli", (), megacli.batteries(answer)),
    "storcli": lambda answer: storcli.controllers(answer, storcli.rebuilds(answer), tuple(storcli.predicted(answer))),
    "ssacli": ssacli.config,
    "arcconf": lambda answer: arcconf.config(answer, arcconf.tasks(answer), 1),
    "cciss": cciss.status,
}
HEALTHY = {
    "mdstat": md(PAIR),
    "mdadm": recorded("mdadm-detail-ok-raid5.txt"),
    "zpool status": POOL,
    "zpool list": "tank\tONLINE\n",
    "btrfs": SHOW,
    "btrfs stats": "[/dev/sda].write_io_errs    0\n",
    "megacli": LDPD,
    "megacli drives": PDLIST,
    "megacli battery": BBU,
    "storcli": recorded("storcli-call-show-all.json"),
    "ssacli": SSACLI,
    "arcconf": ARCCONF,
    "cciss": CCISS,
}


def said(name: str, answer: Answer) -> list[Result]:
    """The findings; none where it was refused."""
    with contextlib.suppress(ProbeError):
        found = PARSERS[name](answer)
        assert list(Raid(via="mdadm").evaluate(Storage((found,)), NOW))
        return list(findings(found))
    return []


@pytest.mark.parametrize("name", PARSERS)
@settings(deadline=2000)
@given(text=st.text() | st.binary().map(lambda data: data.decode(errors="replace")), exit=st.integers(0, 255))
def test_nonsense_is_never_fine(name: str, text: str, exit: int) -> None:
    assert Status.OK not in [result.status for result in said(name, Answer(exit, text))]


@pytest.mark.parametrize("name", PARSERS)
@settings(deadline=2000)
@given(data=st.data())
def test_a_damaged_answer_is_read_or_refused(name: str, data: st.DataObject) -> None:
    text = HEALTHY[name]
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    put = data.draw(
        st.text(max_size=5) | st.sampled_from(["\n", ":", " ", "0", "[", "]", "(F)", "9" * 5000, "٣", '{"a":'])
    )
    assert all(result.says for result in said(name, Answer(0, text[:start] + put + text[end:])))


@pytest.mark.parametrize("name", PARSERS)
def test_the_beginning_of_an_answer_is_no_good_news(name: str) -> None:
    text = HEALTHY[name]
    for end in range(0, len(text) // 8, 7):
        assert worst(result.status for result in said(name, Answer(0, text[:end]))) is not Status.OK
