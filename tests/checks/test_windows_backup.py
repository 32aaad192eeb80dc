"""Backups that Windows makes itself."""

from __future__ import annotations

import contextlib
import json
import shlex
from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcheck.api import Metric, ProbeError, Result, Status
from healthcheck.checks.windows_backup import Backups, WindowsBackup, summary_of, versions_of
from healthcheck.model import Outcome
from tests.conftest import PACIFIC, Look, summed_up
from tests.lab.sshd import SshServer, sshd

DATA = Path(__file__).parents[1] / "data" / "windows_backup"
NOW = datetime(2026, 11, 23, 5, 45, tzinfo=PACIFIC)
LookAt = Callable[[], Outcome]

NIGHT = datetime(2026, 11, 23, 2, 3, tzinfo=PACIFIC).astimezone(UTC)
FRIDAY = datetime(2026, 11, 20, 23, 1, tzinfo=PACIFIC).astimezone(UTC)
GOOD = Backups(NIGHT, NOW.astimezone(UTC), 101, NIGHT)


def judged(found: Backups, now: datetime = NOW) -> list[Result]:
    return list(WindowsBackup().evaluate(found, now))


def worst(found: Backups) -> tuple[Status, str]:
    return summed_up(judged(found))


def test_a_backup_of_last_night_is_fine() -> None:
    assert judged(GOOD) == [
        Result(
            Status.OK,
            "made its last backup today, 2:03 am",
            "last good backup 2026-11-23 10:03 UTC, limit 26 hours",
            Metric("age_h", 3.7, "h"),
        )
    ]


