"""Backups that Borg makes, in real repositories of every state."""

from __future__ import annotations

import contextlib
import json
import logging
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcheck.api import Answer, ProbeError, Secret, Status
from healthcheck.checks._repository.asking import Said
from healthcheck.checks._repository.contents import Lock, Seen, Snapshot, Trouble, Work
from healthcheck.checks.borg import BORG, Borg, archives_of, work_of
from healthcheck.model import Outcome
from tests.checks.backups import DAMAGED, MADE, LookAt, behind_a_login, filled, looked, says, spied_on
from tests.conftest import Look
from tests.lab.repositories import PASSWORD, BorgRepository, overwrite
from tests.lab.sshd import sshd

DATA = Path(__file__).parents[1] / "data" / "backup"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filled(tmp_path_factory.mktemp("charts"))


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> BorgRepository:
    return BorgRepository.made(tmp_path_factory.mktemp("borg") / "empty")


@pytest.fixture(scope="module")
def sound(empty: BorgRepository, folder: Path) -> BorgRepository:
    """With one backup, three hours old."""
    sound = empty.copy(empty.path.with_name("sound"))
    sound.back_up(folder, datetime.now(UTC) - timedelta(hours=3), "charts-1")
    return sound


@pytest.fixture
def look_at(look: Look) -> LookAt:
    """A look into a repository of this computer, which must leave it as it is."""

    def run(repository: BorgRepository, **settings: object) -> Outcome:
        check = Borg(**{"repository": str(repository.path), "password": Secret(PASSWORD, "borg"), **settings})  # type: ignore[arg-type]  # a test's own words
        return looked(look, check, repository)

    return run


@pytest.mark.fault(45)
def test_a_sound_repository_is_fine_and_a_file_can_be_got_back(
    look_at: LookAt, sound: BorgRepository, folder: Path
) -> None:
    outcome = look_at(sound, rehearse=f"{folder}/test.txt", archive="charts-*")
    assert says(outcome) == (Status.OK, [MADE, "could get back a test file from its last backup"])
    [metric] = outcome.metrics
    assert (metric.name, round(metric.value, 1), metric.unit) == ("age_h", 3.0, "h")


def test_a_repository_without_encryption_needs_no_password(look_at: LookAt, folder: Path, tmp_path: Path) -> None:
    plain = BorgRepository.made(tmp_path / "plain", "none")
    plain.back_up(folder, datetime.now(UTC), "charts-1")
    assert says(look_at(plain, password=None)) == (Status.OK, [MADE])


