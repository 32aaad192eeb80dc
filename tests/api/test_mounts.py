"""What is mounted where, and how much room is left."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcheck.api.mounts import Mount, Space, mount_of, parse_mounts, parse_spaces
from healthcheck.errors import ProbeError

DATA = Path(__file__).parent.parent / "data" / "disk"


def test_of_every_mount_the_path_kind_and_own_state_are_read() -> None:
    mounts = {mount.path: mount for mount in parse_mounts((DATA / "mountinfo-nine-kinds.txt").read_text())}
    assert len(mounts) == 19
    assert mounts["/"] == Mount("/", "xfs", "/dev/mapper/main-root", "253:0")
    assert mounts["/mnt/files"] == Mount("/mnt/files", "nfs4", "fileserver:/files", "0:50")
    escaped = "/media/weekly copy\\\ttwo"
    assert mounts[escaped] == Mount(escaped, "ext4", "/dev/sdb1", "8:17", read_only=True)


def test_a_disk_that_is_only_shown_read_only_at_one_place_is_not_read_only_itself() -> None:
    charts = mount_of("/srv/charts", parse_mounts((DATA / "mountinfo-nine-kinds.txt").read_text()))
    assert charts == Mount("/srv/charts", "ext4", "/dev/sdc1", "8:33", read_only=False)


@pytest.mark.parametrize(
    ("type_", "source", "is_disk", "is_network"),
    [
        ("ext4", "/dev/sda1", True, False),
        ("fuseblk", "/dev/sdb1", True, False),
        ("zfs", "tank/scans", True, False),
        ("squashfs", "/dev/loop2", False, False),
        ("iso9660", "/dev/sr0", False, False),
        ("tmpfs", "tmpfs", False, False),
        ("overlay", "overlay", False, False),
        ("autofs", "systemd-1", False, False),
        ("fuse.portal", "/dev/fuse", False, False),
        ("nfs4", "fileserver:/files", False, True),
        ("cifs", "//fileserver/files", False, True),
        ("fuse.sshfs", "fileserver:/files", False, True),
    ],
)
def test_disks_and_network_drives_are_known_by_kind_and_device(
    type_: str, source: str, is_disk: bool, is_network: bool
) -> None:
    mount = Mount("/data", type_, source, "8:1")
    assert (mount.is_disk, mount.is_network) == (is_disk, is_network)


@pytest.mark.parametrize("options", ["ro,errors=remount-ro", "rw,emergency_ro", "rw,shutdown"])
def test_every_way_in_which_a_damaged_file_system_says_so_counts(options: str) -> None:
    [mount] = parse_mounts(f"43 27 8:17 / /data rw,relatime - ext4 /dev/sdb1 {options}")
    assert mount.read_only


def test_a_line_that_is_no_mount_makes_the_whole_table_unreadable() -> None:
    with pytest.raises(ProbeError) as caught:
        parse_mounts((DATA / "mountinfo-damaged.txt").read_text())
    assert (caught.value.says, caught.value.detail) == (
        "its list of disks is unreadable",
        "not a line of /proc/self/mountinfo: gobbledygook not-a-mount-line",
    )


@pytest.mark.parametrize(
    ("path", "mounted_at"),
    [
        ("/", "/"),
        ("/srv", "/"),
        ("/srv/charts", "/srv/charts"),
        ("/srv/charts/a/b", "/srv/charts"),
        ("/srv/chart", "/"),
    ],
)
def test_a_path_is_on_the_longest_mount_that_leads_to_it(path: str, mounted_at: str) -> None:
    mount = mount_of(path, parse_mounts((DATA / "mountinfo-nine-kinds.txt").read_text()))
    assert mount is not None and mount.path == mounted_at


def test_a_path_is_on_no_mount_when_nothing_is_known_to_lead_to_it() -> None:
    assert mount_of("/srv", ()) is None


def test_room_is_counted_in_bytes_and_files_for_each_path_that_answers() -> None:
    text = "2 1 Permission denied\n1 0 1024 14073 14059 5540 4096 4085\n4 137"
    assert parse_spaces(text, ["/data", "/secret", "/silent", "/killed"], 5) == {
        "/data": Space(14073 * 1024, 14059 * 1024, 5540 * 1024, 4096, 4085),
        "/secret": "Permission denied",
        "/silent": "no answer in 5 seconds",
        "/killed": "no answer in 5 seconds",
    }


@pytest.mark.parametrize(
    ("figures", "said"),
    [
        ("4096 0 0 0 0 0", "it tells no size"),
        ("4096 100 200 100 0 0", "impossible figures: 4096 100 200 100 0 0"),
        ("4096 100 50 60 0 0", "impossible figures: 4096 100 50 60 0 0"),
        ("4096 100 50 50 10 11", "impossible figures: 4096 100 50 50 10 11"),
        ("4096 100 50 50 10", "4096 100 50 50 10"),
        ("", "exit 0"),
    ],
)
def test_figures_that_cannot_be_are_told_and_never_counted(figures: str, said: str) -> None:
    assert parse_spaces(f"1 0 {figures}", ["/data"], 5) == {"/data": said}


def test_less_than_nothing_is_no_room() -> None:
    assert parse_spaces("1 0 4096 100 2 -3 0 0", ["/data"], 5) == {"/data": Space(409600, 8192, 0, 0, 0)}


@pytest.mark.parametrize("text", ["stat: not found", "0 0 1 1 1 1 1 1", "2 0 1 1 1 1 1 1", "1 0 4096 1\nnoise"])
def test_a_line_that_answers_nothing_makes_the_room_unreadable(text: str) -> None:
    with pytest.raises(ProbeError, match="what it says about its disks is unreadable"):
        parse_spaces(text, ["/data"], 5)


@given(
    st.text() | st.lists(st.sampled_from(["1", "8:1", "/", " - ", "-", "ext4", "ro", "\n", " ", "\\040"])).map(" ".join)
)
def test_any_mount_table_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(ProbeError):
        assert len(parse_mounts(text)) <= len(text.splitlines())


@given(st.text() | st.lists(st.integers(-9, 10**25)).map(lambda numbers: " ".join(map(str, numbers))))
def test_any_answer_about_room_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(ProbeError):
        assert set(parse_spaces(text, ["/data", "/more"], 5)) == {"/data", "/more"}