@pytest.mark.fault(45)
@pytest.mark.parametrize(
    ("found", "status", "says"),
    [
        pytest.param(
            replace(GOOD, last=FRIDAY), Status.CRITICAL, "has no backup since Friday, 11:01 pm", id="problem-old"
        ),
        pytest.param(
            replace(GOOD, last=FRIDAY, failed="HRESULT 0x80780049"), Status.CRITICAL,
            "has no backup since Friday, 11:01 pm; failed to make its last backup today, 2:03 am; "
            "the last good one is from Friday, 11:01 pm",
            id="problem-old-and-failed",
        ),
        pytest.param(
            replace(GOOD, last=NIGHT - timedelta(hours=1), failed="HRESULT 0x80780049"), Status.CRITICAL,
            "failed to make its last backup today, 2:03 am; the last good one is from today, 1:03 am",
            id="problem-failed",
        ),
        pytest.param(
            replace(GOOD, warned="HRESULT 0x00000000 0x8078004f"), Status.WARNING,
            "made its last backup today, 2:03 am with warnings", id="look-with-warnings",
        ),
        pytest.param(
            replace(GOOD, versions=0), Status.CRITICAL, "keeps no backup that could be got back", id="problem-none-kept"
        ),
        pytest.param(
            replace(GOOD, last=None, versions=0), Status.CRITICAL, "holds no backup at all", id="problem-none"
        ),
        pytest.param(
            replace(GOOD, last=None, failed="HRESULT 0x80780049"), Status.CRITICAL,
            "has never made a backup: the last try failed", id="problem-never",
        ),
        pytest.param(
            replace(GOOD, last=NOW.astimezone(UTC) + timedelta(days=2)), Status.CRITICAL,
            "holds no backup that can be used, only one that is dated in the future", id="problem-only-a-future-one",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_apart(found: Backups, status: Status, says: str) -> None:
    assert worst(found) == (status, says)


@pytest.mark.fault(47)
@pytest.mark.parametrize(
    ("found", "status", "says"),
    [
        pytest.param(
            replace(GOOD, running=True, since=NOW.astimezone(UTC) - timedelta(minutes=30)), Status.OK,
            "made its last backup today, 2:03 am; has work on its backups running since today, 5:15 am",
            id="ok-running",
        ),
        pytest.param(
            replace(GOOD, last=FRIDAY, running=True), Status.CRITICAL,
            "has no backup since Friday, 11:01 pm; it has work on its backups running now", id="problem-old",
        ),
        pytest.param(
            replace(GOOD, last=None, running=True), Status.WARNING,
            "has no finished backup yet; one is running now", id="look-first",
        ),
    ],
)  # fmt: skip
def test_a_backup_under_way_is_told_and_judged_by_the_last(found: Backups, status: Status, says: str) -> None:
    assert worst(found) == (status, says)


@pytest.mark.fault(46)
@pytest.mark.parametrize(
    ("version", "now", "age_h"),
    [
        pytest.param("11/01/2026-06:30", datetime(2026, 11, 1, 5, 45, tzinfo=PACIFIC), 7.25, id="25-hours"),
        pytest.param("11/01/2026-09:30", datetime(2026, 11, 1, 5, 45, tzinfo=PACIFIC), 4.25, id="second-1-30"),
        pytest.param("03/14/2027-07:30", datetime(2027, 3, 14, 5, 45, tzinfo=PACIFIC), 5.25, id="23-hours"),
    ],
)
def test_ages_are_right_on_both_nights_when_the_clocks_change(version: str, now: datetime, age_h: float) -> None:
    text = f"Backup time: 1/11/2026 01:30\r\nVersion identifier: {version}\r\n"
    [last] = versions_of(text)
    assert judged(Backups(last), now)[0].metric == Metric("age_h", age_h, "h")
    date = f"/Date({int(last.timestamp() * 1000)})/"
    summary = {"LastSuccessfulBackupTime": date, "LastBackupResultHR": 0, "NumberOfVersions": 3}
    clock, found = summary_of(json.dumps(summary))
    assert clock is None
    assert found is not None
    assert judged(found, now)[0].metric == Metric("age_h", age_h, "h")


@pytest.mark.fault(38)
def test_ages_are_by_the_clock_of_the_host() -> None:
    [result] = judged(replace(GOOD, clock=NOW.astimezone(UTC) + timedelta(hours=2)))
    assert result.metric == Metric("age_h", 5.7, "h")
    assert result.detail.endswith("; the host's clock is 2 hours ahead")


# Over SSH


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SshServer]:
    with sshd(tmp_path, "127.0.3.42") as running:
        yield running


@pytest.fixture
def look_at(look: Look, server: SshServer) -> LookAt:
    """A look at a server whose PowerShell and wbadmin print what a test wants."""
    return lambda: look(WindowsBackup(newest_within_h=1e6), server.host(os="windows"), known_hosts=[server.known_hosts])


LAST = "last good backup 2024-03-15 15:16 UTC"


@pytest.mark.parametrize(
    "encoding",
    [
        pytest.param("utf-8", id="ok-utf-8"),
        pytest.param("utf-8-sig", id="ok-with-a-byte-order-mark"),
        pytest.param("utf-16", id="ok-utf-16"),
        pytest.param("cp850", id="ok-a-code-page"),
    ],
)
def test_a_summary_is_read_in_whatever_encoding(look_at: LookAt, server: SshServer, encoding: str) -> None:
    text = (DATA / "summary-good.json").read_text(encoding="utf-8")
    server.shim("powershell", text.replace("\n", "\r\n").encode(encoding))
    outcome = look_at()
    assert (outcome.status, outcome.detail.partition(",")[0]) == (Status.OK, LAST)


def test_the_script_is_sent_encoded_so_that_no_shell_misreads_it(
    look_at: LookAt, server: SshServer, tmp_path: Path
) -> None:
    server.shim("powershell", script=f'echo "$@" >{tmp_path}/words; cat {DATA}/summary-good.json')
    assert look_at().status is Status.OK
    *options, encoded = shlex.split((tmp_path / "words").read_text())
    assert options == ["-NoProfile", "-NonInteractive", "-OutputFormat", "Text", "-EncodedCommand"]
    assert "Get-WBSummary -ErrorAction Stop" in b64decode(encoded).decode("utf-16-le")
    assert len(encoded) < 8000  # cmd.exe takes 8,191 characters


def test_without_the_feature_wbadmin_is_asked(look_at: LookAt, server: SshServer) -> None:
    server.shim("powershell", '{"Job":null,"Summary":null,"Clock":"2026-11-23T13:45:00.1234567Z"}')
    server.shim("wbadmin", (DATA / "versions-french.txt").read_text().encode("cp850"))
    outcome = look_at()
    assert (outcome.status, outcome.detail.partition(",")[0]) == (Status.OK, LAST)


@pytest.mark.fault(45)
def test_wbadmin_that_knows_no_backup_is_a_problem(look_at: LookAt, server: SshServer) -> None:
    server.shim("powershell", '{"Job":null,"Summary":null,"Clock":"2026-11-23T13:45:00.1234567Z"}')
    server.shim("wbadmin", (DATA / "versions-none.txt").read_text(), exit=1)
    assert [(result.status, result.says) for result in look_at().results] == [
        (Status.CRITICAL, "holds no backup at all")
    ]


@pytest.mark.fault(20)
@pytest.mark.parametrize(
    ("shim", "says"),
    [
        pytest.param(
            {"error": "'powershell' is not recognized as an internal or external command,", "exit": 1},
            "could not be checked: the tool powershell is not installed there", id="no-powershell",
        ),
        pytest.param(
            {"error": "Get-WBSummary : Access is denied.", "exit": 1},
            "could not be checked: our login there may not use powershell", id="no-rights",
        ),
        pytest.param(
            {"text": "Welcome!"}, "could not be checked: what it says about its backups is unreadable", id="nonsense"
        ),
        pytest.param(
            {"text": ""}, "could not be checked: what it says about its backups is unreadable", id="nothing"
        ),
    ],
)  # fmt: skip
def test_why_nothing_could_be_seen_is_told(
    look_at: LookAt, server: SshServer, shim: dict[str, object], says: str
) -> None:
    server.shim("powershell", **shim)  # type: ignore[arg-type]  # a test's own words
    outcome = look_at()
    assert (outcome.status, outcome.says) == (Status.UNKNOWN, says)


# What Windows says


def test_a_summary_by_itself_or_in_a_list_is_the_same() -> None:
    told = json.loads((DATA / "summary-good.json").read_text())
    alone = summary_of(json.dumps(told["Summary"]))[1]
    assert alone == Backups(
        datetime(2024, 3, 15, 15, 16, 38, tzinfo=UTC), None, 101, datetime(2024, 3, 15, 15, 16, 38, tzinfo=UTC)
    )
    assert summary_of(json.dumps([told["Summary"]]))[1] == alone
    assert summary_of("Bienvenue\r\n" + json.dumps(told["Summary"], indent=4))[1] == alone


def test_a_summary_of_a_run_that_failed_while_the_next_is_running() -> None:
    clock, found = summary_of((DATA / "summary-failed-running.json").read_text())
    assert clock == datetime(2026, 11, 23, 13, 45, 0, 123456, tzinfo=UTC)
    assert found == Backups(
        datetime(2026, 11, 21, 7, 1, 5, tzinfo=UTC),
        clock,
        12,
        datetime(2026, 11, 23, 10, 3, 12, tzinfo=UTC),
        "HRESULT 0x80780049 0x807800c5: Der Sicherungsspeicherort kann nicht gefunden werden.",
        "",
        True,
        datetime(2026, 11, 23, 13, 15, tzinfo=UTC),
    )


def test_a_machine_that_never_made_a_backup() -> None:
    assert summary_of((DATA / "summary-never.json").read_text())[1] == Backups(None, versions=0)


@pytest.mark.parametrize(
    "text",
    [
        "", "null", "3", "[]", "{}", '{"Summary": 3}', '{"Summary": null}',
        '{"LastSuccessfulBackupTime": "2024-03-15 11:16:38", "LastBackupResultHR": 0, "NumberOfVersions": 3}',
        '{"LastSuccessfulBackupTime": "/Date(1710515798000)/", "NumberOfVersions": 3}',
        '{"LastSuccessfulBackupTime": "/Date(1710515798000)/", "LastBackupResultHR": true, "NumberOfVersions": 3}',
    ],
)  # fmt: skip
def test_another_summary_is_refused(text: str) -> None:
    with pytest.raises(ProbeError, match="what it says about its backups is unreadable"):
        summary_of(text)


def test_versions_are_read_in_any_language_by_the_time_that_is_utc() -> None:
    french = versions_of((DATA / "versions-french.txt").read_text())
    assert french == (datetime(2024, 3, 14, 8, 30, tzinfo=UTC), datetime(2024, 3, 15, 15, 16, tzinfo=UTC))
    assert versions_of((DATA / "versions-english.txt").read_text()) == french


@pytest.mark.parametrize(
    "text",
    [
        "", "wbadmin 1.0", "Version identifier: 13/45/2024-15:16", "Version identifier: 01/01/0001-00:00",
        "FEHLER - Es wurde keine Sicherung gefunden.", "ERROR - The user name being used does not belong to the group",
        "Backup time: 3/15/2024 11:16 AM",
    ],
)  # fmt: skip
def test_another_list_of_versions_is_refused(text: str) -> None:
    with pytest.raises(ProbeError, match="what it says about its backups is unreadable"):
        versions_of(text)


_NAMES = ["Clock", "Summary", "Job", "LastSuccessfulBackupTime", "LastBackupResultHR", "NumberOfVersions", "value"]
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.integers().map(lambda number: f"/Date({number})/"),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(_NAMES), inner),
)


@given(st.text() | _JSON.map(json.dumps))
def test_any_summary_is_judged_or_refused(text: str) -> None:
    with contextlib.suppress(ProbeError):
        _, found = summary_of(text)
        assert found is None or judged(found)


@given(st.text() | st.from_regex(r"x: [0-9]{2}/[0-9]{2}/[0-9]{4}-[0-9]{2}:[0-9]{2}", fullmatch=True))
def test_any_list_of_versions_is_judged_or_refused(text: str) -> None:
    with contextlib.suppress(ProbeError):
        versions = versions_of(text)
        assert judged(Backups(max(versions, default=None), None, len(versions)))


def test_mistakes_in_the_settings_are_named() -> None:
    assert list(WindowsBackup(newest_within_h=0).mistakes()) == [("newest_within_h", "must be more than 0")]
