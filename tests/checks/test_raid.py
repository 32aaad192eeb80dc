"""Storage arrays: several drives that stand in for one another, and whether they still do."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from healthcheck.api import Metric, ProbeError, Result, Status
from healthcheck.checks._raid.array import Array, Found, Health, Part, Trouble
from healthcheck.checks.raid import TOOLS, Raid, Storage
from tests.conftest import PACIFIC, Look, a_host
from tests.lab.mirror import mirror
from tests.lab.sshd import SshServer, sshd

DATA = Path(__file__).parents[1] / "data" / "raid"
NOW = datetime(2026, 11, 23, 5, 45, tzinfo=PACIFIC)

GOOD = "has all drives of its storage in working order"
DEGRADED = "has lost one of the two drives of its storage; it still works, but the next failure loses data"
NOT_THERE = "does not find storage that it should have: its drives may be gone"
ANY = Raid()
CLEAN = """Personalities : [raid1]
md0 : active raid1 sda1[0] sdb1[1]
      100 blocks [2/2] [UU]

unused devices: <none>
"""


def judged(*arrays: Array, parts: tuple[Part, ...] = (), check: Raid = ANY) -> list[Result]:
    return list(check.evaluate(Storage((Found("mdadm", arrays, parts),)), NOW))


# What is said of an array


@pytest.mark.fault(35)
@pytest.mark.parametrize(
    ("array", "expected"),
    [
        pytest.param(
            Array("md0", Health.GOOD, "active", 2, 0, 1),
            Result(Status.OK, GOOD, "mdadm: active", Metric("lost md0", 0)),
            id="ok-all-there",
        ),
        pytest.param(
            Array("md0", Health.BUSY, "check", 2, 0, 1, 50.0),
            Result(Status.OK, GOOD, "mdadm: check", Metric("done md0", 50, "%")),
            id="ok-checking-itself",
        ),
        pytest.param(
            Array("md0", Health.SYNCING, "resync", 2, 0, 1, 11.2),
            Result(
                Status.WARNING,
                "is bringing the drives of its storage into line with one another: 11 percent done",
                "mdadm: resync",
                Metric("done md0", 11.2, "%"),
            ),
            id="look-coming-into-line",
        ),
        pytest.param(
            Array("md0", Health.REBUILDING, "recovery", 2, 1, 0, 29.2),
            Result(
                Status.WARNING,
                "is rebuilding a drive of its storage: 29 percent done; until then, the next failure loses data",
                "mdadm: recovery",
                Metric("done md0", 29.2, "%"),
            ),
            id="look-rebuilding",
        ),
        pytest.param(
            Array("md0", Health.REBUILDING, "recovery"),
            Result(
                Status.WARNING,
                "is rebuilding a drive of its storage; until then, the next failure may lose data",
                "mdadm: recovery",
            ),
            id="look-rebuilding-who-knows-how-far",
        ),
        pytest.param(
            Array("md0", Health.DEGRADED, "[U_]", 2, 1, 0),
            Result(Status.CRITICAL, DEGRADED, "mdadm: [U_]", Metric("lost md0", 1)),
            id="problem-half-a-mirror",
        ),
        pytest.param(
            Array("md0", Health.DEGRADED, "[UUU_]", 4, 1, 1),
            Result(
                Status.CRITICAL,
                "has lost one of the four drives of its storage; it still works, but it is less safe than it should "
                "be: it can lose one more, and no further",
                "mdadm: [UUU_]",
                Metric("lost md0", 1),
            ),
            id="problem-one-of-two-in-reserve-used",
        ),
        pytest.param(
            Array("md0", Health.DEGRADED, "Degraded"),
            Result(
                Status.CRITICAL,
                "has lost a drive of its storage; it still works, but the next failure may lose data",
                "mdadm: Degraded",
            ),
            id="problem-degraded-nobody-says-how",
        ),
        pytest.param(
            Array("md0", Health.FAILED, "inactive"),
            Result(Status.CRITICAL, "cannot reach the data on its storage, which has failed", "mdadm: inactive"),
            id="problem-failed",
        ),
        pytest.param(
            Array("md0", Health.UNTOLD, "levitating"),
            Result(
                Status.UNKNOWN,
                "could not be checked: its drives are in a state that this check does not know",
                "mdadm: levitating",
            ),
            id="could-not-check-unknown-word",
        ),
    ],
)
def test_an_array_is_judged_by_the_drives_it_has_left(array: Array, expected: Result) -> None:
    assert judged(array) == [expected]


@pytest.mark.fault(35)
@pytest.mark.parametrize(
    ("trouble", "status", "says"),
    [
        pytest.param(
            Trouble.FAILED_DRIVE, Status.WARNING, "has a drive in its storage that has failed", id="look-a-spare-failed"
        ),
        pytest.param(
            Trouble.PREDICTED,
            Status.WARNING,
            "has a drive in its storage that is about to fail",
            id="look-about-to-fail",
        ),
        pytest.param(
            Trouble.ERRORS,
            Status.WARNING,
            "has a drive in its storage that makes mistakes when it reads or writes",
            id="look-errors",
        ),
        pytest.param(
            Trouble.BATTERY,
            Status.WARNING,
            "has a bad battery in the part that runs its drives: it is slower, and a power cut may lose work",
            id="look-battery",
        ),
        pytest.param(
            Trouble.CACHE_OFF,
            Status.WARNING,
            "is slower than usual: the part that runs its drives has switched off its memory",
            id="look-cache-off",
        ),
        pytest.param(
            Trouble.CONTROLLER, Status.WARNING, "reports a fault in the part that runs its drives", id="look-controller"
        ),
        pytest.param(
            Trouble.DAMAGED_FILES,
            Status.CRITICAL,
            "has damaged files: part of the data on its drives cannot be read",
            id="problem-damaged-files",
        ),
        pytest.param(
            Trouble.UNTOLD,
            Status.UNKNOWN,
            "could not be checked: its drives are in a state that this check does not know",
            id="could-not-check-unknown-word",
        ),
    ],
)
def test_whatever_is_wrong_with_a_part_is_said(trouble: Trouble, status: Status, says: str) -> None:
    array = Array("md0", Health.GOOD, "active")
    assert judged(array, parts=(Part("sdb", trouble, "sdb is bad"),)) == [
        Result(Status.OK, GOOD, "mdadm: active"),
        Result(status, says, "mdadm: sdb is bad"),
    ]


@pytest.mark.fault(35)
def test_an_array_that_should_be_there_and_is_not_is_a_problem() -> None:
    array = Array("md0", Health.GOOD, "active")
    assert judged(array, check=Raid(arrays=("/dev/md0", "md1"))) == [
        Result(Status.OK, GOOD, "mdadm: active"),
        Result(Status.CRITICAL, NOT_THERE, "md1 is not there; found: md0"),
    ]


@pytest.mark.fault(35)
def test_a_tool_that_is_named_and_knows_no_array_is_a_problem() -> None:
    assert judged(check=Raid(via="mdadm")) == [Result(Status.CRITICAL, NOT_THERE, "mdadm knows no array")]


def test_an_array_is_not_said_to_be_gone_while_a_tool_is_silent() -> None:
    silent = Storage((Found("mdadm"),), (ProbeError("our login there may not use storcli64", "sudo"),))
    assert list(Raid(arrays=("/c0/v0",)).evaluate(silent, NOW)) == [
        Result(Status.UNKNOWN, "could not be checked: our login there may not use storcli64", "sudo"),
        Result(
            Status.UNKNOWN,
            "could not be checked: part of its storage tells nothing",
            "/c0/v0 is not there; found: none",
        ),
    ]


def test_a_name_of_nothing_is_a_mistake() -> None:
    assert list(Raid(arrays=("md0", " ", "a\nb")).mistakes()) == [
        ("arrays", "' ' is not the name of an array"),
        ("arrays", "'a\\nb' is not the name of an array"),
    ]


# A real mirror


@pytest.mark.fault(35)
def test_a_real_mirror_that_lost_a_drive_is_a_problem(look: Look, tmp_path: Path) -> None:
    with mirror(tmp_path, "charts", lost=True):
        outcome = look(Raid(via="btrfs", arrays=("charts",)), a_host(local=True))
    assert (outcome.status, outcome.says) == (Status.CRITICAL, DEGRADED)
    assert outcome.metrics == (Metric("lost charts", 1),)


def test_a_real_mirror_with_both_drives_is_fine(look: Look, tmp_path: Path) -> None:
    with mirror(tmp_path, "charts", lost=False), sshd(tmp_path, "127.0.3.27") as server:
        outcome = look(Raid(via="btrfs", arrays=("charts",)), server.host(), known_hosts=[server.known_hosts])
    assert (outcome.status, outcome.says) == (Status.OK, GOOD)


# Tools behind a real SSH server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SshServer]:
    """A host without any array of its own, whatever the machine that runs the tests has."""
    with sshd(tmp_path, "127.0.3.27") as running:
        with_mdstat(running, "")
        running.shim("zpool", "no pools available\n")
        running.shim("btrfs")
        yield running


def with_mdstat(server: SshServer, text: str) -> None:
    file = server.folder / "mdstat"
    file.write_text(text)
    gone = 'echo "cat: /proc/mdstat: No such file or directory"; exit 1'
    show = f"exec /bin/cat {shlex.quote(str(file))}" if text else gone
    server.shim(
        "cat", script=f'case "$*" in /proc/mdstat) {show};; /proc/self/mountinfo) exit 0;; esac\nexec /bin/cat "$@"'
    )


def with_tool(server: SshServer, name: str, told: dict[str, str]) -> None:
    """A tool that answers to exactly these arguments."""
    cases = []
    for number, (arguments, text) in enumerate(told.items()):
        file = server.folder / f"{name}.{number}"
        file.write_text(text)
        cases.append(f'"{arguments}") exec /bin/cat {shlex.quote(str(file))};;')
    server.shim(name, script='case "$*" in\n' + "\n".join(cases) + '\nesac\necho "unknown command: $*"; exit 9')


def as_a_plain_user(server: SshServer, *, may: bool) -> None:
    server.shim("id", "1000")
    refuses = 'echo "sudo: a password is required" >&2; exit 1'
    server.shim("sudo", script='[ "$1" = -n ] && shift && exec "$@"' if may else refuses)


def recorded(name: str) -> str:
    return (DATA / name).read_text()


ANSWERS = {
    "zfs": ("zpool", {"status -P": recorded("zpool-status-ok.txt"), "list -H -o name,health": "zint500\tONLINE\n"}),
    "btrfs": (
        "btrfs",
        {
            "filesystem show": "Label: 'data'  uuid: 25d40deb-fd68-4926-bd2b-b9b1f5e51723\n"
            "\tTotal devices 2 FS bytes used 144.00KiB\n"
            "\tdevid    1 size 300.00MiB used 104.00MiB path /dev/sda\n"
            "\tdevid    2 size 300.00MiB used 104.00MiB path /dev/sdb\n\n"
        },
    ),
    "megacli": (
        "MegaCli64",
        {
            "-LDPDInfo -aALL -NoLog": recorded("megacli-ldpdinfo.txt"),
            "-PDList -aALL -NoLog": recorded("megacli-pdlist.txt"),
            "-AdpBbuCmd -GetBbuStatus -aALL -NoLog": recorded("megacli-bbustatus.txt"),
        },
    ),
    "storcli": (
        "perccli64",
        {
            "/call show all J": recorded("storcli-call-show-all.json"),
            "/call/eall/sall show rebuild J": recorded("storcli-rebuild.json"),
            "/call/eall/sall show all J": recorded("storcli-drives.json"),
        },
    ),
    "ssacli": ("hpssacli", {"controller all show config detail": recorded("ssacli-config-detail.txt")}),
    "arcconf": (
        "arcconf",
        {
            "getconfig 1 al": recorded("arcconf-getconfig.txt"),
            "getstatus 1": "Controllers found: 1\nLogical Device Task:\n   None\n\nCommand completed successfully.\n",
        },
    ),
}


@pytest.mark.parametrize("via", ANSWERS)
def test_every_tool_is_asked_with_exactly_what_the_manual_allows(look: Look, server: SshServer, via: str) -> None:
    with_tool(server, *ANSWERS[via])
    as_a_plain_user(server, may=True)
    for check in (Raid(via=via, sudo=True), Raid(sudo=True)):  # type: ignore[arg-type]  # each is one of the literals
        outcome = look(check, server.host(), known_hosts=[server.known_hosts])
        assert (outcome.status, outcome.says) == (Status.OK, GOOD), outcome.detail
    for arguments in ANSWERS[via][1]:
        assert arguments in (Raid.__doc__ or "") or not TOOLS[via].needs_root


def test_kernel_and_mdadm_both_tell_of_an_array(look: Look, server: SshServer) -> None:
    with_mdstat(server, CLEAN)
    with_tool(server, "mdadm", {"--detail /dev/md0": recorded("mdadm-detail-problem-degraded.txt")})
    as_a_plain_user(server, may=True)
    before = look(Raid(), server.host(), known_hosts=[server.known_hosts])
    asked = look(Raid(sudo=True), server.host(), known_hosts=[server.known_hosts])
    assert (before.status, before.says) == (Status.OK, GOOD)
    assert (asked.status, asked.says) == (Status.CRITICAL, DEGRADED)


def test_mdadm_that_is_refused_hides_nothing_that_the_kernel_tells(look: Look, server: SshServer) -> None:
    with_mdstat(server, CLEAN.replace("[2/2] [UU]", "[2/1] [_U]"))
    with_tool(server, "mdadm", {})
    as_a_plain_user(server, may=False)
    outcome = look(Raid(sudo=True), server.host(), known_hosts=[server.known_hosts])
    assert (outcome.status, outcome.says) == (Status.CRITICAL, DEGRADED)


def test_mdadm_in_words_that_are_new_is_not_taken_for_fine(look: Look, server: SshServer) -> None:
    with_mdstat(server, CLEAN)
    with_tool(server, "mdadm", {"--detail /dev/md0": "md0 levitates\n"})
    as_a_plain_user(server, may=True)
    outcome = look(Raid(sudo=True), server.host(), known_hosts=[server.known_hosts])
    assert [result.status for result in outcome.results] == [Status.OK, Status.UNKNOWN]


@pytest.mark.fault(20)
def test_a_sudo_that_asks_for_a_password_says_what_to_allow(look: Look, server: SshServer) -> None:
    with_tool(server, "storcli64", {})
    as_a_plain_user(server, may=False)
    outcome = look(Raid(via="storcli", sudo=True), server.host(), known_hosts=[server.known_hosts])
    assert outcome.status is Status.UNKNOWN
    assert outcome.says == (
        "could not be checked: our login there may not use storcli64 as root: a rule for sudo is missing"
    )
    assert outcome.detail == (
        f"set sudo = true and allow in sudoers: “{server.user} ALL = (root) NOPASSWD: "
        f"{server.bin}/storcli64 /call show all J”; storcli64 said: sudo: a password is required"
    )


def test_a_controller_that_only_root_sees_is_not_said_to_be_gone(look: Look, server: SshServer) -> None:
    none = '{"Controllers": [{"Command Status": {"Status": "Failure", "Description": "No Controller found"}}]}'
    with_tool(server, "storcli64", dict.fromkeys(ANSWERS["storcli"][1], none))
    as_a_plain_user(server, may=False)
    outcome = look(Raid(via="storcli"), server.host(), known_hosts=[server.known_hosts])
    assert (outcome.status, outcome.says) == (
        Status.UNKNOWN,
        "could not be checked: our login there may not ask storcli64: only root may",
    )
    server.shim("id", "0")
    outcome = look(Raid(via="storcli"), server.host(), known_hosts=[server.known_hosts])
    assert (outcome.status, outcome.says) == (Status.CRITICAL, NOT_THERE)


@pytest.mark.fault(20)
def test_a_tool_that_is_not_there_could_not_be_asked(look: Look, server: SshServer) -> None:
    outcome = look(Raid(via="arcconf"), server.host(), known_hosts=[server.known_hosts])
    assert (outcome.status, outcome.says) == (
        Status.UNKNOWN,
        "could not be checked: the tool arcconf is not installed there",
    )


@pytest.mark.fault(35)
def test_a_host_without_any_array_is_never_green(look: Look, server: SshServer) -> None:
    outcome = look(Raid(), server.host(), known_hosts=[server.known_hosts])
    assert (outcome.status, outcome.says) == (
        Status.UNKNOWN,
        "could not be checked: nothing there tells of storage with several drives",
    )
    outcome = look(Raid(via="mdadm"), server.host(), known_hosts=[server.known_hosts])
    assert (outcome.status, outcome.says, outcome.detail) == (Status.CRITICAL, NOT_THERE, "mdadm knows no array")


def test_one_tool_that_is_refused_hides_no_other(look: Look, server: SshServer) -> None:
    with_mdstat(server, CLEAN)
    with_tool(server, "storcli64", {})
    as_a_plain_user(server, may=False)
    outcome = look(Raid(), server.host(), known_hosts=[server.known_hosts])
    assert [result.status for result in outcome.results] == [Status.OK, Status.UNKNOWN]
    assert outcome.status is Status.UNKNOWN
