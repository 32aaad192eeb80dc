"""What happened to the power between two looks, from every log that may tell it, and what each log is worth."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcheck.checks._ups import record, story
from healthcheck.checks._ups.stamps import stamped
from healthcheck.checks._ups.unit import Reading, Unit
from healthcheck.checks.ups import CHANGES_ONLY, Ups
from healthcheck.errors import ProbeError
from healthcheck.model import Event, EventKind, Previous, Result, Status
from tests.conftest import PACIFIC, Look, a_host
from tests.lab import daemon, need, wait_for
from tests.lab.nut import Upsd, upsd
from tests.lab.sshd import sshd

DATA = Path(__file__).parents[1] / "data/ups"
MONDAY = datetime(2026, 11, 23, 5, 45, tzinfo=PACIFIC)
ON_MAINS = Unit("closet", "OL", frozenset({"OL"}))
ON_BATTERY = Unit("closet", "OB", frozenset({"OB"}))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def told_by_apcupsd(*lines: str, now: datetime = MONDAY, unit: Unit = ON_MAINS) -> tuple[list[Event], Result]:
    """The events, and what is said of the log itself."""
    return judged(Ups(via="apcupsd"), Reading((unit,), log=lines, history_of="apcupsd"), now)


def told_by_log(*lines: str, now: datetime = MONDAY, ups: str = "") -> tuple[list[Event], Result]:
    reading = Reading((ON_MAINS,), log=lines, log_expected=True, history_of="log", asked_for=ups)
    return judged(Ups(via="nut", ups=ups, log="/var/log/ups.log"), reading, now)


def judged(check: Ups, reading: Reading, now: datetime) -> tuple[list[Event], Result]:
    found = list(check.evaluate(reading, now))
    [*_, last] = [item for item in found if isinstance(item, Result)]
    return [item for item in found if isinstance(item, Event)], last


# Times


@pytest.mark.fault(28)
@pytest.mark.parametrize(
    ("line", "at", "rest"),
    [
        ("2026-11-22 02:14:05 -0800  Power failure.", "2026-11-22 10:14:05", "Power failure."),
        ("2026-11-22 02:14:05 +0000  Power failure.", "2026-11-22 02:14:05", "Power failure."),
        ("Sun Nov 22 02:14:05 PST 2026  Power failure.", "2026-11-22 10:14:05", "Power failure."),
        ("Sun Nov  1 01:14:05 PDT 2026  Power failure.", "2026-11-01 08:14:05", "Power failure."),
        ("Sun Nov  1 01:14:05 PST 2026  Power failure.", "2026-11-01 09:14:05", "Power failure."),
        ("Sun Nov 22 02:14:05 EST 2026  Power failure.", "2026-11-22 07:14:05", "Power failure."),
        ("2026-11-22T10:14:05Z NOTIFYTYPE=ONBATT", "2026-11-22 10:14:05", "NOTIFYTYPE=ONBATT"),
        ("2026-11-22T02:14:05.123456-08:00 office upsmon", "2026-11-22 10:14:05", "office upsmon"),
        ("20261122 021405 100 NA", "2026-11-22 10:14:05", "100 NA"),
        ("Nov 22 02:14:05 office upsmon[7]: x", "2026-11-22 10:14:05", "office upsmon[7]: x"),
        ("Dec 31 23:59:59 office upsmon[7]: x", "2026-01-01 07:59:59", "office upsmon[7]: x"),
    ],
)
def test_a_time_is_read_in_every_spelling(line: str, at: str, rest: str) -> None:
    assert stamped(line, MONDAY) == (utc(at), rest)


def test_a_zone_that_only_the_site_knows_is_read_as_the_site_means_it() -> None:
    berlin = datetime(2026, 11, 23, 5, 45, tzinfo=ZoneInfo("Europe/Berlin"))
    summer, winter = (stamped(f"Sun Oct 25 02:30:00 {zone} 2026  x", berlin) for zone in ("CEST", "CET"))
    assert (summer, winter) == ((utc("2026-10-25 00:30:00"), "x"), (utc("2026-10-25 01:30:00"), "x"))


@pytest.mark.fault(28)
@pytest.mark.parametrize(
    "line",
    [
        "",
        "Power failure.",
        "2026-02-31 00:00:00 +0000  Power failure.",
        "0000-00-00 00:00:00 +0000  Power failure.",
        "2026-11-22 25:00:00 +0000  Power failure.",
        "Sun Nov 22 02:14:05 XYZ 2026  Power failure.",
        "Sun Noc 22 02:14:05 PST 2026  Power failure.",
        "2026-11-22 02:14:05  Power failure.",
    ],
)
def test_what_is_no_time_is_not_guessed(line: str) -> None:
    assert stamped(line, MONDAY) is None


def test_the_second_of_two_equal_hours_follows_the_first() -> None:
    lines = ["20261101 015930 100 NA NA [OL] NA NA", "20261101 010000 100 NA NA [OB] NA NA"]
    [happening] = record.read(lines, MONDAY).happenings
    assert (happening.not_before, happening.at) == (utc("2026-11-01 08:59:30"), utc("2026-11-01 09:00:00"))


# apcupsd


@pytest.mark.fault(24)
def test_a_power_cut_at_the_weekend_is_told_with_its_start_and_length() -> None:
    events, log = told_by_apcupsd(
        "2026-11-02 09:00:00 -0800  apcupsd 3.14.14 (31 May 2016) debian startup succeeded",
        "2026-11-22 02:14:05 -0800  Power failure.",
        "2026-11-22 02:14:11 -0800  Running on UPS batteries.",
        "2026-11-22 02:31:09 -0800  Mains returned. No longer on UPS batteries.",
        "2026-11-22 02:31:09 -0800  Power is back. UPS running on mains.",
    )
    assert events == [
        Event(
            utc("2026-11-22 10:14:05"),
            "lost mains power for 17 minutes",
            "ups (apcupsd)",
            EventKind.POWER_CUT,
            utc("2026-11-22 10:31:09"),
        )
    ]
    assert log == Result(Status.OK, "had 1 power cut in the last 8 days", "history: 5 lines from 2026-11-02T17:00:00Z")


def test_recorded_events_of_apcupsd() -> None:
    lines = (DATA / "apcupsd-events-3.14.14.txt").read_text().splitlines()
    events, log = told_by_apcupsd(*lines, now=utc("2026-11-22 16:20:00"), unit=ON_BATTERY)
    told = [(f"{event.at:%T}", event.until and f"{event.until:%T}", event.kind.value, event.says) for event in events]
    assert told == [
        ("16:10:57", "16:11:04", "power_cut", "lost mains power for 7 seconds"),
        ("16:11:17", "16:11:36", "note", "had no contact with its battery backup for 19 seconds"),
        ("16:12:12", None, "power_cut", "lost mains power and ran on its backup battery"),
        ("16:12:17", None, "note", "began to shut down on the word of its battery backup"),
    ]  # fmt: skip
    assert log.says == "had 2 power cuts since today, 4:10 pm"


def test_a_self_test_is_no_power_cut() -> None:
    events, log = told_by_apcupsd(
        "2026-11-20 03:00:00 -0800  UPS Self Test switch to battery.",
        "2026-11-20 03:00:08 -0800  UPS Self Test completed: Battery OK",
    )
    assert events == [
        Event(
            utc("2026-11-20 11:00:00"),
            "tested its backup battery for 8 seconds",
            "ups (apcupsd)",
            EventKind.SELF_TEST,
            utc("2026-11-20 11:00:08"),
        )
    ]
    assert log.says == "had no power cut since Friday, 3:00 am"


def test_a_power_cut_that_outlasted_the_machine_has_its_longest_length() -> None:
    events, _ = told_by_apcupsd(
        "2026-11-21 22:00:00 -0800  Power failure.",
        "2026-11-21 22:30:00 -0800  Initiating system shutdown!",
        "2026-11-21 22:30:05 -0800  apcupsd shutdown succeeded",
        "2026-11-22 06:00:00 -0800  apcupsd 3.14.14 (31 May 2016) debian startup succeeded",
    )
    assert [(event.kind, event.until, event.says) for event in events] == [
        (
            EventKind.POWER_CUT,
            None,
            "lost mains power and was switched off by it; power was back at most 8 hours later",
        ),
        (EventKind.NOTE, None, "began to shut down on the word of its battery backup"),
    ]


def test_a_daemon_that_starts_again_while_power_is_out_tells_of_one_power_cut() -> None:
    events, _ = told_by_apcupsd(
        "2026-11-22 02:00:00 -0800  Power failure.",
        "2026-11-22 02:05:00 -0800  apcupsd shutdown succeeded",
        "2026-11-22 02:05:01 -0800  apcupsd 3.14.14 (31 May 2016) debian startup succeeded",
        "2026-11-22 02:05:03 -0800  Power failure.",
        "2026-11-22 02:10:00 -0800  Power is back. UPS running on mains.",
    )
    assert [event.says for event in events] == ["lost mains power for 10 minutes"]


def test_a_second_power_cut_after_the_start_is_one_of_its_own() -> None:
    events, _ = told_by_apcupsd(
        "2026-11-22 02:00:00 -0800  Power failure.",
        "2026-11-22 04:00:00 -0800  apcupsd 3.14.14 (31 May 2016) debian startup succeeded",
        "2026-11-22 05:00:00 -0800  Power failure.",
        "2026-11-22 05:01:00 -0800  Power is back. UPS running on mains.",
    )
    assert [event.says for event in events] == [
        "lost mains power and was switched off by it; power was back at most 2 hours later",
        "lost mains power for 1 minute",
    ]


def test_contact_that_was_lost_before_a_restart_is_not_joined_with_a_later_one() -> None:
    events, _ = told_by_apcupsd(
        "2026-11-20 02:00:00 -0800  Communications with UPS lost.",
        "2026-11-20 03:00:00 -0800  apcupsd 3.14.14 (31 May 2016) debian startup succeeded",
        "2026-11-22 02:00:00 -0800  Communications with UPS lost.",
        "2026-11-22 02:01:00 -0800  Communications with UPS restored.",
    )
    assert [event.says for event in events] == [
        "lost contact with its battery backup",
        "had no contact with its battery backup for 1 minute",
    ]


def test_power_that_came_back_at_the_start_of_the_log_is_told_without_a_guess() -> None:
    events, _ = told_by_apcupsd("2026-11-22 02:10:00 -0800  Power is back. UPS running on mains.")
    assert [(event.kind, event.says) for event in events] == [
        (EventKind.NOTE, "got mains power back; when it was lost is not known")
    ]


def test_a_power_cut_without_an_end_is_over_where_there_is_mains_now() -> None:
    cut = "2026-11-22 02:10:00 -0800  Power failure."
    [over], _ = told_by_apcupsd(cut)
    [still], _ = told_by_apcupsd(cut, unit=ON_BATTERY)
    assert (over.says, still.says) == (
        "lost mains power; when it came back is not known",
        "lost mains power and ran on its backup battery",
    )


def test_what_happened_more_than_eight_days_ago_is_not_told_again() -> None:
    events, log = told_by_apcupsd(
        "2026-11-14 02:00:00 -0800  Power failure.", "2026-11-14 02:01:00 -0800  Power is back. UPS running on mains."
    )
    assert (events, log.says) == ([], "had no power cut in the last 8 days")


@pytest.mark.fault(28)
def test_lines_that_cannot_be_used_are_left_out_and_counted() -> None:
    events, log = told_by_apcupsd(
        "2026-11-21 02:00:00 -0800  Power failure.",
        "garbage",
        "2026-11-21 02:00:30 -0800  Power is back. UPS running on mains.",
        "2036-01-01 00:00:00 +0000  Power failure.",
        "2026-02-31 00:00:00 +0000  Power failure.",
    )
    assert [event.says for event in events] == ["lost mains power for 30 seconds"]
    assert log == Result(
        Status.OK,
        "had 1 power cut since Saturday, 2:00 am",
        (
            "history: 5 lines from 2026-11-21T10:00:00Z, 2 lines without a time that can be read, "
            "1 line dated in the future"
        ),
    )


@pytest.mark.fault(28)
def test_fifty_lines_may_not_go_back_far_enough() -> None:
    lines = [f"2026-11-22 02:00:{second:02d} -0800  User logins prohibited" for second in range(50)]
    _, log = told_by_apcupsd(*lines)
    assert log == Result(
        Status.OK,
        "had no power cut since Sunday, 2:00 am",
        "history: 50 lines from 2026-11-22T10:00:00Z, the log may not go back far enough",
    )


def transferred(began: str, ended: str = "N/A", why: str = "Low line voltage", flags: str = "OL") -> Unit:
    """A UPS at apcupsd with its last transfer to battery, and back."""
    return Unit(
        "ups1", "", frozenset({flags}), last_transfer=why, on_battery_at=began, off_battery_at=ended
    )  # fmt: skip


def test_a_transfer_that_the_events_tell_is_not_told_twice() -> None:
    flicker = ("2026-11-22 02:14:05 -0800  Power failure.", "2026-11-22 02:14:06 -0800  Power is back.")
    unit = transferred("2026-11-22 02:14:07 -0800", "2026-11-22 02:14:08 -0800")
    assert [event.says for event in told_by_apcupsd(*flicker, unit=unit)[0]] == ["lost mains power for 1 second"]


@pytest.mark.parametrize(
    ("unit", "told"),
    [
        pytest.param(
            transferred("2026-11-22 02:14:06 -0800", "2026-11-22 02:31:10 -0800"),
            [(EventKind.POWER_CUT, "lost mains power for 17 minutes")],
            id="a-cut",
        ),
        pytest.param(
            transferred("2026-11-22 02:14:06 -0800", "2026-11-22 02:14:14 -0800", "Automatic or explicit self test"),
            [(EventKind.SELF_TEST, "tested its backup battery for 8 seconds")],
            id="a-test",
        ),
        pytest.param(
            transferred("2026-11-22 02:14:06 -0800", "2026-11-20 12:00:00 -0800", flags="OB"),
            [(EventKind.POWER_CUT, "lost mains power and ran on its backup battery")],
            id="a-cut-that-goes-on-after-an-older-one",
        ),
        pytest.param(transferred("2036-01-01 00:00:00 +0000"), [], id="in-the-future"),
        pytest.param(transferred("N/A"), [], id="none"),
    ],
)
def test_the_last_transfer_tells_where_the_events_do_not(unit: Unit, told: list[tuple[EventKind, str]]) -> None:
    before = Previous(MONDAY - timedelta(days=3), Status.OK, {"on battery": float("OL" in unit.flags)})
    reading = Reading((unit,), no_log=ProbeError("it keeps no log"), history_of="apcupsd", previous=before)
    events, log = judged(Ups(via="apcupsd"), reading, MONDAY)
    between = [(EventKind.NOTE, "got mains power back")] if not told else []
    assert [(event.kind, event.says) for event in events] == told + between
    assert log.detail == "history: only the last transfer: it keeps no log"


# Logs of NUT


def test_a_recorded_log_of_upslog() -> None:
    lines = (DATA / "upslog-2.8.0.txt").read_text().splitlines()
    events, log = told_by_log(*lines, now=utc("2026-11-22 15:50:30"))
    source = "ups (log)"
    assert events == [
        Event(
            utc("2026-11-22 15:49:25"), "lost mains power for 1 second", source, EventKind.POWER_CUT,
            utc("2026-11-22 15:49:26"),
        ),
        Event(
            utc("2026-11-22 15:49:29"), "lost mains power for 3 seconds", source, EventKind.POWER_CUT,
            utc("2026-11-22 15:49:32"), utc("2026-11-22 15:49:28"),
        ),
        Event(
            utc("2026-11-22 15:49:38"), "had no contact with its battery backup for 4 seconds", source, EventKind.NOTE,
            utc("2026-11-22 15:49:42"), utc("2026-11-22 15:49:37"),
        ),
        Event(
            utc("2026-11-22 15:49:46"), "lost mains power; when it came back is not known", source,
            EventKind.POWER_CUT, None, utc("2026-11-22 15:49:45"),
        ),
    ]  # fmt: skip
    assert log.says == "had 3 power cuts since today, 3:49 pm"


@pytest.mark.fault(24)
def test_a_recorded_log_of_upsmon() -> None:
    lines = (DATA / "upsmon-notify-2.8.0.txt").read_text().splitlines()
    events, _ = told_by_log(*lines, now=utc("2026-11-22 15:50:30"), ups="site1")
    assert [(f"{event.at:%T}", event.says) for event in events] == [
        ("15:49:25", "lost mains power for 1 second"),
        ("15:49:29", "lost mains power for 3 seconds"),
        ("15:49:39", "had no contact with its battery backup for 4 seconds"),
        ("15:49:47", "lost mains power; when it came back is not known"),
    ]
    assert told_by_log(*lines, now=utc("2026-11-22 15:50:30"), ups="another")[0] == []


def test_messages_of_upsmon_in_syslog_are_understood() -> None:
    events, _ = told_by_log(
        "Nov 22 02:14:05 office upsmon[711]: UPS closet@localhost on battery",
        "Nov 22 02:20:00 office sshd[9]: hiccups",
        "2026-11-22T02:31:05.000001-08:00 office upsmon[711]: UPS closet@localhost on line power",
        "Nov 22 03:00:00 office upsmon[711]: UPS closet@localhost battery needs to be replaced",
        ups="closet",
    )
    assert [event.says for event in events] == ["lost mains power for 17 minutes", "asked for a new backup battery"]


@pytest.mark.parametrize(
    ("states", "told"),
    [
        pytest.param(["OL", "OB", "NA", "OB", "OL"], ["lost mains power for 2 minutes"], id="silence-in-a-cut"),
        pytest.param(["OL", "OL OB", "OL"], [], id="a-contradiction-is-no-cut"),
        pytest.param(["OL", "OB CAL", "OL"], ["tested its backup battery for 30 seconds"], id="a-test-is-no-cut"),
        pytest.param(["OL", "", "OL"], ["had no contact with its battery backup for 30 seconds"], id="no-status"),
    ],
)
def test_the_polls_of_upslog_are_read_for_what_changed(states: list[str], told: list[str]) -> None:
    begin = datetime(2026, 11, 23, 5, 42, tzinfo=PACIFIC)
    events, _ = told_by_log(
        *(
            f"{begin + timedelta(seconds=30 * number):%Y%m%d %H%M%S} 100 NA NA [{state}] NA NA"
            for number, state in enumerate(states)
        )
    )
    assert [event.says for event in events if "NA" not in states or event.kind is EventKind.POWER_CUT] == told


def test_a_log_of_several_battery_backups_keeps_them_apart() -> None:
    events, _ = told_by_log(
        "a@localhost\t20261122 021400 100 NA NA [OL] NA NA",
        "b@localhost\t20261122 021400 100 NA NA [OL] NA NA",
        "a@localhost\t20261122 021430 100 NA NA [OB] NA NA",
        "b@localhost\t20261122 021430 100 NA NA [OL] NA NA",
        "a@localhost\t20261122 021500 100 NA NA [OL] NA NA",
        "b@localhost\t20261122 021500 100 NA NA [OB] NA NA",
        "b@localhost\t20261123 054400 100 NA NA [OL] NA NA",
        ups="a",
    )
    assert [event.says for event in events] == ["lost mains power for 30 seconds"]


@pytest.mark.fault(24)
def test_without_a_record_power_cuts_between_two_looks_are_not_observable() -> None:
    _, log = judged(Ups(via="nut"), Reading((ON_MAINS,)), MONDAY)
    assert log == Result(
        Status.OK,
        "keeps no record of power cuts, so those between two looks cannot be seen",
        "history: not observable, NUT's protocol tells none and no `log` is set",
    )


@pytest.mark.parametrize(
    ("was", "unit", "kind", "says"),
    [
        (0.0, ON_BATTERY, EventKind.POWER_CUT, "lost mains power and ran on its backup battery"),
        (1.0, ON_MAINS, EventKind.NOTE, "got mains power back"),
    ],
)
def test_without_a_record_a_change_since_the_look_before_is_told(
    was: float, unit: Unit, kind: EventKind, says: str
) -> None:
    before = Previous(MONDAY - timedelta(minutes=5), Status.OK, {"on battery": was})
    events, _ = judged(Ups(via="nut"), Reading((unit,), previous=before), MONDAY)
    assert events == [Event(MONDAY, says, "ups (two looks)", kind, not_before=before.at)]
    same = ON_MAINS if unit is ON_BATTERY else ON_BATTERY
    assert judged(Ups(via="nut"), Reading((same,), previous=before), MONDAY)[0] == []


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param(
            ["nothing of ups", "nor this"],
            Result(
                Status.WARNING,
                "has a record of power cuts that could not be read",
                "history: 2 lines without a time that can be read",
            ),
            id="look-another-file",
        ),
        pytest.param(
            ["20261122 021400 100 NA NA [OL] NA NA"],
            Result(
                Status.WARNING,
                "has kept no record of its power since Sunday, 2:14 am",
                "history: last line at 2026-11-22T10:14:00Z",
            ),
            id="look-nobody-writes-it",
        ),
        pytest.param([], Result(Status.OK, "has no power cut on record", "history: the log is empty"), id="ok-empty"),
    ],
)
def test_a_log_is_worth_what_stands_in_it(lines: list[str], expected: Result) -> None:
    assert told_by_log(*lines)[1] == expected


def test_a_log_that_cannot_be_read_does_not_hide_the_power(look: Look, tmp_path: Path, lab: Upsd) -> None:
    missing = tmp_path / "ups.log"
    check = Ups(via="nut", port=lab.port, ups="closet", log=str(missing))
    outcome = look(check, a_host(local=True))
    assert outcome.status is Status.WARNING
    assert outcome.says == (
        "has a record of power cuts that could not be read: the file is not there, or our login may not read it"
    )
    assert outcome.results[0].says == "has mains power"
    from_outside = look(check, a_host())
    assert from_outside.says == (
        "has a record of power cuts that could not be read: nobody gave us a way to look inside"
    )


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upsd]:
    with upsd(tmp_path_factory.mktemp("nut"), {"closet": {"ups.status": "OL"}}) as server:
        yield server


@pytest.mark.fault(24)
def test_a_power_cut_is_read_from_the_log_that_upslog_writes(lab: Upsd, look: Look, tmp_path: Path) -> None:
    need("upslog")
    log = tmp_path / "ups.log"
    writing = ["upslog", "-F", "-i", "1", "-s", f"closet@127.0.0.1:{lab.port}", "-l", str(log)]

    def written(status: str) -> bool:
        return log.exists() and log.read_text().rstrip().endswith(f"[{status}] NA NA")

    with daemon(writing, lambda: written("OL"), env={"TZ": str(PACIFIC), "NUT_CONFPATH": str(lab.folder)}):
        lab.tell("closet", {"ups.status": "OB"})
        wait_for(lambda: written("OB"), "upslog to see the cut")
        lab.tell("closet", {"ups.status": "OL"})
        wait_for(lambda: written("OL"), "upslog to see its end")
    outcome = look(Ups(via="nut", port=lab.port, ups="closet", log=str(log)), a_host(local=True))
    [event] = outcome.events
    assert event.kind is EventKind.POWER_CUT
    assert event.until is not None
    assert event.says.startswith("lost mains power for ")
    assert abs(event.at - datetime.now(UTC)) < timedelta(minutes=2), "upslog writes local times"
    assert "; had 1 power cut since " in outcome.says


@pytest.mark.fault(24)
def test_the_log_of_a_remote_host_is_read_over_ssh(lab: Upsd, look: Look, tmp_path: Path) -> None:
    log = tmp_path / "ups of the closet.log"
    ended = datetime.now(UTC) - timedelta(hours=1)
    began = ended - timedelta(minutes=17)
    log.write_text(
        f"{began:%FT%TZ} NOTIFYTYPE=ONBATT UPSNAME=closet@localhost MSG=UPS closet@localhost on battery\n"
        f"{ended:%FT%TZ} NOTIFYTYPE=ONLINE UPSNAME=closet@localhost MSG=UPS closet@localhost on line power\n"
    )
    check = Ups(via="nut", port=lab.port, ups="closet", log=str(log))
    with sshd(tmp_path, "127.0.0.1") as server:
        outcome = look(check, server.host(), known_hosts=[server.known_hosts])
    assert outcome.status is Status.OK
    [event] = outcome.events
    assert (event.at, event.until, event.says) == (
        began.replace(microsecond=0),
        ended.replace(microsecond=0),
        "lost mains power for 17 minutes",
    )


# The filter that runs on the host


def a_week_of_polls() -> list[str]:
    """Eight days at one line each half minute: a cut, a test, silence, and lines of another program between."""
    begin = datetime(2026, 11, 15, 0, 0, 0)  # noqa: DTZ001  # upslog writes local times without a zone
    lines = []
    for number in range(8 * 2880):
        at = begin + timedelta(seconds=30 * number)
        state = "OB DISCHRG" if 5000 < number < 5040 else "NA" if 9000 < number < 9005 else "OL"
        state = "OB CAL" if 12000 < number < 12010 else state
        lines.append(f"{at:%Y%m%d %H%M%S} 100 NA NA [{state}] NA NA")
        if number % 1000 == 0:
            lines.append(f"{at:%Y-%m-%dT%H:%M:%SZ} cron[7]: nothing of interest [OL]")
    return lines


@pytest.mark.parametrize("awk", [["gawk"], ["mawk"], ["busybox", "awk"], ["awk"]], ids=" ".join)
def test_only_the_lines_around_a_change_are_sent_and_tell_the_same(awk: Sequence[str], tmp_path: Path) -> None:
    need(awk[0])
    log = tmp_path / "ups.log"
    every = a_week_of_polls()
    log.write_text("\n".join(every) + "\n")
    sent = subprocess.run([*awk, CHANGES_ONLY, str(log)], check=True, capture_output=True, text=True).stdout
    lines = sent.splitlines()
    assert record.read(lines, MONDAY).happenings == record.read(every, MONDAY).happenings
    assert len(lines) == 14
    assert lines[-1] == every[-1]


@pytest.mark.parametrize("awk", [["gawk"], ["mawk"], ["busybox", "awk"]], ids=" ".join)
def test_a_log_of_upsmon_passes_the_filter_whole(awk: Sequence[str], tmp_path: Path) -> None:
    need(awk[0])
    log = DATA / "upsmon-notify-2.8.0.txt"
    sent = subprocess.run([*awk, CHANGES_ONLY, str(log)], check=True, capture_output=True, text=True).stdout
    assert sent == log.read_text()


# Whatever stands in a log

STAMPS = st.sampled_from(
    ["20261122 021400", "2026-11-22 02:14:05 -0800 ", "Nov 22 02:14:05", "Sun Nov 22 02:14:05 PST 2026", "x"]
)
MESSAGES = st.sampled_from(
    ["[OB]", "[OL]", "[NA]", "[]", "Power failure.", "Power is back.", "UPS Self Test switch to battery.",
     "startup succeeded", "apcupsd startup succeeded", "NOTIFYTYPE=ONBATT UPSNAME=a@b", "UPS a on line power"]
)  # fmt: skip


@given(st.lists(st.text(max_size=60) | st.builds("{} {}".format, STAMPS, MESSAGES | st.text(max_size=20)), max_size=12))
def test_any_log_is_told_or_counted(lines: list[str]) -> None:
    kept = record.read(lines, MONDAY)
    for event in story.events(kept.happenings, "ups", mains_now=True):
        assert event.until is None or event.until >= event.at
    assert told_by_log(*lines)[1].says


@given(st.text(max_size=40))
def test_any_text_has_a_time_or_none(line: str) -> None:
    with contextlib.suppress(ProbeError):
        found = stamped(line, MONDAY)
        assert found is None or found[0].tzinfo is UTC
