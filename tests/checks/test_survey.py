"""What a machine has and does, read from its own tools."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcheck.api import Answer, Facts, ProbeError, Result, Status
from healthcheck.checks._survey.storage import Drive, drive_facts, drives_of, mount_facts, raid_facts
from healthcheck.checks._survey.work import (
    line_facts,
    memory_facts,
    port_facts,
    program_facts,
    start_facts,
    system_facts,
    uptime_s,
)
from healthcheck.checks.survey import Found, Survey, found
from tests.conftest import PACIFIC, Look, a_host
from tests.lab.sshd import SshServer, sshd
from tests.lab.toolbox import TOOLBOXES, toolbox

NOW = datetime(2026, 11, 23, 5, 45, tzinfo=PACIFIC)
BOOT = "4dc61f16-6041-4a54-a0de-7f4b577d3a0a"

SYSTEM = """\
system="Debian GNU/Linux 12 (bookworm)"
kernel=6.1.0-31-amd64
maker=Dell Inc.
model=PowerEdge T340
"""
LSBLK = """\
NAME="sdb" TYPE="disk" SIZE="4000787030016" MODEL="WDC WD40EFRX-68N" SERIAL="WD-WCC4E1" WWN="0x50014ee2b5c1" RM="0"
NAME="sda" TYPE="disk" SIZE="500107862016" MODEL="Samsung SSD 860" SERIAL="S3Z1NB0K" WWN="0x5002538e40" RM="0"
NAME="sdc" TYPE="disk" SIZE="15518924800" MODEL="Ultra\\x20Fit" SERIAL="4C530001" WWN="" RM="1"
NAME="sr0" TYPE="rom" SIZE="1073741312" MODEL="DVD" SERIAL="" WWN="" RM="1"
NAME="loop0" TYPE="loop" SIZE="58363904" MODEL="" SERIAL="" WWN="" RM="0"
NAME="zram0" TYPE="disk" SIZE="8589934592" MODEL="" SERIAL="" WWN="" RM="0"
NAME="md0" TYPE="raid1" SIZE="500000000000" MODEL="" SERIAL="" WWN="" RM="0"
NAME="sdd" TYPE="disk" SIZE="0" MODEL="Card reader" SERIAL="" WWN="" RM="0"
"""
MDSTAT = """\
Personalities : [raid1] [raid6] [raid5] [raid4]
md1 : active raid5 sdf1[3](F) sde1[1] sdd1[0]
      7813774336 blocks super 1.2 level 5, 512k chunk, algorithm 2 [3/2] [UU_]
      bitmap: 2/30 pages [8KB], 65536KB chunk

md0 : active (auto-read-only) raid1 sdb1[1] sda1[0]
      488253440 blocks super 1.2 [2/2] [UU]

md9 : active linear sdh1[0] sdg1[1]
      58291648 blocks 64k rounding

md127 : inactive sdi[1](S) sdj[0](S)
      5288 blocks super external:imsm

