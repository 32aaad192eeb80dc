"""When a machine last started, and whether it had been shut down before that."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcheck.api import Answer, Event, EventKind, Levels, Metric, Previous, ProbeError, Result, Status
from healthcheck.checks._starts import Ending, JournalEnd, Start, epoch, journal_end, starts, updates, uptime_s
from healthcheck.checks.restart import Restart, Starts
from tests.conftest import PACIFIC, Look, a_host
from tests.lab import need, need_root
from tests.lab.sshd import SshServer, sshd

DATA = Path(__file__).parents[1] / "data" / "restart"
NOW = datetime(2026, 11, 23, 5, 45, tzinfo=PACIFIC)
BOOT = datetime(2026, 11, 22, 2, 31, 5, tzinfo=PACIFIC)
UP_S = (NOW - BOOT).total_seconds()
FRIDAY = datetime(2026, 11, 20, 5, 45, tzinfo=PACIFIC)


def recorded(name: str) -> str:
    return (DATA / name).read_text()


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


def journal(name: str) -> JournalEnd | None:
    return journal_end(
        Answer(0, recorded(f"journal-{name}-last.json")), Answer(0, recorded(f"journal-{name}-stopping.json"))
    )


def judged(found: Starts, check: Restart | None = None, now: datetime = NOW) -> list[Result | Event]:
    return list((check or Restart()).evaluate(found, now))


def boot_metric(at: datetime = BOOT) -> Metric:
    return Metric("boot", at.timestamp(), "s")


def before(at: datetime, boot: datetime) -> Previous:
    return Previous(at, Status.OK, {"boot": boot.timestamp()})


# What the records say


def test_a_shutdown_before_a_start_is_clean_and_none_is_a_crash() -> None:
    assert starts(recorded("last-three.txt")) == (
        Start(utc(2026, 11, 22, 10, 31, 5), Ending.CRASH, utc(2026, 11, 21, 11, 0, 12)),
        Start(utc(2026, 11, 21, 11), Ending.CLEAN, utc(2026, 11, 21, 9, 40), utc(2026, 11, 21, 9, 40)),
        Start(utc(2026, 11, 21, 9, 5), Ending.CRASH, utc(2026, 11, 2, 6, 0, 20)),
        Start(utc(2026, 11, 2, 6, 0, 10), Ending.NOT_KNOWN),
    )


def test_the_last_logout_before_a_crash_is_its_last_sign() -> None:
    assert starts(recorded("last-crash.txt"))[0].last_sign == utc(2026, 11, 20, 17, 31)


def test_a_session_that_the_crash_ended_has_no_end_of_its_own() -> None:
    newest = starts(recorded("last-crash-while-logged-in.txt"))[0]
    assert (newest.ending, newest.last_sign) == (Ending.CRASH, utc(2026, 11, 20, 17, 1))


@pytest.mark.parametrize(
    ("name", "found"),
    [
        pytest.param(
            "last-centos-7.7.txt",
            (
                Start(
                    utc(2023, 6, 19, 16, 59, 20),
                    Ending.CLEAN,
                    utc(2023, 4, 14, 13, 46, 46),
                    utc(2023, 4, 14, 13, 46, 46),
                ),
            ),
            id="clean-with-a-clock-set-back",
        ),
        pytest.param("last-ubuntu-20.04.txt", (Start(utc(2021, 1, 5, 0, 8, 28), Ending.NOT_KNOWN),), id="only-start"),
        pytest.param("last-rotated.txt", (Start(utc(2026, 11, 22, 10, 31, 5), Ending.NOT_KNOWN),), id="rotated"),
        pytest.param("last-freebsd-12.txt", (), id="another-format"),
    ],
)
def test_records_of_other_systems(name: str, found: tuple[Start, ...]) -> None:
    assert starts(recorded(name)) == found


def test_a_login_named_like_a_record_is_none() -> None:
    text = (
        "reboot   system boot  6.1.0-41         Sun Nov 22 10:31:05 2026   still running\n"
        "shutdown pts/0        192.0.2.20       Sat Nov 21 17:01:00 2026 - Sat Nov 21 17:31:00 2026  (00:30)\n"
        "reboot   pts/0        192.0.2.20       Sat Nov 21 16:01:00 2026 - Sat Nov 21 16:31:00 2026  (00:30)\n"
        "reboot   system boot  6.1.0-41         Mon Nov  2 06:00:10 2026   still running\n"
    )
    assert [start.ending for start in starts(text)] == [Ending.CRASH, Ending.NOT_KNOWN]


def test_a_change_to_runlevel_six_is_a_shutdown_too() -> None:
    text = (
        "reboot   system boot  2.6.32-754       Sun Nov 22 10:31:05 2026 - Mon Nov 23 10:00:00 2026 (23:28)\n"
        "runlevel (to lvl 6)   2.6.32-754       Sun Nov 22 10:28:40 2026 - Sun Nov 22 10:31:05 2026  (00:02)\n"
    )
    assert [start.ending for start in starts(text)] == [Ending.CLEAN]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        pytest.param("clean", JournalEnd(utc(2026, 11, 22, 10, 28, 49), shutdown=True), id="clean"),
        pytest.param("crash", JournalEnd(utc(2026, 11, 22, 10, 14, 37), shutdown=False), id="crash"),
    ],
)
def test_the_journal_tells_how_the_boot_before_ended(name: str, found: JournalEnd) -> None:
    assert journal(name) == found


def test_a_shutdown_that_was_long_before_the_end_is_another_one() -> None:
    last, stopping = '{"__REALTIME_TIMESTAMP":"1795342477000000"}', '{"__REALTIME_TIMESTAMP":"1795300000000000"}'
    end = journal_end(Answer(0, last), Answer(0, stopping))
    assert end is not None and not end.shutdown


def test_a_journal_that_may_not_be_read_tells_nothing() -> None:
    refused = Answer(1, "No journal files were opened due to insufficient permissions.")
    assert journal_end(refused, refused) is None


@pytest.mark.parametrize(
    ("flag", "tool", "found"),
    [
        pytest.param(Answer(1, "stat: cannot statx"), Answer(127, "needrestart: not found"), (False, None), id="none"),
        pytest.param(Answer(0, "1795300000"), Answer(127, ""), (True, utc(2026, 11, 21, 22, 26, 40)), id="debian-file"),
        pytest.param(
            Answer(0, "stat: cannot statx\n1795300000"),
            Answer(127, ""),
            (True, utc(2026, 11, 21, 22, 26, 40)),
            id="older-place",
        ),
        pytest.param(
            Answer(1, ""), Answer(0, recorded("needrestart-kernel-pending.txt")), (True, None), id="newer-kernel"
        ),
        pytest.param(Answer(1, ""), Answer(0, "NEEDRESTART-KSTA: 1"), (False, None), id="newest-kernel-runs"),
        pytest.param(
            Answer(1, ""),
            Answer(1, "Core libraries or services have been updated:\n  kernel\n\nReboot is required to ensure"),
            (True, None),
            id="red-hat",
        ),
        pytest.param(Answer(1, ""), Answer(1, "Traceback: no such plugin"), (False, None), id="tool-broken"),
    ],
)
def test_whether_updates_wait(flag: Answer, tool: Answer, found: tuple[bool, datetime | None]) -> None:
    assert updates(flag, tool) == found


@pytest.mark.parametrize("text", ["", "1399.44", "cat: /proc/uptime: Permission denied", "-1.0 2.0", "1e3 2"])
def test_an_unreadable_uptime_is_no_uptime(text: str) -> None:
    with pytest.raises(ProbeError, match="it does not say how long it has been running"):
        uptime_s(text)


# What is made of it


def test_a_machine_that_runs_for_long_is_ok() -> None:
    found = Starts(20 * 86400.0, NOW, starts(recorded("last-clean.txt"))[1:])
    assert judged(found) == [
        Result(
            Status.OK,
            "has been running for 20 days",
            "started 2026-11-03 13:45:00 UTC, no readable record of how the run before ended",
            boot_metric(NOW - timedelta(days=20)),
        )
    ]


@pytest.mark.fault(37)
def test_a_crash_at_the_weekend_is_told_with_its_time() -> None:
    found = Starts(UP_S, NOW, starts(recorded("last-crash.txt")), journal("crash"))
    assert judged(found) == [
        Result(
            Status.WARNING,
            "restarted on Sunday, 2:31 am, without being shut down properly",
            "up 27 hours; started 2026-11-22 10:31:05 UTC, no shutdown on record, "
            "last record before it 2026-11-22 10:14:37 UTC",
            boot_metric(),
        ),
        Event(
            utc(2026, 11, 22, 10, 31, 5),
            "restarted without being shut down properly",
            "restart",
            EventKind.CRASH,
            not_before=utc(2026, 11, 22, 10, 14, 37),
        ),
    ]


def test_a_clean_restart_is_told_as_one() -> None:
    found = Starts(UP_S, NOW, starts(recorded("last-clean.txt")), journal("clean"))
    assert judged(found) == [
        Result(
            Status.WARNING,
            "restarted on Sunday, 2:31 am, after a normal shutdown",
            "up 27 hours; started 2026-11-22 10:31:05 UTC, clean shutdown on record, "
            "last record before it 2026-11-22 10:28:49 UTC",
            boot_metric(),
        ),
        Event(
            utc(2026, 11, 22, 10, 31, 5),
            "restarted after a normal shutdown",
            "restart",
            EventKind.RESTART,
        ),
    ]


def test_several_restarts_are_counted_and_each_is_an_event() -> None:
    result, *events = judged(Starts(UP_S, NOW, starts(recorded("last-three.txt"))))
    assert isinstance(result, Result)
    assert result.says == "restarted 3 times, 2 of them without being shut down properly, the last on Sunday, 2:31 am"
    assert [(event.at, event.kind, event.says) for event in events if isinstance(event, Event)] == [
        (utc(2026, 11, 22, 10, 31, 5), EventKind.CRASH, "restarted without being shut down properly"),
        (
            utc(2026, 11, 21, 11),
            EventKind.RESTART,
            "restarted after a normal shutdown; it was off for 1 hour 20 minutes",
        ),
        (utc(2026, 11, 21, 9, 5), EventKind.CRASH, "restarted without being shut down properly"),
    ]


def test_without_records_how_it_went_down_is_said_to_be_not_known() -> None:
    result, event = judged(Starts(UP_S, NOW))
    assert isinstance(result, Result) and isinstance(event, Event)
    assert result.says == "restarted on Sunday, 2:31 am, and whether it was shut down properly is not known"
    assert (event.kind, event.says) == (
        EventKind.RESTART,
        "restarted, and whether it was shut down properly is not known",
    )


def test_records_of_an_earlier_run_tell_nothing_about_this_one() -> None:
    result = judged(Starts(3600.0, NOW, starts(recorded("last-clean.txt"))))[0]
    assert isinstance(result, Result)
    assert result.says == "restarted today, 4:45 am, and whether it was shut down properly is not known"


def test_a_shutdown_that_only_the_journal_saw_counts() -> None:
    result = judged(Starts(UP_S, NOW, (), journal("clean")))[0]
    assert isinstance(result, Result)
    assert result.says == "restarted on Sunday, 2:31 am, after a normal shutdown"


def test_a_restart_since_the_last_round_counts_however_old_it_is() -> None:
    check, last_round = Restart(recent_h=1), before(FRIDAY, FRIDAY - timedelta(days=30))
    result = judged(Starts(UP_S, NOW, previous=last_round), check)[0]
    assert isinstance(result, Result)
    assert result.status is Status.WARNING


def test_a_restart_that_the_last_round_knew_is_over_once_it_is_old() -> None:
    check, last_round = Restart(recent_h=1), before(NOW - timedelta(hours=3), BOOT)
    assert [type(one) for one in judged(Starts(UP_S, NOW, previous=last_round), check)] == [Result]


@pytest.mark.fault(37)
@pytest.mark.parametrize("step", [timedelta(hours=-9), timedelta(days=400), timedelta(minutes=10)])
def test_a_clock_that_was_set_is_no_restart(step: timedelta) -> None:
    last_round = before(FRIDAY, NOW - timedelta(days=20))
    [result] = judged(Starts(20 * 86400.0, NOW + step, previous=last_round))
    assert isinstance(result, Result)
    assert result.status is Status.OK


@pytest.mark.fault(37)
def test_a_virtual_machine_that_was_paused_is_no_restart() -> None:
    last_round = before(FRIDAY, NOW - timedelta(days=20))
    [result] = judged(Starts(19.5 * 86400, NOW, previous=last_round))
    assert isinstance(result, Result)
    assert result.status is Status.OK


@pytest.mark.fault(63)
@pytest.mark.parametrize("summer_time", [(2027, 3, 14), (2026, 11, 1)], ids=["begins", "ends"])
def test_a_start_keeps_its_hour_over_a_night_in_which_the_clocks_are_changed(summer_time: tuple[int, int, int]) -> None:
    now = datetime(*summer_time, 5, 45, tzinfo=PACIFIC)
    boot = now - timedelta(days=1)  # by the wall clock: the same hour of the day before
    up_s = now.timestamp() - boot.timestamp()
    result = judged(Starts(up_s, now.astimezone(UTC)), now=now)[0]
    assert isinstance(result, Result)
    day = f"{boot:%A}"
    assert result.says == f"restarted on {day}, 5:45 am, and whether it was shut down properly is not known"


def test_records_are_told_by_our_clock_when_theirs_is_wrong() -> None:
    ahead = timedelta(minutes=40)
    record = Start(BOOT.astimezone(UTC) + ahead, Ending.CRASH, utc(2026, 11, 22, 10, 54, 37))
    _, event = judged(Starts(UP_S, NOW + ahead, (record,)))
    assert isinstance(event, Event)
    assert (event.at, event.not_before) == (utc(2026, 11, 22, 10, 31, 5), utc(2026, 11, 22, 10, 14, 37))


def test_a_shutdown_is_told_by_our_clock_when_theirs_is_wrong() -> None:
    ahead, down_at = timedelta(minutes=40), utc(2026, 11, 22, 10, 21, 5)
    record = Start(BOOT.astimezone(UTC) + ahead, Ending.CLEAN, down_at + ahead, down_at + ahead)
    result, event = judged(Starts(UP_S, NOW + ahead, (record,), JournalEnd(down_at + ahead, shutdown=True)))
    assert isinstance(result, Result) and isinstance(event, Event)
    assert result.detail.endswith("last record before it 2026-11-22 10:21:05 UTC")
    assert event.says == "restarted after a normal shutdown; it was off for 10 minutes"


def test_a_start_that_the_last_round_just_saw_is_told_once() -> None:
    last_round = before(BOOT + timedelta(minutes=1), BOOT)
    result = judged(Starts(UP_S, NOW, previous=last_round), Restart(recent_h=1))[0]
    assert isinstance(result, Result)
    assert result.status is Status.OK


def test_the_same_start_keeps_its_time_from_round_to_round() -> None:
    last_round = before(NOW - timedelta(hours=1), BOOT)
    result = judged(Starts(UP_S + 3.7, NOW, previous=last_round))[0]
    assert isinstance(result, Result)
    assert result.metric == boot_metric()


def test_running_for_years_is_worth_a_look() -> None:
    found = Starts(400 * 86400.0, NOW)
    assert judged(found)[1:] == [Result(Status.WARNING, "has been running for 400 days without a restart")]
    assert len(judged(found, Restart(uptime_days=Levels.above(warning=500)))) == 1


@pytest.mark.parametrize(
    ("since", "status", "says"),
    [
        pytest.param(
            utc(2026, 10, 1),
            Status.WARNING,
            "has had updates waiting for a restart since Wednesday, September 30, 5:00 pm",
            id="look-for-weeks",
        ),
        pytest.param(
            utc(2026, 11, 20, 20),
            Status.OK,
            "has had updates waiting for a restart since Friday, 12:00 pm",
            id="ok-new",
        ),
        pytest.param(None, Status.OK, "has updates that wait for a restart", id="ok-since-when-nobody-knows"),
    ],
)
def test_updates_may_wait_for_a_while(since: datetime | None, status: Status, says: str) -> None:
    found = Starts(20 * 86400.0, NOW, updates_wait=True, updates_since=since)
    assert judged(found)[1:] == [Result(status, says, "a restart is pending")]


def test_a_negative_time_is_a_mistake() -> None:
    assert list(Restart(recent_h=-1).mistakes()) == [("recent_h", "must not be negative")]


# A real machine, through a real sshd, in a time namespace


SH_IN_ANOTHER_TIME = 'exec unshare --time --boottime {offset} --fork /bin/sh "$@"'


def offset_to(wanted_s: float) -> int:
    """What shifts this machine's uptime to that."""
    return round(wanted_s - uptime_s(Path("/proc/uptime").read_text()))


