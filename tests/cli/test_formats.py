"""`healthcheck run --format … --output …`: each form as its own reader takes it, and no file that is half there."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import junitparser
import pytest

from healthcheck.cli.output import write
from healthcheck.errors import HealthcheckError
from tests.lab import free_port, need, need_root
from tests.lab.office import MEMORY, Office

REFUSED = """
[[check]]
kind = "tcp"
hosts = ["office-ups"]
port = {port}
attempts = 1
"""


def test_a_build_server_reads_the_round_as_a_test_report(office: Office) -> None:
    done = office.healthcheck("run", "--format", "junit")
    assert (done.returncode, done.stderr) == (0, "")
    read = junitparser.JUnitXml.fromstring(done.stdout.encode())
    assert [(suite.name, suite.tests, suite.failures, suite.errors) for suite in read] == [
        ("The round itself", 1, 0, 0),
        ("Main office", 1, 0, 0),
    ]


def test_node_exporter_finds_a_whole_file_that_it_may_read(office: Office) -> None:
    need("promtool")
    metrics = office.folder / "healthcheck.prom"
    mask = os.umask(0o077)
    try:
        done = office.healthcheck("run", "--format", "prometheus", "--output", metrics)
    finally:
        os.umask(mask)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert stat.S_IMODE(metrics.stat().st_mode) == 0o644
    checked = subprocess.run(["promtool", "check", "metrics"], input=metrics.read_bytes(), capture_output=True)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")
    assert not [path for path in office.folder.iterdir() if path.name.startswith(".")]


def test_nagios_is_answered_with_a_line_numbers_and_the_code(office: Office) -> None:
    done = office.healthcheck("run", "--format", "nagios")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(
        "HEALTHCHECK OK: Main office can open. Nothing needs your attention today. | checks=1"
    )
    assert "'Main office/office-server/memory available'=" in done.stdout


def test_a_part_of_the_plan_answers_nagios_for_itself(office: Office) -> None:
    office.write(MEMORY, REFUSED.format(port=free_port()))
    whole = office.healthcheck("run", "--format", "nagios")
    assert (whole.returncode, whole.stdout[:21]) == (2, "HEALTHCHECK CRITICAL:")
    part = office.healthcheck("run", "--format", "nagios", "--kind", "memory")
    assert part.returncode == 0
    assert part.stdout.startswith("HEALTHCHECK OK: What was looked at is well. The one check was done. | checks=1")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--site", "Main ofice"], 'No clinic "Main ofice" is looked at. Did you mean "Main office"?'),
        (["--site", "Main office", "--site", "Azusa"], 'No clinic "Azusa" is looked at. The config has Main office.'),
        (["--host", "azusa-server"], 'No host "azusa-server" is looked at. The config has office-server.'),
        (["--kind", "memroy"], 'No check of the kind "memroy" is looked at. Did you mean "memory"?'),
        (["--sight", "Pasadena"], "No such option '--sight'."),
        (["--config", "/nowhere/config.toml"], "/nowhere/config.toml"),
    ],
    ids=["a typo", "a typo beside a right name", "no such host", "no such kind", "usage", "no config"],
)
def test_nagios_is_told_unknown_when_nothing_could_be_asked(office: Office, words: list[str], says: str) -> None:
    done = office.healthcheck("run", "--format", "nagios", *words)
    assert done.returncode == 3
    assert done.stdout.startswith("HEALTHCHECK UNKNOWN: ")
    assert says in done.stdout
    assert says in done.stderr
    assert len(done.stdout.splitlines()) == 1


def test_a_fault_of_the_program_itself_is_neither_a_look_nor_told_in_its_own_words(office: Office) -> None:
    breaks = (
        "import sys\n"
        "from healthcheck.cli import by_hand as module\n"
        "def broken(*given, **named):\n"
        "    raise ZeroDivisionError('c4n4ryb1rd')\n"
        "module.run_round = broken\n"
        "from healthcheck.cli.root import run\n"
        "sys.exit(run(sys.argv[1:]))\n"
    )

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, "-c", breaks, *office.words("run", *words)]
        return subprocess.run(argv, env=office.env(), capture_output=True, text=True, check=False)

    done = run()
    assert (done.returncode, done.stdout) == (70, "")
    assert done.stderr.startswith(
        "healthcheck: this program has a fault, and nothing is known. For its makers: ZeroDivisionError at "
    )
    assert "c4n4ryb1rd" not in done.stderr
    told = run("--format", "nagios")
    assert (told.returncode, told.stdout) == (
        3,
        "HEALTHCHECK UNKNOWN: this program has a fault, and nothing is known\n",
    )


def test_a_folder_that_is_not_there_is_said_before_anything_is_looked_at(office: Office) -> None:
    done = office.healthcheck("run", "--format", "junit", "--output", office.folder / "nowhere" / "report.xml")
    assert done.returncode == 64
    assert f"There is no folder {office.folder / 'nowhere'} to write report.xml to." in done.stderr
    assert not office.state.exists()


def test_a_file_keeps_the_rights_that_somebody_gave_it(tmp_path: Path) -> None:
    kept = tmp_path / "report.html"
    kept.write_text("old")
    kept.chmod(0o640)
    write("new", kept, 0o644)
    assert (kept.read_text(), stat.S_IMODE(kept.stat().st_mode)) == ("new", 0o640)


def test_a_file_behind_a_link_is_replaced_and_the_link_stays(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    link = tmp_path / "report.html"
    link.symlink_to(tmp_path / "there" / "report.html")
    write("new", link)
    assert link.is_symlink()
    assert (tmp_path / "there" / "report.html").read_text() == "new"


def test_what_is_no_file_is_written_into_and_stays_what_it_is(office: Office) -> None:
    done = office.healthcheck("run", "--format", "markdown", "--output", "/dev/stdout")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Main office can open." in done.stdout
    assert Path("/dev/null").is_char_device()
    write("gone", Path("/dev/null"))
    assert Path("/dev/null").is_char_device()


@pytest.mark.fault(58)
def test_a_full_disk_leaves_the_old_file_whole_and_no_half_one(tmp_path: Path) -> None:
    need_root()
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)], check=True)
    try:
        kept = disk / "healthcheck.prom"
        kept.write_text("old\n")
        with pytest.raises(HealthcheckError) as error:
            write("x" * 200_000, kept, 0o644)
        assert str(error.value) == (
            f"{kept} could not be written: no space left on device. What stood there is as it was."
        )
        assert [path.name for path in disk.iterdir()] == ["healthcheck.prom"]
        assert kept.read_text() == "old\n"
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_file_is_written_in_the_format_that_its_name_asks_for(office: Office) -> None:
    for name, begins in (
        ("round.json", "{"),
        ("round.HTML", "<!DOCTYPE html>"),
        ("round.md", "# "),
        ("round.xml", "<?xml"),
    ):
        assert office.healthcheck("run", "--output", office.folder / name).returncode == 0
        assert (office.folder / name).read_text().startswith(begins)
    assert office.healthcheck("run", "--format", "json", "--output", office.folder / "round.txt").returncode == 0
    assert (office.folder / "round.txt").read_text().startswith("{")
