"""Lines of cron's: read out of every table, held against the hour of the config, and worth nothing without cron."""

from __future__ import annotations

from datetime import time
from pathlib import Path

from healthcheck.doctor import crontab
from healthcheck.doctor.crontab import Line, lines_below
from healthcheck.doctor.examination import Finding
from healthcheck.model import Status
from tests.doctor.conftest import At
from tests.lab.rights import as_nobody

TABLE = Path("/etc/crontab")
WATCH = Line(TABLE, "watch", None)


def test_lines_of_cron_are_read_out_of_every_table(tmp_path: Path) -> None:
    tables = {
        "etc/crontab": "# 1 1 * * * root healthcheck report\n"
        "45 5 * * *    healthcheck  /opt/healthcheck/bin/healthcheck report\n"
        "*/5 * * * *   healthcheck  /opt/healthcheck/bin/healthcheck watch\n",
        "etc/cron.d/other": "17 * * * * root run-parts /etc/cron.hourly\n",
        "etc/cron.d/ours": "SHELL=/bin/sh\n@daily root healthcheck --config /etc/h.toml report >/dev/null\n",
        "var/spool/cron/crontabs/dana": "15 */2 * * 1-5 healthcheck --state-dir /s report --once\n",
    }
    for name, text in tables.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert list(lines_below(tmp_path)) == [
        Line(tmp_path / "etc/crontab", "report", time(5, 45)),
        Line(tmp_path / "etc/crontab", "watch", None),
        Line(tmp_path / "etc/cron.d/ours", "report", None),
        Line(tmp_path / "var/spool/cron/crontabs/dana", "report", None),
    ]


def test_a_table_that_may_not_be_read_is_named_and_passed_over(open_folder: Path) -> None:
    (open_folder / "etc").mkdir()
    (open_folder / "etc/crontab").write_text("45 5 * * * root healthcheck report\n")
    (open_folder / "etc/crontab").chmod(0o600)
    assert (len(list(lines_below(open_folder))), crontab.unread(open_folder)) == (1, [])
    assert as_nobody(lambda: list(lines_below(open_folder))) == []
    assert as_nobody(lambda: crontab.unread(open_folder)) == [f"{open_folder}/etc/crontab"]


def test_a_line_at_the_hour_of_the_config_is_well_where_cron_runs(at: At) -> None:
    lines = [Line(TABLE, "report", time(5, 45)), WATCH]
    well = Finding(Status.OK, "cron starts the report, by a line in /etc/crontab.")
    assert list(crontab.judged(at(), lines, runs=True)) == [well]
    assert list(crontab.judged(at(), [Line(TABLE, "report", None), WATCH], runs=True)) == [well]
    assert list(crontab.judged(at(), lines, runs=False)) == [
        Finding(
            Status.CRITICAL,
            "/etc/crontab has a line that starts the report, but cron does not run.",
            "sudo systemctl enable --now cron",
        )
    ]


def test_a_line_at_another_hour_is_told_with_what_to_write(at: At) -> None:
    assert list(crontab.judged(at(), [Line(TABLE, "report", time(6, 45)), WATCH], runs=True)) == [
        Finding(
            Status.WARNING,
            "cron starts the report, by a line in /etc/crontab. It does so at 6:45 am; the config says 5:45 am.",
            "Write 45 5 at the beginning of that line.",
        )
    ]


def test_without_a_line_for_the_light_pass_the_weekend_goes_unseen(at: At) -> None:
    _, unseen = crontab.judged(at(), [Line(TABLE, "report", time(5, 45))], runs=True)
    assert unseen == Finding(
        Status.WARNING, crontab.NO_WATCH, "Add a line beside it: */5 * * * * healthcheck watch --here"
    )
    assert list(crontab.judged(at(), [WATCH], runs=True)) == []
