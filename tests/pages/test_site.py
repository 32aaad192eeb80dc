"""The pages as files: whole or as they were, bounded in number, and made by rounds that looked at everything."""

from __future__ import annotations

import contextlib
import json
import stat
from pathlib import Path

import pytest

from healthcheck.findings import Past
from healthcheck.history import History
from healthcheck.pages import write
from tests.lab.office import MEMORY, Office
from tests.report.mornings import NOW, all_ok, charts_down

PING = """
[[check]]
kind = "ping"
hosts = ["office-ups"]
"""


def a_report(folder: Path, day: str, **told: object) -> None:
    """A report that was kept on that day."""
    kept = folder / day / "20261020T124500Z-abc"
    kept.mkdir(parents=True)
    (kept / "report.html").write_text("a report")
    said = {"finished_at": f"{day}T12:47:00Z", "trigger": "report", "status": "OK", "headline": "All can open."}
    (kept / "in-short.json").write_text(json.dumps(said | told))


def test_the_months_that_are_over_have_a_page_each_and_it_goes_with_its_reports(tmp_path: Path) -> None:
    for day in ("2026-11-23", "2026-10-20", "2026-10-21", "2026-08-03"):
        a_report(tmp_path, day)
    (tmp_path / "2025-09.html").write_text("long ago")
    (tmp_path / "2026-10-20" / "20261020T180000Z-def").mkdir()  # of an earlier version, or half of one
    write(tmp_path, all_ok().report(), Past(), None)
    assert sorted(page.name for page in tmp_path.glob("*.html")) == ["2026-08.html", "2026-10.html", "latest.html"]
    october = (tmp_path / "2026-10.html").read_text()
    assert "Foothill Oncology Group: reports of October 2026" in october
    hrefs = [part.partition('"')[0] for part in october.split('<a href="')[1:]]
    assert hrefs == [
        "latest.html",
        "2026-10-21/20261020T124500Z-abc/report.html",
        "2026-10-20/20261020T124500Z-abc/report.html",
    ]
    latest = (tmp_path / "latest.html").read_text()
    assert 'By month: <a href="2026-10.html">October 2026</a>, <a href="2026-08.html">August 2026</a>' in latest


def test_what_was_kept_while_a_clock_ran_ahead_ends_no_month_before_its_time(tmp_path: Path) -> None:
    a_report(tmp_path, "2026-11-20")
    a_report(tmp_path, "2027-02-01")
    write(tmp_path, all_ok().report(), Past(), None)
    assert [page.name for page in tmp_path.glob("*.html")] == ["latest.html"]
    latest = (tmp_path / "latest.html").read_text()
    assert '<a href="2026-11-23/20261123-0545/report.html">Read the whole report</a>' in latest


@pytest.mark.parametrize(
    "told",
    [{"status": "WELL"}, {"finished_at": "yesterday"}, {"headline": None}, {"finished_at": 5}],
    ids=["status", "time", "headline", "no text"],
)
def test_a_report_that_cannot_be_read_is_left_out_of_the_list(tmp_path: Path, told: dict[str, object]) -> None:
    a_report(tmp_path, "2026-11-23", **told)
    write(tmp_path, all_ok().report(), Past(), None)
    assert "None is kept." in (tmp_path / "latest.html").read_text()


def test_a_page_that_cannot_be_written_leaves_nothing_half_written(tmp_path: Path) -> None:
    (tmp_path / "latest.html").mkdir()
    with pytest.raises(OSError, match="Is a directory"):
        write(tmp_path, all_ok().report(), Past(), None)
    assert [path.name for path in tmp_path.iterdir()] == ["latest.html"]


def test_the_days_come_from_the_history(tmp_path: Path) -> None:
    with contextlib.closing(History.open(tmp_path / "history.sqlite", NOW)) as history:
        history.save(all_ok().round, charts_down().diagnosis)
        write(tmp_path, all_ok().report(), Past(), history)
        assert "Mon Nov 23: OK (2 looks)" in (tmp_path / "latest.html").read_text()
        history.close()
        write(tmp_path, all_ok().report(), Past(), history)
    assert "The earlier days are not known: the history could not be read." in (tmp_path / "latest.html").read_text()


def test_it_reloads_itself_and_loads_nothing_else(tmp_path: Path) -> None:
    write(tmp_path, charts_down().report(), Past(), None)
    page = (tmp_path / "latest.html").read_text()
    assert '<meta http-equiv="refresh" content="900">' in page
    assert [word for word in ("<script", "src=", "http://", "https://", "url(", "@import") if word in page] == []


def test_a_round_over_everything_makes_the_page_and_a_part_or_a_light_pass_leaves_it_as_it_is(office: Office) -> None:
    office.write(MEMORY, PING)
    latest = office.state / "reports" / "latest.html"
    assert office.healthcheck("run", "--kind", "memory").returncode == 0
    assert not latest.exists()
    assert office.healthcheck("report", "--once").returncode == 0
    made = latest.read_text()
    for words in (["run", "--kind", "memory"], ["watch"]):
        assert office.healthcheck(*words).returncode == 0
        assert latest.read_text() == made
    assert office.healthcheck("run").returncode == 0
    by_hand = latest.read_text()
    assert "started by hand" in by_hand
    assert by_hand.count('/report.html">') == 1 + 4  # the whole report, and each that was kept
    links = [part.partition('"')[0] for part in by_hand.split('<a href="')[1:]]
    assert [link for link in links if link.endswith(".html") and not (latest.parent / link).is_file()] == []


def test_a_web_server_under_another_account_can_read_it_whatever_the_umask(office: Office) -> None:
    done = office.healthcheck("report", "--once", before=["sh", "-c", 'umask 077; exec "$0" "$@"'])
    assert done.returncode == 0
    reports = office.state / "reports"
    modes = {(path.is_dir(), stat.S_IMODE(path.stat().st_mode)) for path in (reports, *reports.rglob("*"))}
    assert modes == {(True, 0o755), (False, 0o644)}


def test_a_page_that_could_not_be_written_is_named_in_the_mail_that_leaves_all_the_same(office: Office) -> None:
    (office.state / "reports" / "latest.html").mkdir(parents=True)
    assert office.healthcheck("report", "--once").returncode == 0
    assert "The page of the newest report could not be written: is a directory." in office.text()
