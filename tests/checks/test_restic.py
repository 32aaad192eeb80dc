"""Backups that restic makes, in real repositories of every state."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcheck.api import ProbeError, Secret, Status
from healthcheck.checks._repository.asking import Said
from healthcheck.checks._repository.contents import Lock, Snapshot, Trouble
from healthcheck.checks.restic import RESTIC, Restic, lock_of, snapshots_of
from healthcheck.model import Outcome
from tests.checks.backups import DAMAGED, MADE, LookAt, behind_a_login, filled, looked, says, spied_on
from tests.conftest import Look
from tests.lab.repositories import PASSWORD, ResticRepository, overwrite
from tests.lab.sshd import sshd
from tests.lab.toolbox import toolbox

DATA = Path(__file__).parents[1] / "data" / "backup"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filled(tmp_path_factory.mktemp("charts"))


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> ResticRepository:
    return ResticRepository.made(tmp_path_factory.mktemp("restic") / "empty")


@pytest.fixture(scope="module")
def sound(empty: ResticRepository, folder: Path) -> ResticRepository:
    """With one backup, three hours old."""
    sound = empty.copy(empty.path.with_name("sound"))
    sound.back_up(folder, datetime.now(UTC) - timedelta(hours=3))
    return sound


@pytest.fixture
def look_at(look: Look) -> LookAt:
    """A look into a repository of this computer, which must leave it as it is."""

    def run(repository: ResticRepository, *, timeout_s: float = 60.0, **settings: object) -> Outcome:
        check = Restic(**{"repository": str(repository.path), "password": Secret(PASSWORD, "restic"), **settings})  # type: ignore[arg-type]  # a test's own words
        return looked(look, check, repository, timeout_s)

    return run


@pytest.mark.fault(45)
def test_a_sound_repository_is_fine_and_a_file_can_be_got_back(
    look_at: LookAt, sound: ResticRepository, folder: Path
) -> None:
    outcome = look_at(sound, rehearse=f"{folder}/test.txt", host_name="pasadena", verify_percent=100)
    assert says(outcome) == (
        Status.OK,
        [
            "made its last backup of pasadena",
            "could get back a test file from its last backup",
            "has backups that can be read",
        ],
    )
    [metric] = outcome.metrics
    assert (metric.name, round(metric.value, 1), metric.unit) == ("age_h", 3.0, "h")


@pytest.mark.fault(45)
def test_an_empty_repository_is_a_problem(look_at: LookAt, empty: ResticRepository) -> None:
    assert says(look_at(empty)) == (Status.CRITICAL, ["holds no backup at all"])


@pytest.mark.fault(45)
def test_a_backup_of_nothing_is_a_problem(look_at: LookAt, empty: ResticRepository, tmp_path: Path) -> None:
    (tmp_path / "charts").mkdir()
    (tmp_path / "charts" / "none.dump").touch()
    repository = empty.copy(tmp_path / "repository")
    repository.back_up(tmp_path / "charts", datetime.now(UTC))
    outcome = look_at(repository)
    assert says(outcome) == (Status.CRITICAL, [MADE, f"{MADE}, but there is nothing in it"])


@pytest.mark.fault(45)
def test_a_wrong_password_is_not_taken_for_a_bad_repository(look_at: LookAt, sound: ResticRepository) -> None:
    outcome = look_at(sound, password=Secret("wrong"))
    assert (outcome.status, outcome.says, outcome.detail) == (
        Status.UNKNOWN,
        "could not be checked: the password of its backups is not the right one",
        "restic: exit 1: Fatal: wrong password or no key found",
    )


@pytest.mark.fault(45)
def test_a_repository_that_is_gone_is_a_problem(look_at: LookAt, sound: ResticRepository, tmp_path: Path) -> None:
    gone = ResticRepository(tmp_path / "gone", sound.environment)
    assert says(look_at(gone)) == (Status.CRITICAL, ["has lost its backups: nothing is where they should be"])


def test_without_restic_nothing_is_said_of_the_backups(look: Look, tmp_path: Path) -> None:
    tools = toolbox(tmp_path / "tools", "busybox")
    with sshd(tmp_path, "127.0.3.40", lines=[f"SetEnv PATH={tools}"]) as server:
        outcome = look(
            Restic(repository="/srv/x", password=Secret(PASSWORD)), server.host(), known_hosts=[server.known_hosts]
        )
    assert (outcome.status, outcome.says) == (
        Status.UNKNOWN,
        "could not be checked: the tool restic is not installed there",
    )


@pytest.mark.fault(45)
def test_a_bad_folder_list_is_found_without_being_asked_for(
    look_at: LookAt, sound: ResticRepository, tmp_path: Path
) -> None:
    bad = sound.copy(tmp_path / "bad")
    overwrite(bad.packs()[0], 60)
    outcome = look_at(bad)
    assert says(outcome) == (Status.CRITICAL, [DAMAGED, MADE])
    assert outcome.results[0].detail.endswith("failed: ciphertext verification failed")


@pytest.mark.fault(45)
@pytest.mark.parametrize(
    ("settings", "status"),
    [
        pytest.param({}, Status.OK, id="ok-nobody-looked"),
        pytest.param({"rehearse": "{folder}/charts.dump"}, Status.CRITICAL, id="problem-rehearsed"),
        pytest.param({"verify_percent": 100}, Status.CRITICAL, id="problem-verified"),
    ],
)
def test_bad_data_is_found_by_whoever_reads_it(
    look_at: LookAt, sound: ResticRepository, folder: Path, tmp_path: Path, settings: dict[str, object], status: Status
) -> None:
    bad = sound.copy(tmp_path / "bad")
    overwrite(bad.packs()[1], 500)
    filled = {
        name: value.format(folder=folder) if isinstance(value, str) else value for name, value in settings.items()
    }
    outcome = look_at(bad, **filled)
    assert outcome.status is status
    assert (outcome.says == DAMAGED) is (status is Status.CRITICAL)


@pytest.mark.fault(45)
@pytest.mark.parametrize("part", ["index", "snapshots", "config"])
def test_what_holds_a_repository_together_and_is_bad_is_a_problem(
    look_at: LookAt, sound: ResticRepository, tmp_path: Path, part: str
) -> None:
    bad = sound.copy(tmp_path / "bad")
    path = bad.path / part
    overwrite(next(path.iterdir()) if path.is_dir() else path, 40)
    outcome = look_at(bad)
    assert (outcome.status, outcome.says) == (Status.CRITICAL, DAMAGED)


@pytest.mark.fault(45)
def test_a_part_that_is_gone_is_a_problem_although_restic_asks_for_it_again_and_again(
    look_at: LookAt, sound: ResticRepository, tmp_path: Path
) -> None:
    bad = sound.copy(tmp_path / "bad")
    bad.packs()[0].unlink()
    outcome = look_at(bad, timeout_s=7.0)
    assert (outcome.status, outcome.says) == (Status.CRITICAL, DAMAGED)
    assert "exit 124" in outcome.results[0].detail


@pytest.mark.fault(45)
@pytest.mark.parametrize("readable", [True, False], ids=["ok-may-only-read", "could-not-check-may-not-read"])
def test_a_login_must_and_need_only_be_able_to_read(
    look: Look, sound: ResticRepository, tmp_path: Path, readable: bool
) -> None:
    with behind_a_login(sound, tmp_path, "127.0.3.40", readable=readable) as (path, host, known_hosts):
        check = Restic(repository=str(path), password=Secret(PASSWORD))
        outcome = look(check, host, known_hosts=[known_hosts], timeout_s=10.0)
    refused = "could not be checked: our login there may not read its backups"
    assert says(outcome) == ((Status.OK, [MADE]) if readable else (Status.UNKNOWN, [refused]))


@pytest.mark.fault(46)
def test_the_backup_of_another_machine_does_not_count(look_at: LookAt, sound: ResticRepository) -> None:
    assert says(look_at(sound, host_name="glendale")) == (
        Status.CRITICAL,
        ["holds no backup of glendale, only of pasadena"],
    )


@pytest.mark.fault(46)
def test_ages_are_right_within_a_minute_whatever_the_zone_and_the_season(
    look_at: LookAt, empty: ResticRepository, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = empty.copy(tmp_path / "repository")
    nights = {"first": "2025-11-02T08:30:00Z", "second": "2025-11-02T09:30:00Z", "spring": "2026-03-08T10:30:00Z"}
    for tag, at in nights.items():
        repository.back_up(folder, datetime.fromisoformat(at), "pasadena", "--tag", tag)
    monkeypatch.setenv("TZ", "America/Los_Angeles")
    for tag, at in nights.items():
        [metric] = look_at(repository, tag=tag, newest_within_h=1e6).metrics
        age = datetime.now(UTC) - datetime.fromisoformat(at)
        assert abs(timedelta(hours=metric.value) - age) < timedelta(minutes=1)


@pytest.mark.fault(47)
def test_a_backup_under_way_is_told_and_judged_by_the_last(
    look_at: LookAt, sound: ResticRepository, tmp_path: Path
) -> None:
    repository = sound.copy(tmp_path / "repository")
    with repository.being_backed_up():
        outcome = look_at(repository, verify_percent=100)
        assert says(outcome) == (Status.OK, [MADE, "has work on its backups running since"])
    left = "has its backups locked by work that broke off: the next one may not be able to run"
    assert says(look_at(repository)) == (Status.WARNING, [MADE, left])


@pytest.mark.fault(47)
def test_the_very_first_backup_under_way_is_worth_a_look(
    look_at: LookAt, empty: ResticRepository, tmp_path: Path
) -> None:
    repository = empty.copy(tmp_path / "repository")
    with repository.being_backed_up():
        assert says(look_at(repository)) == (Status.WARNING, ["has no finished backup yet; one is running now"])


def test_the_password_is_seen_nowhere(
    look: Look, sound: ResticRepository, folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with sshd(tmp_path, "127.0.3.40", lines=["LogLevel DEBUG3"]) as server:
        seen = spied_on(server, "restic", tmp_path)
        check = Restic(repository=str(sound.path), password=Secret(PASSWORD, "restic"), rehearse=f"{folder}/test.txt")
        outcome = look(check, server.host(), known_hosts=[server.known_hosts], timeout_s=60.0)
        log = server.log
    assert outcome.status is Status.OK
    assert seen.read_text().split() == ["looked"] * 4
    assert PASSWORD not in f"{outcome!r}{check!r}{caplog.text}{log}"


# What restic says


def test_recorded_lists_of_snapshots() -> None:
    newest, tags = snapshots_of((DATA / "restic-0.14-snapshots.json").read_text())[0]
    assert newest == Snapshot(
        "59d3157b292a765ed4fccb7c58e047a8cad73cf4a43147dc1d8e2dfe9bdd5ed0",
        datetime(2026, 11, 22, 16, 13, 21, 506695, UTC),
        "clinic1",
    )
    assert tags == ("nightly",)
    assert [each.host for each, _ in snapshots_of((DATA / "restic-snapshots-v1.json").read_text())] == [
        "www.example.com"
    ] * 7


@pytest.mark.parametrize("text", ["[]", "null"])
def test_no_snapshot_is_an_empty_list(text: str) -> None:
    assert snapshots_of(text) == ()


@pytest.mark.parametrize(
    "text",
    [
        "", "{}", "3", "[3]", '[{"time": "today", "id": "f00"}]', '[{"id": "f00"}]',
        '[{"time": "2026-11-22T02:00:00", "id": "' + "0" * 64 + '"}]',
        '[{"time": "2026-11-22T02:00:00Z", "id": "--help"}]',
    ],
)  # fmt: skip
def test_another_list_is_refused(text: str) -> None:
    with pytest.raises(ProbeError, match="its list of backups is unreadable"):
        snapshots_of(text)


def test_a_lock_is_read() -> None:
    text = '{"time": "2026-11-22T20:06:34.9Z", "exclusive": false, "hostname": "vm", "username": "root", "pid": 23796}'
    assert lock_of(text) == Lock("vm", 23796, int(datetime(2026, 11, 22, 20, 6, 34, tzinfo=UTC).timestamp()))


@pytest.mark.fault(45)
@pytest.mark.parametrize(
    ("exit", "complaint", "trouble"),
    [
        pytest.param(
            1, (DATA / "restic-check-with-warnings.txt").read_text(), Trouble.DAMAGED, id="problem-packs-gone"
        ),
        pytest.param(10, "Fatal: repository does not exist", Trouble.MISSING, id="problem-gone-as-0.17-says-it"),
        pytest.param(10, "something new", Trouble.MISSING, id="problem-gone-by-exit-code"),
    ],
)
def test_troubles_are_known_by_restic_s_own_words(exit: int, complaint: str, trouble: Trouble) -> None:
    found = RESTIC.trouble(Said(exit, "", complaint))
    assert found is not None
    assert found[0] is trouble


@pytest.mark.fault(45)
@pytest.mark.parametrize(
    ("exit", "complaint", "why"),
    [
        (1, (DATA / "restic-wrong-password.txt").read_text(), "the password of its backups is not the right one"),
        (12, "", "the password of its backups is not the right one"),
        (
            1, "unable to create lock in backend: repository is already locked exclusively by PID 1 on x",
            "its backups are locked, by work on them that is running or has broken off",
        ),
        (1, "Fatal: unable to open config file: Lstat: permission denied", "our login there may not read its backups"),
        (124, "", "restic did not finish in time"),
        (1, "panic: something new", "restic ended with an error there"),
    ],
)  # fmt: skip
def test_why_restic_could_not_look_is_told(exit: int, complaint: str, why: str) -> None:
    with pytest.raises(ProbeError, match=f"^{why}$"):
        RESTIC.trouble(Said(exit, "", complaint))


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(["2026-11-22T02:00:00Z", "0" * 64]),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["time", "id", "hostname", "tags", "pid"]), inner),
)


@given(st.text() | _JSON.map(json.dumps))
def test_any_answer_is_read_or_refused(text: str) -> None:
    for parse in (snapshots_of, lock_of):
        with contextlib.suppress(ProbeError):
            assert isinstance(parse(text), tuple | Lock)


@given(st.integers(0, 255), st.text())
def test_any_complaint_is_told_and_no_failure_is_taken_for_success(exit: int, complaint: str) -> None:
    with contextlib.suppress(ProbeError):
        assert (RESTIC.trouble(Said(exit, "", complaint)) is not None) or exit == 0


def test_mistakes_in_the_settings_are_named() -> None:
    check = Restic(repository="/srv/backup", password=Secret(PASSWORD), verify_percent=101, tag="a,b")
    assert list(check.mistakes()) == [
        ("verify_percent", "must be between 0 and 100"),
        ("tag", "must be one tag"),
    ]


def test_the_hash_in_the_settings_counts_and_not_the_file_of_today(
    look_at: LookAt, sound: ResticRepository, folder: Path
) -> None:
    right = hashlib.sha256((folder / "test.txt").read_bytes()).hexdigest()
    for sha256, status in ((right, Status.OK), ("0" * 64, Status.CRITICAL)):
        assert look_at(sound, rehearse=f"{folder}/test.txt", sha256=sha256).status is status