def last_output(*lines: tuple[str, datetime]) -> str:
    return "".join(f"{who:<40}{at.astimezone(UTC):%a %b %e %H:%M:%S %Y}\n" for who, at in lines)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SshServer]:
    """A host that has neither records nor updates of its own."""
    need_root()
    need("unshare")
    with sshd(tmp_path, "127.0.3.21") as running:
        for tool in ("last", "journalctl", "stat", "needrestart", "needs-restarting"):
            running.shim(tool, exit=1)
        yield running


@pytest.mark.fault(37)
def test_a_real_machine_that_runs_for_ten_days(look: Look, server: SshServer) -> None:
    server.shim("sh", script=SH_IN_ANOTHER_TIME.format(offset=offset_to(864000)))
    outcome = look(Restart(), server.host(), known_hosts=[server.known_hosts])
    assert (outcome.status, outcome.says, outcome.events) == (Status.OK, "has been running for 10 days", ())


@pytest.mark.fault(37)
def test_a_real_machine_that_crashed_since_the_last_round(look: Look, server: SshServer) -> None:
    now = datetime.now(UTC)
    booted, login, long_ago = now - timedelta(hours=80), now - timedelta(hours=90), now - timedelta(days=90)
    server.shim("sh", script=SH_IN_ANOTHER_TIME.format(offset=offset_to(80 * 3600)))
    records = (("reboot   system boot", booted), ("office   pts/0", login), ("reboot   system boot", long_ago))
    server.shim("last", last_output(*records))
    last_round = before(now - timedelta(hours=100), long_ago)
    outcome = look(Restart(recent_h=1), server.host(), known_hosts=[server.known_hosts], previous=last_round)
    assert outcome.status is Status.WARNING
    assert outcome.says.endswith(", without being shut down properly")
    [event] = outcome.events
    assert (event.kind, event.not_before) == (EventKind.CRASH, login.replace(microsecond=0))
    assert abs(event.at - booted) < timedelta(seconds=30)


