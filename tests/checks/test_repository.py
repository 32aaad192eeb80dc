"""How backup repositories are judged, whichever tool made them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcheck.api import Answer, Metric, ProbeError, Result, Status, Target
from healthcheck.checks._repository.asking import Said, restored, seen
from healthcheck.checks._repository.check import RepositoryCheck
from healthcheck.checks._repository.contents import (
    NOTHING,
    Contents,
    Lock,
    Rehearsal,
    Seen,
    Snapshot,
    Trouble,
    Work,
    at_work,
)
from tests.conftest import PACIFIC, summed_up

NOW = datetime(2026, 11, 23, 5, 45, tzinfo=PACIFIC)
CLOCK_S = int(NOW.timestamp())
HASH, OTHER_HASH = "a" * 64, "b" * 64


@dataclass(frozen=True, kw_only=True)
class Kept(RepositoryCheck):
    """Judges what it is given."""

    kind: ClassVar[str] = "kept"

    async def probe(self, target: Target) -> Contents:
        raise AssertionError("what was read is given here")


CHECK = Kept(repository="/srv/backup")


def made(hours_ago: float, host: str = "pasadena") -> Snapshot:
    return Snapshot("f00", (NOW - timedelta(hours=hours_ago)).astimezone(UTC), host)


def contents(*snapshots: Snapshot, **more: object) -> Contents:
    return replace(Contents(Seen(CLOCK_S), snapshots), **more)  # type: ignore[arg-type]  # a test's own words


def judged(found: Contents, check: RepositoryCheck = CHECK, now: datetime = NOW) -> list[Result]:
    results: Iterator[object] = check.evaluate(found, now)
    return [result for result in results if isinstance(result, Result)]


def worst(found: Contents, check: RepositoryCheck = CHECK) -> tuple[Status, str]:
    return summed_up(judged(found, check))


def working(*, alive: bool, since_s: int | None = None) -> Work:
    return Work(Lock("pasadena", 4711, CLOCK_S - 900), alive, since_s)


LAST_NIGHT = made(3.7)
ON_FRIDAY = made(54.72)


def test_a_backup_of_last_night_is_fine() -> None:
    assert judged(contents(LAST_NIGHT, ON_FRIDAY, has_files=True)) == [
        Result(
            Status.OK,
            "made its last backup today, 2:03 am",
            "/srv/backup: f00 of pasadena: 3.7 hours old, limit 26",
            Metric("age_h", 3.7, "h"),
        )
    ]


@pytest.mark.fault(45)
@pytest.mark.parametrize(
    ("found", "status", "says"),
    [
        pytest.param(contents(), Status.CRITICAL, "holds no backup at all", id="problem-none"),
        pytest.param(contents(ON_FRIDAY), Status.CRITICAL, "has no backup since Friday, 11:01 pm", id="problem-old"),
        pytest.param(
            contents(trouble=Trouble.MISSING), Status.CRITICAL,
            "has lost its backups: nothing is where they should be", id="problem-no-repository",
        ),
        pytest.param(
            contents(LAST_NIGHT, trouble=Trouble.DAMAGED), Status.CRITICAL,
            "has damaged backups: part of them can no longer be read", id="problem-damaged",
        ),
        pytest.param(
            contents(LAST_NIGHT, trouble=Trouble.DAMAGED, work=working(alive=True)), Status.UNKNOWN,
            "could not be checked: part of its backups could not be read while work on them is running",
            id="could-not-check-half-written",
        ),
        pytest.param(
            contents(LAST_NIGHT, has_files=False), Status.CRITICAL,
            "made its last backup today, 2:03 am, but there is nothing in it", id="problem-nothing-in-it",
        ),
        pytest.param(
            contents(made(-48)), Status.CRITICAL,
            "holds no backup that can be used, only one that is dated in the future", id="problem-only-a-future-one",
        ),
        pytest.param(
            contents(made(-48), LAST_NIGHT), Status.WARNING,
            "has a backup that is dated in the future and does not count; the last good one is from today, 2:03 am",
            id="look-one-from-the-future",
        ),
        pytest.param(
            contents(LAST_NIGHT, work=working(alive=False)), Status.WARNING,
            "has its backups locked by work that broke off, today, 5:30 am: the next one may not be able to run",
            id="look-lock-left-behind",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_repository_is_told_apart(found: Contents, status: Status, says: str) -> None:
    assert worst(found) == (status, says)


@pytest.mark.fault(46)
@pytest.mark.parametrize(
    ("others", "says"),
    [
        pytest.param((), "holds no backup of glendale at all", id="problem-none"),
        pytest.param(("pasadena",), "holds no backup of glendale, only of pasadena", id="problem-of-another"),
        pytest.param(
            ("a", "b", "c", "d"), "holds no backup of glendale, only of a, b, c and others", id="problem-of-many"
        ),
    ],
)
def test_a_backup_of_another_machine_does_not_count(others: tuple[str, ...], says: str) -> None:
    assert worst(contents(others=others), replace(CHECK, host_name="glendale")) == (Status.CRITICAL, says)


@pytest.mark.fault(47)
@pytest.mark.parametrize(
    ("found", "status", "says"),
    [
        pytest.param(
            contents(LAST_NIGHT, work=working(alive=True, since_s=CLOCK_S - 1800)), Status.OK,
            "made its last backup today, 2:03 am; has work on its backups running since today, 5:15 am",
            id="ok-running",
        ),
        pytest.param(
            contents(LAST_NIGHT, work=working(alive=True)), Status.OK,
            "made its last backup today, 2:03 am; has work on its backups running now", id="ok-running-since-unknown",
        ),
        pytest.param(
            contents(ON_FRIDAY, work=working(alive=True, since_s=CLOCK_S - 1800)), Status.CRITICAL,
            "has no backup since Friday, 11:01 pm; it has work on its backups running since today, 5:15 am",
            id="problem-the-last-is-old",
        ),
        pytest.param(
            contents(work=working(alive=True)), Status.WARNING,
            "has no finished backup yet; one is running now", id="look-the-first-of-all",
        ),
    ],
)  # fmt: skip
def test_work_under_way_is_told_and_judged_by_the_last_backup(found: Contents, status: Status, says: str) -> None:
    assert worst(found) == (status, says)


@pytest.mark.fault(46)
@pytest.mark.parametrize(
    ("at", "now", "age_h"),
    [
        pytest.param("2026-11-01T06:30:00Z", datetime(2026, 11, 1, 5, 45, tzinfo=PACIFIC), 7.25, id="25-hours"),
        pytest.param("2026-11-01T08:30:00Z", datetime(2026, 11, 1, 5, 45, tzinfo=PACIFIC), 5.25, id="first-1-30"),
        pytest.param("2026-11-01T09:30:00Z", datetime(2026, 11, 1, 5, 45, tzinfo=PACIFIC), 4.25, id="second-1-30"),
        pytest.param("2027-03-14T07:30:00Z", datetime(2027, 3, 14, 5, 45, tzinfo=PACIFIC), 5.25, id="23-hours"),
    ],
)
def test_ages_are_right_on_both_nights_when_the_clocks_change(at: str, now: datetime, age_h: float) -> None:
    found = Contents(Seen(int(now.timestamp())), (Snapshot("f00", datetime.fromisoformat(at)),))
    assert judged(found, now=now)[0].metric == Metric("age_h", age_h, "h")


@pytest.mark.fault(38)
def test_ages_are_by_the_clock_of_the_host() -> None:
    ahead = replace(contents(made(2)), seen=Seen(CLOCK_S + 7200))
    assert judged(ahead)[0] == Result(
        Status.OK,
        "made its last backup today, 1:45 am",
        "/srv/backup: f00 of pasadena: 4.0 hours old, limit 26; the host's clock is 2 hours ahead",
        Metric("age_h", 4.0, "h"),
    )


@pytest.mark.parametrize(
    ("rehearsal", "status", "says"),
    [
        pytest.param(
            Rehearsal(HASH, HASH), Status.OK, "could get back a test file from its last backup", id="ok-the-same"
        ),
        pytest.param(
            Rehearsal("", HASH), Status.CRITICAL, "lacks the test file in its last backup", id="problem-not-in-it"
        ),
        pytest.param(
            Rehearsal(NOTHING, NOTHING), Status.CRITICAL, "got back an empty test file from its last backup",
            id="problem-empty",
        ),
        pytest.param(
            Rehearsal(HASH, OTHER_HASH), Status.CRITICAL,
            "got back a test file from its last backup that is not what it should be", id="problem-another-hash",
        ),
        pytest.param(
            Rehearsal(HASH, OTHER_HASH, CLOCK_S - 400_000), Status.CRITICAL,
            "got back a test file from its last backup that is not what it should be", id="problem-not-as-on-disk",
        ),
        pytest.param(
            Rehearsal(HASH, OTHER_HASH, CLOCK_S - 60), Status.UNKNOWN,
            "could not be checked: the test file has been changed since the last backup", id="could-not-check-changed",
        ),
        pytest.param(
            Rehearsal(HASH, ""), Status.UNKNOWN,
            "could not be checked: there is no test file to compare the one in the backup with",
            id="could-not-check-nothing-to-compare",
        ),
    ],
)  # fmt: skip
def test_a_file_that_is_got_back_must_be_the_same(rehearsal: Rehearsal, status: Status, says: str) -> None:
    *_, result = judged(contents(LAST_NIGHT, rehearsal=rehearsal), replace(CHECK, rehearse="/srv/test.txt"))
    assert (result.status, result.says) == (status, says)


# Who holds a lock

PROGRAMS = {4711: (1800, "restic")}


@pytest.mark.parametrize(
    ("lock", "around", "alive", "since_s"),
    [
        pytest.param(
            Lock("pasadena", 4711, CLOCK_S), Seen(CLOCK_S, "pasadena", PROGRAMS), True, CLOCK_S - 1800, id="its-process"
        ),
        pytest.param(
            Lock("pasadena.lan", 4711, CLOCK_S), Seen(CLOCK_S, "PASADENA", PROGRAMS), True, CLOCK_S - 1800, id="domain"
        ),
        pytest.param(
            Lock("pasadena", 4712, CLOCK_S), Seen(CLOCK_S, "pasadena", PROGRAMS), False, None, id="no-such-process"
        ),
        pytest.param(
            Lock("pasadena", 4711, CLOCK_S), Seen(CLOCK_S, "pasadena", {4711: (9, "sshd")}), False, None, id="another"
        ),
        pytest.param(
            Lock("glendale", 4711, CLOCK_S - 60), Seen(CLOCK_S, "pasadena", PROGRAMS), True, None, id="elsewhere-young"
        ),
        pytest.param(
            Lock("glendale", 4711, CLOCK_S - 9999), Seen(CLOCK_S, "pasadena", PROGRAMS), False, None, id="elsewhere-old"
        ),
        pytest.param(
            Lock("pasadena", 4711, CLOCK_S - 60), Seen(CLOCK_S, "pasadena"), True, None, id="processes-hidden"
        ),
    ],
)
def test_whether_a_lock_is_still_held(lock: Lock, around: Seen, alive: bool, since_s: int | None) -> None:
    assert at_work(lock, around, tool="restic", alive_s=1800) == Work(lock, alive, since_s)


def test_what_a_machine_says_of_itself_is_read() -> None:
    programs = Answer(0, "    1    99999 systemd\n 4711     1800 restic\n   52        3 bash\n 4712 7 python3")
    assert seen(Answer(0, "1795441500"), Answer(0, "pasadena"), programs, "restic") == Seen(
        1795441500, "pasadena", {4711: (1800, "restic"), 4712: (7, "python3")}
    )


@pytest.mark.parametrize(
    "programs", [Answer(1, "ps: unrecognized option"), Answer(0, " 4711     1800 restic"), Answer(0, "")]
)
def test_programs_that_are_hidden_are_not_taken_for_gone(programs: Answer) -> None:
    assert seen(Answer(0, "1795441500"), Answer(0, "pasadena"), programs, "restic").programs is None


@given(st.text(), st.text(), st.text())
def test_any_answer_of_a_machine_is_read_or_refused(clock: str, name: str, programs: str) -> None:
    with contextlib.suppress(ProbeError):
        assert isinstance(seen(Answer(0, clock), Answer(0, name), Answer(0, programs), "borg"), Seen)


@given(st.text())
def test_any_hash_is_read_or_refused(out: str) -> None:
    with contextlib.suppress(ProbeError):
        assert isinstance(restored(Said(0, out, ""), HASH, None), Rehearsal)


def test_mistakes_in_the_settings_are_named() -> None:
    assert list(Kept(repository="/srv/backup", rehearse="/srv/test.txt", sha256=HASH).mistakes()) == []
    wrong = Kept(repository="rest:https://me:secret@host/", newest_within_h=0, rehearse="test.txt", sha256="A")
    assert list(wrong.mistakes()) == [
        ("repository", "must not hold a password: every login of the host could read it"),
        ("newest_within_h", "must be more than 0"),
        ("rehearse", "“test.txt” must start with “/”"),
        ("sha256", "must be 64 digits and letters a to f, as `sha256sum` prints them"),
    ]
    assert list(Kept(repository="-x", sha256=NOTHING).mistakes()) == [
        ("repository", "must be where the repository is"),
        ("sha256", "is that of an empty file, which proves nothing"),
        ("sha256", "needs `rehearse`: it is that file's"),
    ]
