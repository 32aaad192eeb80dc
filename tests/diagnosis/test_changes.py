"""What did not come back as it was, in whole sentences."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcheck.checks.survey import Survey
from healthcheck.checks.survey import found as looked
from healthcheck.diagnosis import diagnose
from healthcheck.diagnosis.losses import SORTS
from healthcheck.findings import Change, Past, Stretch
from healthcheck.model import Event, EventKind, Facts, Host, Metric, Round, Site, Status
from tests.checks.test_survey import asked
from tests.diagnosis.surveyed import (
    FRIDAY,
    MONDAY,
    PACIFIC,
    PRACTICE,
    RESTARTED,
    SUNDAY,
    THURSDAY,
    USUAL,
    Things,
    before,
    measured,
    outcome,
    power_cut,
    says,
    surveyed,
    told,
    without,
)

DRIVE = "WDC WD40 A1"
SEEN = "last seen 2026-11-20 13:45 UTC, missed since 2026-11-23 13:45 UTC"
PROBLEM, LOOK = Status.CRITICAL, Status.WARNING


def test_a_drive_that_did_not_come_back_is_a_problem() -> None:
    now = without(without(RESTARTED, "drives", DRIVE), "mounts", "/mnt/backup")
    assert told(before((FRIDAY, USUAL)), surveyed(now)) == [
        Change(
            "Pasadena",
            "pasadena-server",
            "The server in Pasadena came back without one of its drives.",
            f"WDC WD40 A1 (was 4000787030016 sdb): gone, {SEEN}; /mnt/backup (was ext4 /dev/sdb1): gone, {SEEN}",
            Status.CRITICAL,
        )
    ]


def changed(sort: str, things: Mapping[str, str]) -> Things:
    return {**RESTARTED, sort: things}


@pytest.mark.parametrize(
    ("now", "status", "sentence"),
    [
        pytest.param(
            without(RESTARTED, "drives", DRIVE, "Samsung B2"),
            PROBLEM,
            "The server in Pasadena came back without two of its drives.",
            id="problem-two-drives",
        ),
        pytest.param(
            without(RESTARTED, "mounts", "/mnt/backup"),
            PROBLEM,
            "The server in Pasadena came back without its disk “backup”.",
            id="problem-disk",
        ),
        pytest.param(
            without(RESTARTED, "mounts", "/srv/scans"),
            PROBLEM,
            "The server in Pasadena came back without its shared folder “scans”.",
            id="problem-shared-folder",
        ),
        pytest.param(
            without(RESTARTED, "mounts", "/srv/scans", "/mnt/backup"),
            PROBLEM,
            "The server in Pasadena came back without two of its disks.",
            id="problem-two-disks",
        ),
        pytest.param(
            changed("raid", {"md0": "raid1 1/2 sda1"}),
            PROBLEM,
            "The server in Pasadena came back without one of the drives that stand in for each other.",
            id="problem-array-degraded",
        ),
        pytest.param(
            changed("raid", {}),
            PROBLEM,
            "The server in Pasadena came back without one of its sets of drives.",
            id="problem-array-gone",
        ),
        pytest.param(
            without(RESTARTED, "programs", "charts.service"),
            LOOK,
            "On the server in Pasadena, one program that ran before the restart does not run now.",
            id="look-program",
        ),
        pytest.param(
            without(RESTARTED, "programs", "charts.service", "cron.service"),
            LOOK,
            "On the server in Pasadena, two programs that ran before the restart do not run now.",
            id="look-two-programs",
        ),
        pytest.param(
            without(RESTARTED, "ports", "5432"),
            LOOK,
            "On the server in Pasadena, one program that others could connect to before the restart does not answer "
            "them now.",
            id="look-port",
        ),
        pytest.param(
            changed("lines", {"eth0": "100"}),
            LOOK,
            "The network line of the server in Pasadena runs at a tenth of its speed since the restart.",
            id="look-slow-line",
        ),
        pytest.param(
            changed("lines", {"eth0": "down"}),
            LOOK,
            "A network line of the server in Pasadena is dead since the restart.",
            id="look-dead-line",
        ),
        pytest.param(
            changed("memory", {"memory": "8250000000"}),
            LOOK,
            "The server in Pasadena came back with less memory than before (8 GB instead of 16 GB).",
            id="look-memory",
        ),
    ],
)  # fmt: skip
def test_what_did_not_come_back_is_told_in_a_sentence(now: Things, status: Status, sentence: str) -> None:
    assert says(before((THURSDAY, USUAL), (FRIDAY, USUAL)), surveyed(now)) == [(status, sentence)]


@pytest.mark.parametrize(
    "now",
    [
        pytest.param(RESTARTED, id="all-came-back"),
        pytest.param(changed("lines", {"enp3s0": "1000"}), id="line-has-another-name"),
        pytest.param(changed("lines", {"eth0": "up"}), id="line-does-not-tell-its-speed"),
        pytest.param(changed("raid", {"md127": "raid1 2/2 sdb1 sdc1"}), id="array-has-another-name"),
        pytest.param(
            changed("drives", {"New WD50": "5000787030016 sdb", "Samsung B2": "500107862016 sda"}), id="drive-replaced"
        ),
        pytest.param(
            changed("drives", {DRIVE: "4000787030016 sda", "Samsung B2": "500107862016 sdb"}), id="drives-swapped-names"
        ),
        pytest.param(changed("memory", {"memory": "16300000000"}), id="kernel-took-a-little-more"),
        pytest.param({"start": {"boot": "two"}}, id="nothing-else-could-be-read"),
    ],
)
def test_what_came_back_is_no_news(now: Things) -> None:
    assert says(before((THURSDAY, USUAL), (FRIDAY, USUAL)), surveyed(now)) == []


def test_a_small_drive_does_not_stand_in_for_a_large_one() -> None:
    now = changed("drives", {"Stick": "15518924800 sdb", "Samsung B2": "500107862016 sda"})
    assert says(before((FRIDAY, USUAL)), surveyed(now)) == [
        (PROBLEM, "The server in Pasadena came back without one of its drives.")
    ]


def test_one_new_drive_stands_in_for_one_lost_drive_only() -> None:
    now = changed("drives", {"New WD50": "5000787030016 sdb"})
    assert says(before((FRIDAY, USUAL)), surveyed(now)) == [
        (PROBLEM, "The server in Pasadena came back without one of its drives.")
    ]


def test_the_first_survey_of_a_host_has_nothing_to_compare_with() -> None:
    assert says(Past(), surveyed(without(RESTARTED, "drives", DRIVE))) == []


def test_a_power_cut_at_the_site_is_named() -> None:
    cut = outcome("ups", MONDAY, "pasadena-ups", events=[power_cut()])
    now = without(without(RESTARTED, "drives", DRIVE), "programs", "charts.service")
    assert says(before((THURSDAY, USUAL), (FRIDAY, USUAL)), surveyed(now), cut) == [
        (PROBLEM, "The server in Pasadena came back from the power cut without one of its drives."),
        (LOOK, "On the server in Pasadena, one program that ran before the power cut does not run now."),
    ]


def test_a_power_cut_elsewhere_explains_nothing() -> None:
    cut = outcome("ups", MONDAY, "azusa-server", events=[power_cut()])
    assert says(before((FRIDAY, USUAL)), surveyed(without(USUAL, "drives", DRIVE)), cut) == [
        (LOOK, "The server in Pasadena has lost one of its drives.")
    ]


def test_a_power_cut_before_it_was_last_seen_explains_nothing() -> None:
    cut = outcome("ups", MONDAY, "pasadena-ups", events=[power_cut(THURSDAY - timedelta(days=1))])
    assert says(before((FRIDAY, USUAL)), surveyed(without(USUAL, "drives", DRIVE)), cut) == [
        (LOOK, "The server in Pasadena has lost one of its drives.")
    ]


def test_it_was_last_seen_in_the_latest_look_that_found_it() -> None:
    more = {**USUAL, "drives": {**USUAL["drives"], "Third": "9 sdc"}}
    past = before((THURSDAY, without(USUAL, "drives", "Samsung B2")), (FRIDAY, more))
    [change] = told(past, surveyed(without(RESTARTED, "drives", DRIVE)))
    assert change.detail.split("; ")[0] == f"Third (was 9 sdc): gone, {SEEN}"
    assert change.detail.split("; ")[1] == f"WDC WD40 A1 (was 4000787030016 sdb): gone, {SEEN}"


def test_a_restart_is_known_from_the_records_too() -> None:
    restarted = Event(SUNDAY, "restarted after a normal shutdown", "restart", EventKind.RESTART)
    now = {sort: things for sort, things in without(RESTARTED, "drives", DRIVE).items() if sort != "start"}
    looks = surveyed(now), outcome("restart", MONDAY, events=[restarted])
    assert says(before((FRIDAY, USUAL)), *looks) == [
        (PROBLEM, "The server in Pasadena came back without one of its drives.")
    ]


@pytest.mark.parametrize(
    ("now", "sentences"),
    [
        pytest.param(
            without(USUAL, "drives", DRIVE), ["The server in Pasadena has lost one of its drives."], id="look-drive"
        ),
        pytest.param(
            without(USUAL, "mounts", "/mnt/backup"),
            ["The server in Pasadena has lost its disk “backup”."],
            id="look-disk",
        ),
        pytest.param(
            {**USUAL, "raid": {"md0": "raid1 1/2 sda1"}},
            ["The server in Pasadena has lost one of the drives that stand in for each other."],
            id="look-array",
        ),
        pytest.param(
            {**USUAL, "memory": {"memory": "8250000000"}},
            ["The server in Pasadena has less memory than before (8 GB instead of 16 GB)."],
            id="look-memory",
        ),
        pytest.param(
            {**USUAL, "lines": {"eth0": "10"}},
            ["The network line of the server in Pasadena runs at a hundredth of its speed."],
            id="look-line",
        ),
        pytest.param(without(USUAL, "programs", "charts.service"), [], id="ok-program-stopped-by-somebody"),
        pytest.param(without(USUAL, "ports", "5432"), [], id="ok-port-closed-by-somebody"),
    ],
)
def test_without_a_restart_only_what_nobody_changes_in_passing_is_worth_a_look(
    now: Things, sentences: list[str]
) -> None:
    assert says(before((THURSDAY, USUAL), (FRIDAY, USUAL)), surveyed(now)) == [(LOOK, one) for one in sentences]


def test_it_is_still_missing_the_day_after() -> None:
    lost = without(RESTARTED, "drives", DRIVE)
    past = before((FRIDAY, USUAL), (MONDAY, lost), (MONDAY + timedelta(days=1), lost))
    tuesday = MONDAY + timedelta(days=2)
    assert says(past, surveyed(lost, tuesday), now=tuesday) == [
        (PROBLEM, "The server in Pasadena came back without one of its drives.")
    ]


def test_it_is_still_missing_after_the_next_restart() -> None:
    lost = without(RESTARTED, "drives", DRIVE)
    past = before((THURSDAY, USUAL), (FRIDAY, lost))
    assert says(past, surveyed({**lost, "start": {"boot": "three"}})) == [
        (PROBLEM, "The server in Pasadena came back without one of its drives.")
    ]


@pytest.mark.parametrize(
    ("sort", "name", "days", "news"),
    [
        ("drives", DRIVE, 13, True),
        ("drives", DRIVE, 15, False),
        ("programs", "charts.service", 6, True),
        ("programs", "charts.service", 8, False),
    ],
)
def test_after_some_days_that_is_how_the_host_is(sort: str, name: str, days: int, news: bool) -> None:
    begin = MONDAY - timedelta(days=days)
    past = before((begin - timedelta(days=1), USUAL), (begin, USUAL), (FRIDAY, without(RESTARTED, sort, name)))
    assert bool(says(past, surveyed(without(RESTARTED, sort, name)))) is news


def test_what_is_back_is_no_news() -> None:
    past = before((THURSDAY, USUAL), (FRIDAY, without(RESTARTED, "drives", DRIVE)))
    assert says(past, surveyed(RESTARTED)) == []


def test_a_program_that_was_seen_once_among_many_looks_is_a_passing_thing() -> None:
    backup_ran = {**USUAL, "programs": {**USUAL["programs"], "nightly.service": "A backup"}}
    past = before((THURSDAY - timedelta(days=1), USUAL), (THURSDAY, USUAL), (FRIDAY, backup_ran))
    assert says(past, surveyed(RESTARTED)) == []


def test_a_program_that_was_stopped_before_the_restart_is_not_laid_at_its_door() -> None:
    stopped = without(USUAL, "programs", "charts.service")
    past = before((THURSDAY - timedelta(days=1), USUAL), (THURSDAY, USUAL), (FRIDAY, stopped))
    assert says(past, surveyed(without(RESTARTED, "programs", "charts.service"))) == []


@pytest.mark.parametrize(
    ("sort", "name", "kind", "detail"),
    [
        ("programs", "charts.service", "service", "charts.service: loaded failed (failed), exit-code 1"),
        ("mounts", "/mnt/backup", "disk", "nothing is mounted at /mnt/backup"),
        ("mounts", "/mnt/backup", "backup", "/mnt/backup/daily: No such file or directory"),
        ("ports", "5432", "tcp", "192.0.2.22:5432: connection refused"),
    ],
)
def test_what_a_failing_check_names_is_not_told_twice(sort: str, name: str, kind: str, detail: str) -> None:
    failing = outcome(kind, status=Status.CRITICAL, detail=detail)
    past = before((THURSDAY, USUAL), (FRIDAY, USUAL))
    assert says(past, surveyed(without(RESTARTED, sort, name)), failing) == []


@pytest.mark.parametrize(
    ("sort", "name", "detail"),
    [
        ("ports", "22", "newest backup 22 hours old"),
        ("mounts", "/mnt/backup", "nothing is mounted at /mnt/backup2"),
        ("programs", "cron.service", "anacron.service: loaded failed"),
    ],
)
def test_what_only_looks_like_its_name_hides_nothing(sort: str, name: str, detail: str) -> None:
    failing = outcome("other", status=Status.CRITICAL, detail=detail)
    past = before((THURSDAY, USUAL), (FRIDAY, USUAL))
    assert len(says(past, surveyed(without(RESTARTED, sort, name)), failing)) == 1


def test_what_a_check_that_is_well_names_is_told() -> None:
    well = outcome("service", detail="charts.service: loaded active (running)")
    past = before((THURSDAY, USUAL), (FRIDAY, USUAL))
    assert len(says(past, surveyed(without(RESTARTED, "programs", "charts.service")), well)) == 1


def test_a_lost_program_takes_its_port_along() -> None:
    now = without(without(RESTARTED, "programs", "charts.service"), "ports", "5432")
    [change] = told(before((THURSDAY, USUAL), (FRIDAY, USUAL)), surveyed(now))
    assert change.says == "On the server in Pasadena, one program that ran before the restart does not run now."
    assert "charts.service (was Charts): gone" in change.detail
    assert "5432: gone" in change.detail


def test_a_clock_that_was_set_back_tells_no_lie_and_hides_no_loss() -> None:
    """History says "last seen in a year": the order in which it was written still counts."""
    future = FRIDAY + timedelta(days=365)
    past = before((future, USUAL))
    assert says(past, surveyed(RESTARTED)) == []
    assert says(past, surveyed(without(RESTARTED, "drives", DRIVE))) == [
        (PROBLEM, "The server in Pasadena came back without one of its drives.")
    ]


def test_a_host_that_has_another_name_now_is_a_new_one() -> None:
    past = before((FRIDAY, USUAL), host="azusa-server")
    assert says(past, surveyed(without(RESTARTED, "drives", DRIVE))) == []


def test_what_history_holds_of_an_unknown_sort_is_left_alone() -> None:
    past = before((FRIDAY, {**USUAL, "toner": {"black": "80"}}))
    assert says(past, surveyed({**RESTARTED, "toner": {}})) == []


def test_every_sort_that_is_compared_is_one_that_the_survey_finds() -> None:
    facts = [one for one in Survey().evaluate(looked(asked()), MONDAY) if isinstance(one, Facts)]
    assert {sort.name for sort in SORTS} | {"start", "system"} == {one.sort for one in facts}
    past = before(
        (THURSDAY, {one.sort: one.things for one in facts}), (FRIDAY, {one.sort: one.things for one in facts})
    )
    gone: Things = {one.sort: {} for one in facts if one.sort not in ("start", "memory")}
    now = {**gone, "start": {"boot": "two"}, "memory": {"memory": "4100000000"}}
    assert says(past, surveyed(now)) == [
        (PROBLEM, "The server in Pasadena came back without two of its drives."),
        (PROBLEM, "The server in Pasadena came back without its shared folder “scans”."),
        (LOOK, "On the server in Pasadena, three programs that ran before the restart do not run now."),
        (LOOK, "A network line of the server in Pasadena is dead since the restart."),
        (LOOK, "The server in Pasadena came back with less memory than before (4 GB instead of 8 GB)."),
    ]


# The clock


def clock(now_s: float, *before_s: float, status: Status = Status.OK) -> list[tuple[Status, str]]:
    restarted = Event(SUNDAY, "restarted after a normal shutdown", "restart", EventKind.RESTART)
    past = measured(
        "Pasadena/pasadena-server/clock",
        offset=[(FRIDAY - timedelta(days=number), value) for number, value in enumerate(before_s)][::-1],
    )
    now = outcome("clock", MONDAY, "pasadena-server", Metric("offset", now_s, "s"), status=status)
    return says(past, now, outcome("restart", MONDAY, events=[restarted]))


def test_a_clock_that_came_back_wrong_is_worth_a_look() -> None:
    assert clock(-42.0, 0.2, -0.1) == [
        (LOOK, "The clock of the server in Pasadena is 42 seconds behind since the restart.")
    ]
    assert clock(42.0, 0.2) == [(LOOK, "The clock of the server in Pasadena is 42 seconds ahead since the restart.")]


@pytest.mark.parametrize(
    ("now_s", "before_s", "status"),
    [
        pytest.param(3.0, [0.1], Status.OK, id="right-enough"),
        pytest.param(42.0, [40.0], Status.OK, id="as-wrong-as-before"),
        pytest.param(42.0, [], Status.OK, id="never-seen-before"),
        pytest.param(600.0, [0.1], Status.WARNING, id="its-own-check-says-so"),
    ],
)
def test_a_clock_is_no_news(now_s: float, before_s: list[float], status: Status) -> None:
    assert clock(now_s, *before_s, status=status) == []


# Whatever happens


NAMES = st.sampled_from(["a", "b", "/mnt/a", "charts.service", "22", "memory", "boot"])
HOW = st.sampled_from(["", "1000", "down", "raid1 1/2 a", "raid1 2/2 a b", "100 sda", "up", "x"])
THINGS = st.dictionaries(st.sampled_from([*(sort.name for sort in SORTS), "start"]), st.dictionaries(NAMES, HOW))


@given(looks=st.lists(THINGS, max_size=4), now=THINGS, shuffle=st.randoms(use_true_random=False))
def test_the_order_of_facts_changes_nothing(looks: list[Things], now: Things, shuffle: random.Random) -> None:
    past = before(*((FRIDAY + timedelta(hours=number), things) for number, things in enumerate(looks)))
    shuffled = list(surveyed(now).facts)
    shuffle.shuffle(shuffled)
    other = tuple(Facts(one.sort, dict(sorted(one.things.items(), reverse=True))) for one in shuffled)
    assert told(past, surveyed(now)) == told(past, replace(surveyed(now), facts=other))


def test_two_hundred_hosts_are_compared_at_once() -> None:
    sixty = {
        "start": {"boot": "one"},
        "drives": {f"drive {number}": f"4000000000000 sd{number}" for number in range(10)},
        "mounts": {f"/mnt/{number}": "ext4 /dev/sda" for number in range(15)},
        "programs": {f"program-{number}.service": "" for number in range(25)},
        "ports": {str(number): "" for number in range(8)},
        "memory": {"memory": "16500000000"},
    }
    hosts = tuple(Host(f"server-{number}", "Pasadena", f"server {number}") for number in range(200))
    practice = replace(PRACTICE, sites=(Site("Pasadena", PACIFIC, hosts=hosts),))
    outcomes = []
    surveys: dict[tuple[str, str], tuple[Stretch, ...]] = {}
    for host in hosts:
        found = surveyed({**without(sixty, "drives", "drive 3"), "start": {"boot": "two"}})
        found = replace(found, key=f"Pasadena/{host.name}/survey", host=host.name)
        outcomes.append(found)
        looks = before((THURSDAY, sixty), (FRIDAY, sixty)).surveys
        surveys |= {(found.key, sort): stretches for (_, sort), stretches in looks.items()}
    past = Past(surveys=surveys)
    changes = diagnose(
        practice, Round("r", "Foothill", "report", MONDAY, MONDAY, tuple(outcomes)), past, MONDAY
    ).changes
    assert len(changes) == 200