@pytest.mark.fault(22)
def test_a_greeting_and_another_language_do_not_disturb(look: Look, server: SshServer) -> None:
    noisy = 'echo "Welcome! up 3 days"; echo "@@ uptime"; LC_ALL=de_DE.UTF-8; export LC_ALL;'
    server.shim("sh", script=f"{noisy} {SH_IN_ANOTHER_TIME.format(offset=offset_to(864000))}")
    assert look(Restart(), server.host(), known_hosts=[server.known_hosts]).says == "has been running for 10 days"


@pytest.mark.fault(21)
def test_an_answer_that_breaks_off_could_not_be_checked(look: Look, server: SshServer) -> None:
    server.shim("sh", script='/bin/sh "$@" | head -c 100')
    outcome = look(Restart(), server.host(), known_hosts=[server.known_hosts])
    assert (outcome.status, outcome.says) == (Status.UNKNOWN, "could not be checked: its answer was cut short")


def test_this_computer_counts_from_its_own_start() -> None:
    need_root()
    need("unshare")
    ask = "from healthcheck.checks.restart import own_uptime_s; print(own_uptime_s())"
    shifted = ["unshare", "--time", "--boottime", str(offset_to(864000)), "--fork", sys.executable, "-c", ask]
    told = subprocess.run(shifted, capture_output=True, text=True, check=True, timeout=30).stdout
    assert float(told) == pytest.approx(864000, abs=30)