unused devices: <none>
"""
UNITS = """\
charts.service loaded active running The charts program
postgresql@15-main.service loaded active running PostgreSQL Cluster 15-main
cron.service loaded active running Regular background program processing daemon
getty@tty1.service loaded active running Getty on tty1
user@1000.service loaded active running User Manager for UID 1000
sshd@7-192.0.2.1:22-192.0.2.9:50322.service loaded active running OpenSSH per-connection server daemon
systemd-hostnamed.service loaded active running Hostname Service
packagekit.service loaded active running PackageKit Daemon
apt-daily.service loaded active running Daily apt download activities
"""
MOUNTS = """\
22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw
28 27 8:17 / /mnt/backup rw,relatime - ext4 /dev/sdb1 rw
29 27 8:33 / /media/dana/STICK rw,relatime - vfat /dev/sde1 rw
30 27 8:49 / /mnt/stick rw,relatime - vfat /dev/sdc1 rw
31 27 0:40 / /srv/scans rw,relatime - nfs4 nas:/scans rw
32 27 7:0 / /snap/core/1 ro - squashfs /dev/loop0 ro
33 27 0:50 / /net rw,relatime - autofs /etc/auto.net rw
34 33 0:51 / /net/other rw,relatime - nfs4 other:/home rw
35 27 8:1 /lib/docker /var/lib/docker/overlay rw,relatime - ext4 /dev/sda1 rw
36 27 0:60 / /tmp rw - tmpfs tmpfs rw
"""
PORTS = """\
32768	60999
00000000:0016
0100007F:0CEA
00000000000000000000000001000000:1538
00000000000000000000000000000000:1538
00000000:E1A3
0000000000000000FFFF00000100007F:1F90
"""


def ok(text: str) -> Answer:
    return Answer(0, text.rstrip("\n"))


# What each answer holds


def test_drives_are_known_by_model_and_number_whatever_their_name_is_today() -> None:
    assert drive_facts(drives_of(ok(LSBLK))) == {
        "Samsung SSD 860 S3Z1NB0K": "500107862016 sda",
        "WDC WD40EFRX-68N WD-WCC4E1": "4000787030016 sdb",
    }


def test_sticks_are_drives_that_come_and_go() -> None:
    assert [drive for drive in drives_of(ok(LSBLK)) if drive.removable] == [
        Drive("sdc", 15518924800, "Ultra Fit", "4C530001", removable=True)
    ]


def test_drives_that_say_nothing_of_themselves_are_told_apart() -> None:
    alike = [
        Drive("sdb", 100, "QEMU"),
        Drive("sda", 100, "QEMU"),
        Drive("vda", 50),
        Drive("sdc", 9, "Two ways", "to one"),
        Drive("sdd", 9, "Two ways", "to one"),
    ]
    assert drive_facts(alike) == {
        "QEMU (100)": "100 sda",
        "QEMU (100) #2": "100 sdb",
        "Two ways to one": "9 sdd",
        "vda": "50 vda",
    }


def test_arrays_tell_how_many_of_their_drives_work() -> None:
    assert raid_facts(ok(MDSTAT)) == {
        "md1": "raid5 2/3 sdd1 sde1",
        "md0": "raid1 2/2 sda1 sdb1",
        "md9": "linear 2/2 sdg1 sdh1",
    }


@pytest.mark.parametrize("text", ["", "Personalities : \nunused devices: <none>"], ids=["no-md-at-all", "no-array"])
def test_a_machine_without_arrays_is_known_to_have_none(text: str) -> None:
    assert raid_facts(ok(text)) == {}


def test_mounts_are_drives_and_servers_but_not_what_comes_and_goes() -> None:
    assert mount_facts(ok(MOUNTS), drives_of(ok(LSBLK))) == {
        "/": "ext4 /dev/sda1",
        "/mnt/backup": "ext4 /dev/sdb1",
        "/srv/scans": "nfs4 nas:/scans",
    }


def test_programs_are_those_that_stay() -> None:
    assert program_facts(ok(UNITS)) == {
        "charts.service": "The charts program",
        "postgresql@15-main.service": "PostgreSQL Cluster 15-main",
        "cron.service": "Regular background program processing daemon",
    }


def test_ports_are_those_that_others_can_reach_and_that_are_the_same_tomorrow() -> None:
    assert port_facts(ok(PORTS)) == {"22": "", "5432": ""}


def test_lines_tell_their_speed() -> None:
    assert line_facts(ok("eth0 up 1000\neth1 down -1\neth2 up -1\neth3 unknown \neth4 lowerlayerdown ")) == {
        "eth0": "1000",
        "eth1": "down",
        "eth2": "up",
        "eth3": "up",
        "eth4": "down",
    }


def test_memory_is_in_bytes() -> None:
    assert memory_facts(ok("MemTotal:        8048520 kB")) == {"memory": "8241684480"}


def test_a_machine_and_its_system_have_names() -> None:
    assert system_facts(ok(SYSTEM)) == {
        "system": "Debian GNU/Linux 12 (bookworm)",
        "kernel": "6.1.0-31-amd64",
        "maker": "Dell Inc.",
        "model": "PowerEdge T340",
    }


def test_what_a_maker_left_in_the_place_of_a_name_is_none() -> None:
    text = "system='Alpine Linux v3.19'\nkernel=\nmaker=To Be Filled By O.E.M.\nmodel=System Product Name"
    assert system_facts(ok(text)) == {"system": "Alpine Linux v3.19"}


def test_a_start_has_a_number() -> None:
    assert start_facts(ok(BOOT)) == {"boot": BOOT}
    assert (uptime_s(ok("1399.44 2712.08")), uptime_s(ok("no such file"))) == (1399.44, None)


READERS: list[Callable[[Answer], object]] = [
    drives_of, raid_facts, program_facts, port_facts, line_facts, memory_facts, start_facts, system_facts,
    lambda answer: mount_facts(answer, ()),
]  # fmt: skip
NAMES = ["drives", "raid", "programs", "ports", "lines", "memory", "start", "system", "mounts"]


@pytest.mark.parametrize("reader", READERS, ids=NAMES)
@pytest.mark.parametrize("answer", [Answer(127, "sh: not found"), Answer(1, ""), Answer(0, "Bad\x00luck")])
def test_what_cannot_be_read_is_not_known(reader: Callable[[Answer], object], answer: Answer) -> None:
    with pytest.raises(ProbeError):
        reader(answer)


@pytest.mark.parametrize("reader", READERS, ids=NAMES)
@given(text=st.text() | st.text(alphabet='NAMETYPSIZRO="0123456789 md:[]/U_()\n\tactive.servic-kB'))
def test_any_text_is_read_or_refused(reader: Callable[[Answer], object], text: str) -> None:
    with contextlib.suppress(ProbeError):
        assert reader(Answer(0, text)) is not None


# What the check makes of them


def asked(**answers: Answer) -> dict[str, Answer]:
    usual = {
        "start": ok(BOOT),
        "uptime": ok("99999.9 1.0"),
        "drives": ok(LSBLK),
        "raid": ok(MDSTAT),
        "mounts": ok(MOUNTS),
        "programs": ok(UNITS),
        "ports": ok(PORTS),
        "lines": ok("eth0 up 1000"),
        "memory": ok("MemTotal: 8048520 kB"),
        "system": ok(SYSTEM),
    }
    return usual | answers


def test_what_was_seen_is_counted_and_kept() -> None:
    result, *facts = Survey().evaluate(found(asked()), NOW)
    assert result == Result(
        Status.OK,
        "was looked over: 2 drives, 3 sets of drives, 3 disks in use, 3 programs, 2 services for others and "
        "1 network line",
        "drives 2, start 1, raid 3, mounts 3, programs 3, ports 2, lines 1, memory 1, system 4",
    )
    assert [one.sort for one in facts if isinstance(one, Facts)] == [
        "drives", "start", "raid", "mounts", "programs", "ports", "lines", "memory", "system",
    ]  # fmt: skip


def test_one_sort_that_cannot_be_read_hides_no_other() -> None:
    [result, *facts] = Survey().evaluate(found(asked(programs=Answer(1, ""), drives=Answer(127, "no lsblk"))), NOW)
    assert isinstance(result, Result)
    assert (result.status, result.detail) == (
        Status.OK,
        (
            "start 1, raid 3, mounts 4, ports 2, lines 1, memory 1, system 4; "
            "not known: drives (exit 127: no lsblk), programs (exit 1: )"
        ),
    )
    assert {"drives", "programs"} & {one.sort for one in facts if isinstance(one, Facts)} == set()


def test_a_machine_that_is_still_starting_is_not_asked_for_its_programs() -> None:
    seen = found(asked(uptime=ok("42.10 80.0")))
    assert {"programs", "ports"} & set(seen.things) == set()
    assert seen.not_known == {"programs": "up for 42 s only", "ports": "up for 42 s only"}


def test_a_machine_that_tells_nothing_could_not_be_checked() -> None:
    with pytest.raises(ProbeError, match="it tells nothing about itself"):
        list(Survey().evaluate(Found({}, {"drives": "exit 127"}), NOW))


# Real machines


def shimmed(server: SshServer) -> None:
    server.shim("lsblk", LSBLK)
    server.shim("systemctl", UNITS)


def test_a_real_host_over_ssh(look: Look, tmp_path: Path) -> None:
    with sshd(tmp_path, "127.0.3.27") as server:
        shimmed(server)
        outcome = look(Survey(), server.host(), known_hosts=[server.known_hosts])
    facts = {one.sort: one.things for one in outcome.facts}
    assert (outcome.status, facts["drives"], facts["programs"]) == (
        Status.OK,
        drive_facts(drives_of(ok(LSBLK))),
        program_facts(ok(UNITS)),
    )
    assert set(facts) >= {"start", "raid", "mounts", "ports", "lines", "memory"}
    assert "/" in facts["mounts"]


def test_this_computer(look: Look) -> None:
    outcome = look(Survey(), a_host(local=True))
    assert outcome.status is Status.OK
    assert {one.sort for one in outcome.facts} >= {"start", "drives", "mounts", "memory"}


@pytest.mark.parametrize("name", TOOLBOXES)
def test_every_toolbox_tells_the_drives_of_this_machine(look: Look, tmp_path: Path, name: str) -> None:
    path = toolbox(tmp_path / "tools", name)
    with sshd(tmp_path, "127.0.3.27", lines=[f"SetEnv PATH={path}"]) as server:
        outcome = look(Survey(), server.host(), known_hosts=[server.known_hosts])
    facts = {one.sort: one.things for one in outcome.facts}
    assert set(facts) >= {"start", "drives", "raid", "mounts", "ports", "lines", "memory"}
    drives = {
        how for one in look(Survey(), a_host(local=True)).facts if one.sort == "drives" for how in one.things.values()
    }
    assert set(facts["drives"].values()) == drives


@pytest.mark.fault(20)
def test_a_host_without_any_tool_still_tells_what_it_can(look: Look, tmp_path: Path) -> None:
    with sshd(tmp_path, "127.0.3.27") as server:
        for tool in ("lsblk", "systemctl", "awk", "timeout"):
            server.shim(tool, exit=127, error=f"sh: {tool}: not found")
        outcome = look(Survey(), server.host(), known_hosts=[server.known_hosts])
    assert outcome.status is Status.OK
    assert {one.sort for one in outcome.facts} >= {"start", "mounts", "memory"}
    assert "programs" not in {one.sort for one in outcome.facts}


@pytest.mark.fault(20)
def test_a_host_that_lets_nothing_be_read_could_not_be_checked(look: Look, tmp_path: Path) -> None:
    with sshd(tmp_path, "127.0.3.27") as server:
        server.shim("sh", script=r"""
            for part in start uptime drives raid mounts programs ports lines memory system; do
                printf '@@ %s\nno\n@@ %s 1\n' $part $part
            done""")  # fmt: skip
        outcome = look(Survey(), server.host(), known_hosts=[server.known_hosts])
    assert (outcome.status, outcome.says) == (
        Status.UNKNOWN,
        "could not be checked: it tells nothing about itself",
    )


@pytest.mark.fault(21)
def test_an_answer_that_is_cut_short_is_no_answer(look: Look, tmp_path: Path) -> None:
    with sshd(tmp_path, "127.0.3.27") as server:
        server.shim("sh", script='/bin/sh "$@" | head -c 400')
        outcome = look(Survey(), server.host(), known_hosts=[server.known_hosts])
    assert (outcome.status, outcome.says, outcome.facts) == (
        Status.UNKNOWN,
        "could not be checked: its answer was cut short",
        (),
    )