def test_a_key_that_is_kept_in_the_login_s_own_folder_is_found(
    look_at: LookAt, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    apart = BorgRepository.made(tmp_path / "apart", "keyfile")
    apart.back_up(folder, datetime.now(UTC), "charts-1")
    monkeypatch.setenv("BORG_BASE_DIR", apart.environment["BORG_BASE_DIR"])
    assert says(look_at(apart)) == (Status.OK, [MADE])


@pytest.mark.fault(45)
def test_an_empty_repository_is_a_problem(look_at: LookAt, empty: BorgRepository) -> None:
    assert says(look_at(empty)) == (Status.CRITICAL, ["holds no backup at all"])


@pytest.mark.fault(45)
def test_a_backup_of_nothing_is_a_problem(look_at: LookAt, empty: BorgRepository, tmp_path: Path) -> None:
    (tmp_path / "charts").mkdir()
    (tmp_path / "charts" / "none.dump").touch()
    repository = empty.copy(tmp_path / "repository")
    repository.back_up(tmp_path / "charts", datetime.now(UTC), "charts-1")
    assert says(look_at(repository)) == (Status.CRITICAL, [MADE, f"{MADE}, but there is nothing in it"])


@pytest.mark.fault(45)
@pytest.mark.parametrize("password", [Secret("wrong"), None], ids=["wrong", "none"])
def test_a_wrong_password_is_not_taken_for_a_bad_repository(
    look_at: LookAt, sound: BorgRepository, password: Secret | None
) -> None:
    outcome = look_at(sound, password=password)
    assert (outcome.status, outcome.says) == (
        Status.UNKNOWN,
        "could not be checked: the password of its backups is not the right one",
    )


@pytest.mark.fault(45)
def test_a_repository_that_is_gone_is_a_problem(look_at: LookAt, sound: BorgRepository, tmp_path: Path) -> None:
    lost = (Status.CRITICAL, ["has lost its backups: nothing is where they should be"])
    assert says(look_at(BorgRepository(tmp_path / "gone", sound.environment))) == lost
    (tmp_path / "emptied").mkdir()
    assert says(look_at(BorgRepository(tmp_path / "emptied", sound.environment))) == lost


@pytest.mark.fault(45)
def test_a_bad_list_of_files_is_found_without_being_asked_for(
    look_at: LookAt, sound: BorgRepository, tmp_path: Path
) -> None:
    bad = sound.copy(tmp_path / "bad")
    segment = max((bad.path / "data" / "0").iterdir(), key=lambda path: path.stat().st_size)
    overwrite(segment, segment.stat().st_size - 200)  # what Borg writes last is the list
    outcome = look_at(bad)
    assert (outcome.status, outcome.says) == (Status.CRITICAL, DAMAGED)
    assert "Data integrity error: Segment entry checksum mismatch" in outcome.results[0].detail


@pytest.mark.fault(45)
@pytest.mark.parametrize(
    ("name", "status"),
    [
        pytest.param("", Status.OK, id="ok-nobody-looked"),
        pytest.param("charts.dump", Status.CRITICAL, id="problem-rehearsed"),
    ],
)
def test_bad_data_is_found_by_whoever_reads_it(
    look_at: LookAt, sound: BorgRepository, folder: Path, tmp_path: Path, name: str, status: Status
) -> None:
    bad = sound.copy(tmp_path / "bad")
    overwrite(max((bad.path / "data" / "0").iterdir(), key=lambda path: path.stat().st_size), 200_000)
    outcome = look_at(bad, rehearse=f"{folder}/{name}" if name else "")
    assert outcome.status is status
    assert (outcome.says == DAMAGED) is (status is Status.CRITICAL)


@pytest.mark.fault(45)
def test_a_broken_index_is_a_problem_and_is_left_for_somebody_to_mend(
    look_at: LookAt, sound: BorgRepository, tmp_path: Path
) -> None:
    bad = sound.copy(tmp_path / "bad")
    [index] = bad.path.glob("index.*")
    overwrite(index, 40)
    assert says(look_at(bad)) == (Status.CRITICAL, [DAMAGED])
    index.unlink()
    assert says(look_at(bad)) == (Status.CRITICAL, [DAMAGED])


@pytest.mark.fault(45)
def test_a_part_that_is_gone_is_a_problem(look_at: LookAt, sound: BorgRepository, tmp_path: Path) -> None:
    bad = sound.copy(tmp_path / "bad")
    max((bad.path / "data" / "0").iterdir(), key=lambda path: path.stat().st_size).unlink()
    outcome = look_at(bad)
    assert (outcome.status, outcome.says) == (Status.CRITICAL, DAMAGED)


@pytest.mark.fault(45)
@pytest.mark.parametrize("readable", [True, False], ids=["ok-may-only-read", "could-not-check-may-not-read"])
def test_a_login_must_and_need_only_be_able_to_read(
    look: Look, sound: BorgRepository, tmp_path: Path, readable: bool
) -> None:
    with behind_a_login(sound, tmp_path, "127.0.3.41", readable=readable) as (path, host, known_hosts):
        check = Borg(repository=str(path), password=Secret(PASSWORD))
        outcome = look(check, host, known_hosts=[known_hosts], timeout_s=30.0)
    refused = "could not be checked: our login there may not read its backups"
    assert says(outcome) == ((Status.OK, [MADE]) if readable else (Status.UNKNOWN, [refused]))


@pytest.mark.fault(46)
def test_the_backup_of_another_machine_does_not_count(look_at: LookAt, sound: BorgRepository) -> None:
    this = socket.gethostname()
    assert says(look_at(sound, host_name=this)) == (Status.OK, [f"{MADE} of {this}"])
    assert says(look_at(sound, host_name="glendale")) == (
        Status.CRITICAL,
        [f"holds no backup of glendale, only of {this}"],
    )


@pytest.mark.fault(46)
def test_ages_are_right_within_a_minute_whatever_the_zone_and_the_season(
    look_at: LookAt, empty: BorgRepository, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = empty.copy(tmp_path / "repository")
    nights = {"first": "2025-11-02T08:30:00Z", "second": "2025-11-02T09:30:00Z", "spring": "2026-03-08T10:30:00Z"}
    monkeypatch.setenv("TZ", "America/Los_Angeles")
    for name, at in nights.items():
        repository.back_up(folder, datetime.fromisoformat(at), name)
    for name, at in nights.items():
        [metric] = look_at(repository, archive=name, newest_within_h=1e6).metrics
        age = datetime.now(UTC) - datetime.fromisoformat(at)
        assert abs(timedelta(hours=metric.value) - age) < timedelta(minutes=1)


@pytest.mark.fault(47)
def test_a_backup_under_way_is_told_and_judged_by_the_last(
    look_at: LookAt, sound: BorgRepository, tmp_path: Path
) -> None:
    repository = sound.copy(tmp_path / "repository")
    with repository.being_backed_up():
        assert says(look_at(repository)) == (Status.OK, [MADE, "has work on its backups running since"])
    left = "has its backups locked by work that broke off: the next one may not be able to run"
    assert says(look_at(repository)) == (Status.WARNING, [MADE, left])


@pytest.mark.fault(45)
def test_what_broke_off_is_no_backup(look_at: LookAt, empty: BorgRepository, folder: Path, tmp_path: Path) -> None:
    repository = empty.copy(tmp_path / "repository")
    repository.back_up(folder, datetime.now(UTC), "charts-1.checkpoint")
    assert says(look_at(repository)) == (Status.CRITICAL, ["holds no backup at all"])


def test_the_password_is_seen_nowhere(
    look: Look, sound: BorgRepository, folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    notes = tmp_path / "notes"
    notes.mkdir()
    with sshd(tmp_path, "127.0.3.41", lines=["LogLevel DEBUG3"], environment=f"TMPDIR={notes}") as server:
        seen = spied_on(server, "borg", tmp_path)
        check = Borg(repository=str(sound.path), password=Secret(PASSWORD, "borg"), rehearse=f"{folder}/test.txt")
        outcome = look(check, server.host(), known_hosts=[server.known_hosts], timeout_s=60.0)
        log = server.log
    assert outcome.status is Status.OK
    assert seen.read_text().split() == ["looked"] * 3
    assert PASSWORD not in f"{outcome!r}{check!r}{caplog.text}{log}"
    assert list(notes.iterdir()) == []


# What Borg says


def test_a_recorded_list_of_archives() -> None:
    assert archives_of((DATA / "borg-1.2.4-list.json").read_text()) == (
        Snapshot("clinic1-2026-11-22", datetime(2026, 11, 22, 16, 13, 25, tzinfo=UTC)),
        Snapshot("clinic1-2026-11-20", datetime(2026, 11, 20, 2, 0, tzinfo=UTC)),
    )


@pytest.mark.fault(44)
@pytest.mark.parametrize("name", ["charts-1.checkpoint", "charts-1.checkpoint.2"])
def test_an_archive_that_broke_off_is_none(name: str) -> None:
    entry = {"name": name, "start": "2026-11-22T02:00:00.000000"}
    assert archives_of(json.dumps({"archives": [entry]})) == ()


def test_a_time_with_its_zone_is_read_with_it() -> None:
    text = '{"archives": [{"name": "a", "hostname": "pasadena", "start": "2026-11-22T02:00:00.000000-08:00"}]}'
    assert archives_of(text) == (Snapshot("a", datetime(2026, 11, 22, 10, 0, tzinfo=UTC), "pasadena"),)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"archives": 3}', '{"archives": [3]}', '{"archives": [{"name": "a", "start": "today"}]}',
     '{"archives": [{"start": "2026-11-22T02:00:00"}]}'],
)  # fmt: skip
def test_another_list_is_refused(text: str) -> None:
    with pytest.raises(ProbeError, match="its list of backups is unreadable"):
        archives_of(text)