def test_this_computer_can_be_looked_at(look: Look) -> None:
    outcome = look(Restart(recent_h=0), a_host(local=True), timeout_s=20)
    assert outcome.results[0].status is Status.OK
    assert outcome.results[0].says.startswith("has been running for ")


# Any text


LAST_LIKE = st.lists(
    st.sampled_from([
        "reboot   system boot  6.1  Sun Nov 22 10:31:05 2026   still running",
        "shutdown system down  6.1  Fri Feb 31 10:31:05 2026",
        "reboot   system boot  6.1  Sun Nov 22 10:31:05 9999",
        "reboot   system boot  6.1  Xyz Abc 99 99:99:99 0000",
        "runlevel (to lvl 6)   6.1  Sun Nov 22 10:28:40 2026 - Sun Nov 22 10:31:05 2026",
        "office   pts/0   ::1  Sun Nov 22 12:00:00 2026   gone - no logout",
        "", "wtmp begins Sun Nov 22 10:31:05 2026",
    ]) | st.text(),
).map("\n".join)  # fmt: skip


@given(LAST_LIKE, st.from_regex(r"[0-9]{0,12}", fullmatch=True), st.from_regex(r"[0-9]{1,12}\.0 1\.0", fullmatch=True))
def test_any_records_at_any_time_are_judged_or_refused(text: str, clock: str, uptime: str) -> None:
    for start in starts(text):
        assert start.last_sign is None or start.last_sign <= start.at
    with contextlib.suppress(ProbeError):
        assert judged(Starts(uptime_s(uptime), epoch(clock), starts(text)))


@given(st.text())
def test_any_answer_is_read_or_refused(text: str) -> None:
    journal_end(Answer(0, text), Answer(0, text))
    updates(Answer(0, text), Answer(0, text))
    with contextlib.suppress(ProbeError):
        assert uptime_s(text) >= 0
