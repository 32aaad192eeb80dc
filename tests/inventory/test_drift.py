"""What is not as it was is told, and so is what nobody wrote down."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from healthcheck.model import Facts
from tests.inventory.practices import FRIDAY, MONDAY, a_round, friday, known, made, monday, outcome

SURVEY = "Pasadena/pasadena-server/survey"
UNKNOWN_SERVER = "The server in Pasadena uses files of “filer.foothill.example”, which is not in the config."


def surveyed(folder: Path, *stretches: dict[str, dict[str, str]]) -> tuple[str, ...]:
    """What is told of a machine that had these things, an hour apart."""
    rounds = [
        a_round(at, outcome(SURVEY, at, *(Facts(sort, things) for sort, things in found.items())))
        for at, found in ((FRIDAY + timedelta(hours=n), found) for n, found in enumerate(stretches))
    ]
    return tuple(says for says in made(known(folder, *rounds)).drift if "in Pasadena" in says)


def test_devices_and_things_that_were_not_met_again_are_told_with_the_day(tmp_path: Path) -> None:
    assert made(known(tmp_path, friday(), monday())).drift == (
        "The battery in Pasadena (Pasadena): not seen since Fri Nov 20, 5:45 am.",
        "The server in Pasadena: its drive “WDC WD40 E1” was not seen since Fri Nov 20, 5:45 am.",
        UNKNOWN_SERVER,
    )


def test_a_program_that_ran_in_one_look_alone_is_no_loss(tmp_path: Path) -> None:
    assert surveyed(tmp_path, {"programs": {"charts": ""}}, {"programs": {}}) == ()


def test_a_program_that_ran_in_two_looks_and_is_gone_is_a_loss(tmp_path: Path) -> None:
    had: dict[str, dict[str, str]] = {"programs": {"charts": ""}}
    assert surveyed(tmp_path, had, had, {"programs": {}}) == (
        "The server in Pasadena: its program “charts” was not seen since Fri Nov 20, 6:45 am.",
    )


def test_what_came_back_is_no_loss(tmp_path: Path) -> None:
    had: dict[str, dict[str, str]] = {"programs": {"charts": ""}}
    assert surveyed(tmp_path, had, had, {"programs": {}}, had) == ()


def test_a_new_start_and_another_kernel_are_no_loss(tmp_path: Path) -> None:
    old = {"start": {"boot": "one"}, "system": {"kernel": "6.1.0"}, "memory": {"memory": "1"}}
    new = {"start": {"boot": "two"}, "system": {"kernel": "6.1.9"}, "memory": {"memory": "1"}}
    assert surveyed(tmp_path, old, old, new, new) == ()


def test_a_file_server_that_is_in_the_config_by_name_or_address_is_known(tmp_path: Path) -> None:
    mounts = {"/a": "cifs //Pasadena-Printer.foothill.example/a", "/b": "nfs4 192.0.2.24:/b", "/c": "ext4 /dev/sda1"}
    assert surveyed(tmp_path, {"mounts": mounts}) == ()


def test_a_file_server_that_nobody_wrote_down_is_told_once(tmp_path: Path) -> None:
    mounts = {"/a": "cifs //192.0.2.99/a", "/b": "nfs4 192.0.2.99:/b", "/c": "nfs 192.0.2.24:/c"}
    assert surveyed(tmp_path, {"mounts": mounts}) == (
        "The server in Pasadena uses files of “192.0.2.99”, which is not in the config.",
    )


def test_a_device_that_has_left_the_config_is_told_with_the_day_on_which_it_was_well(tmp_path: Path) -> None:
    old = a_round(FRIDAY, outcome("Azusa/azusa-nas/ping", FRIDAY), outcome("Azusa/azusa-nas/disk", FRIDAY))
    summer = FRIDAY - timedelta(days=100)
    older = a_round(summer, outcome("Azusa/azusa-tower/ping", summer))
    now = a_round(MONDAY, outcome("Main office/main-router/ping", MONDAY))
    assert made(known(tmp_path, older, old, now)).drift == (
        "Azusa-nas (Azusa) is no longer in the config; last seen well Fri Nov 20, 5:45 am.",
    )