AROUND = Seen(1_795_441_500, "vm", {24104: (30, "borg")})


@pytest.mark.parametrize(
    ("text", "work"),
    [
        pytest.param("", None, id="none"),
        pytest.param(
            "1795441470 vm@3281355014145.24104-0",
            Work(Lock("vm", 24104, 1_795_441_470), True, 1_795_441_470),
            id="held",
        ),
        pytest.param(
            "1795441470 vm@3281355014145.4711-0", Work(Lock("vm", 4711, 1_795_441_470), False), id="left-behind"
        ),
        pytest.param(
            "1795441470 ?@0.0-0", Work(Lock("?", 0, 1_795_441_470), True, 1_795_441_470), id="not-ours-to-read"
        ),
        pytest.param("1795341470 ?@0.0-0", Work(Lock("?", 0, 1_795_341_470), False), id="not-ours-and-old"),
    ],
)
def test_whoever_holds_the_lock_is_told(text: str, work: Work | None) -> None:
    found = work_of(Answer(0, text), AROUND)
    assert found == (work and Work(work.lock, work.alive, found.since_s if found else None))


@pytest.mark.fault(45)
def test_troubles_are_known_by_borg_s_own_words() -> None:
    assert BORG.trouble(Said(2, "", "Repository /srv/x does not exist.")) == (
        Trouble.MISSING,
        "borg: exit 2: Repository /srv/x does not exist.",
    )
    for complaint, why in (
        (
            (DATA / "borg-locked.txt").read_text(),
            "its backups are locked, by work on them that is running or has broken off",
        ),
        ("something new", "borg ended with an error there"),
    ):
        with pytest.raises(ProbeError, match=f"^{why}$"):
            BORG.trouble(Said(2, "", complaint))


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(["2026-11-22T02:00:00"]),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["archives", "start", "name", "hostname"]), inner),
)


@given(st.text() | _JSON.map(json.dumps))
def test_any_answer_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(ProbeError):
        assert isinstance(archives_of(text), tuple)
    assert work_of(Answer(0, text), AROUND) is None


@given(st.integers(0, 255), st.text())
def test_any_complaint_is_told_and_no_failure_is_taken_for_success(exit: int, complaint: str) -> None:
    with contextlib.suppress(ProbeError):
        assert (BORG.trouble(Said(exit, "", complaint)) is not None) or exit == 0


def test_mistakes_in_the_settings_are_named() -> None:
    assert list(Borg(repository="/srv/backup::x", archive="").mistakes()) == [
        ("repository", "must be without an archive: set `archive`"),
        ("archive", "must be names of archives, * for all of them"),
    ]
