"""What a machine says of itself is told in plain words, whatever it says."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcheck.inventory.facts import MOST_VALUES, ORDER, rows
from tests.conftest import PACIFIC

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=PACIFIC)

TOLD = {
    "system-alone": ("system", {"kernel": "6.1.0"}, [("System", ("Linux, kernel 6.1.0",))]),
    "machine-alone": ("system", {"model": "VirtualBox"}, [("Machine", ("VirtualBox",))]),
    "virtual-drive": ("drives", {"vda": "275000000000 vda"}, [("Drives", ("vda (275 GB)",))]),
    "raid": (
        "raid", {"md0": "raid1 1/2 sda1"}, [("Sets of drives", ("md0: raid1, 1 of 2 drives work (sda1)",))],
    ),
    "raid-odd": ("raid", {"md0": "strange"}, [("Sets of drives", ("md0: strange",))]),
    "lines": (
        "lines", {"eth0": "1000", "eth1": "down"}, [("Network lines", ("eth0: 1,000 megabits a second", "eth1: down"))],
    ),
    "ports": ("ports", {"1000": "", "22": ""}, [("Open to others (TCP)", ("22, 1000",))]),
    "programs": ("programs", {"b.service": "B", "a.service": "A"}, [("Programs that run", ("a, b",))]),
    "database": (
        "database",
        {"PostgreSQL 192.0.2.20:5432/charts": "PostgreSQL 15.4"},
        [("Database", ("PostgreSQL 15.4 (PostgreSQL 192.0.2.20:5432/charts)",))],
    ),
    "nas": ("device", {"model": "DS214"}, [("Model", ("DS214",))]),
    "two-batteries": ("ups", {"a": "One", "b": "Two"}, [("Model", ("a: One", "b: Two"))]),
    "battery-of-apc": ("battery", {"UPS": "04/11/24"}, [("Battery", ("dated 04/11/24, 2 years old",))]),
    "battery-new": ("battery", {"UPS": "2026-08-01"}, [("Battery", ("dated 2026-08-01, less than a year old",))]),
    "battery-of-no-day": ("battery", {"UPS": "2026-13-01"}, [("Battery", ("dated 2026-13-01",))]),
    "battery-ahead": ("battery", {"UPS": "2031-01-01"}, [("Battery", ("dated 2031-01-01",))]),
    "of-a-drop-in": ("toner", {"black": "80"}, [("Toner", ("black: 80",))]),
    "start": ("start", {"boot": "4dc6"}, []),
    "none": ("drives", {}, []),
}  # fmt: skip


@pytest.mark.parametrize(("sort", "things", "told"), TOLD.values(), ids=TOLD)
def test_each_sort_has_its_words(sort: str, things: dict[str, str], told: list[tuple[str, tuple[str, ...]]]) -> None:
    assert list(rows(sort, things, NOW)) == told


def test_a_machine_with_very_many_disks_is_listed_in_part() -> None:
    [(_, values)] = rows("mounts", {f"/{number:03d}": "ext4 /dev/sda" for number in range(MOST_VALUES + 7)}, NOW)
    assert (len(values), values[-1]) == (MOST_VALUES + 1, "and 7 more")


@pytest.mark.fault(52)
@given(st.sampled_from((*ORDER, "other")), st.dictionaries(st.text(), st.text(), max_size=4))
def test_no_answer_of_a_machine_breaks_a_line_or_the_program(sort: str, things: dict[str, str]) -> None:
    for name, values in rows(sort, things, NOW):
        assert name.isprintable()
        assert all(value.isprintable() for value in values)
