"""What the config says and what rounds have found become one document, in which nothing is guessed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from healthcheck.checks.backup import Backup
from healthcheck.config.asked import Asked
from healthcheck.inventory import Remembered
from healthcheck.inventory.document import Device, Row, SecretRow, Standing
from healthcheck.model import Credential, Metric, Round, Secret, Status
from tests.inventory.practices import (
    CONFIG,
    FRIDAY,
    MONDAY,
    NOW,
    PRACTICE,
    a_round,
    friday,
    known,
    made,
    monday,
    outcome,
)


def device(folder: Path, name: str, *rounds: Round) -> Device:
    document = made(known(folder, *rounds))
    return next(one for clinic in document.clinics for one in clinic.devices if one.host.name == name)


def test_what_was_found_of_a_machine_stands_beside_what_the_config_says(tmp_path: Path) -> None:
    server = device(tmp_path, "pasadena-server", friday())
    assert (server.standing, server.seen, server.says) == (Standing.SEEN, FRIDAY, "as seen Fri Nov 20, 5:45 am")
    assert server.rows == (
        Row("Stands in", ("the closet behind the front desk",)),
        Row("Address", ("192.0.2.22",)),
        Row("Looked after by", ("Bay IT",)),
        Row("Way in", ("SSH as healthcheck, port 22",)),
        Row("Needs", ("the internet box in Pasadena",)),
        Row("Machine", ("Dell Inc. PowerEdge",), FRIDAY),
        Row("System", ("Debian GNU/Linux 12 (bookworm), kernel 6.1.0",), FRIDAY),
        Row("Memory", ("8 GB",), FRIDAY),
        Row("Drives", ("Samsung S3 (500 GB, sda)", "WDC WD40 E1 (4.0 TB, sdb)"), FRIDAY),
        Row("Disks in use", ("/ (ext4 on /dev/sda1)", "/srv/scans (cifs on //filer.foothill.example/scans)"), FRIDAY),
        Row("Room", ("/: 41 GB free",), FRIDAY),
    )


def test_what_the_newest_round_did_not_see_keeps_the_day_on_which_it_was_seen(tmp_path: Path) -> None:
    server = device(tmp_path, "pasadena-server", friday(), monday())
    ages = {row.name: row.age for row in server.rows if row.seen}
    assert server.says == "as seen Mon Nov 23, 5:45 am"
    assert ages == {
        "Machine": "", "System": "", "Memory": "", "Drives": "", "Disks in use": "",
        "Room": "as seen Fri Nov 20, 5:45 am",
    }  # fmt: skip


def test_a_device_that_was_there_and_was_not_met_again_is_not_seen_since(tmp_path: Path) -> None:
    battery = device(tmp_path, "pasadena-ups", friday(), monday())
    assert (battery.standing, battery.says) == (Standing.NOT_SEEN_SINCE, "not seen since Fri Nov 20, 5:45 am")
    assert battery.rows[-2:] == (
        Row("Model", ("Smart-UPS 750",), FRIDAY, "as seen Fri Nov 20, 5:45 am"),
        Row("Battery", ("dated 2021/04/11, 5 years old",), FRIDAY, "as seen Fri Nov 20, 5:45 am"),
    )


def test_a_device_that_leaves_a_call_unanswered_was_seen_when_it_last_answered(tmp_path: Path) -> None:
    key = "Pasadena/pasadena-router/ping"
    silent = a_round(MONDAY, outcome(key, MONDAY, status=Status.CRITICAL))
    router = device(tmp_path, "pasadena-router", friday(), silent)
    assert (router.standing, router.seen) == (Standing.NOT_SEEN_SINCE, FRIDAY)


def test_a_device_whose_disk_is_full_is_there(tmp_path: Path) -> None:
    full = a_round(MONDAY, outcome("Pasadena/pasadena-server/disk", MONDAY, status=Status.CRITICAL))
    assert device(tmp_path, "pasadena-server", friday(), full).seen == MONDAY


def test_a_device_that_the_newest_report_did_not_look_for_is_not_missed(tmp_path: Path) -> None:
    without = a_round(MONDAY, outcome("Main office/main-router/ping", MONDAY))
    battery = device(tmp_path, "pasadena-ups", friday(), without)
    assert (battery.standing, battery.says) == (Standing.SEEN, "as seen Fri Nov 20, 5:45 am")


def test_the_document_rests_on_the_newest_report_and_where_there_is_none_on_a_round_by_hand(tmp_path: Path) -> None:
    by_hand = replace(monday(), trigger="hand")
    for folder, rounds, kept in (("a", (friday(), by_hand), "round-20T13"), ("b", (by_hand,), "round-23T13")):
        (tmp_path / folder).mkdir()
        found = known(tmp_path / folder, *rounds).round
        assert found is not None
        assert found.id == kept


def test_a_device_that_was_looked_for_in_vain_was_never_seen(tmp_path: Path) -> None:
    battery = device(tmp_path, "pasadena-ups", monday())
    assert (battery.standing, battery.says) == (Standing.NEVER_SEEN, "looked for, and never seen")


def test_a_device_without_a_check_was_never_looked_at(tmp_path: Path) -> None:
    printer = device(tmp_path, "pasadena-printer", friday())
    says = "never looked at: no check is planned for it"
    assert (printer.standing, printer.says) == (Standing.NEVER_LOOKED_AT, says)


def test_a_round_by_hand_of_one_machine_makes_no_other_one_vanish(tmp_path: Path) -> None:
    later = FRIDAY + timedelta(hours=3)
    by_hand = a_round(later, outcome("Main office/main-router/ping", later), trigger="hand")
    assert device(tmp_path, "pasadena-ups", friday(), by_hand).standing is Standing.SEEN


def test_without_any_round_nothing_is_known_and_that_is_said() -> None:
    document = made(Remembered())
    assert document.rests_on == (
        "No round was ever kept: what stands here is the config alone, and nothing of it was looked at."
    )
    assert {one.standing for clinic in document.clinics for one in clinic.devices} == {Standing.NEVER_LOOKED_AT}
    assert [row.values for row in document.clinics[1].devices[1].rows if row.name == "System"] == [
        ("never looked at: no survey of it was made",)
    ]
    assert [(one.newest, one.size, one.age) for one in document.backups] == [("never looked at", "", "")]
    assert document.drift == ()


def test_the_document_says_which_round_it_rests_on(tmp_path: Path) -> None:
    document = made(known(tmp_path, friday(), monday()))
    assert document.round is not None
    assert (document.round.id, document.round.started_at) == ("round-23T13", MONDAY)
    assert document.rests_on == (
        "It rests on the config and on the report of Mon Nov 23, 5:45 am (5 checks). "
        "Where another look saw something last, its time stands beside it."
    )


def test_people_are_called_in_the_order_in_which_they_can_help(tmp_path: Path) -> None:
    assert [person.name for person in made(Remembered()).contacts] == ["Bay IT", "Charts support", "Dana Reyes"]


def test_a_backup_tells_when_the_newest_was_made_even_if_it_could_not_be_looked_at_since(tmp_path: Path) -> None:
    [backup] = made(known(tmp_path, friday(), monday())).backups
    assert backup.newest_at == FRIDAY - timedelta(hours=5)
    assert (backup.device, backup.path, backup.newest, backup.size, backup.age) == (
        "the server in Pasadena",
        "/mnt/backup, and on /mnt/second",
        "Fri Nov 20, 12:45 am",
        "2.0 GB",
        "as seen Fri Nov 20, 5:45 am",
    )


def test_no_secret_and_no_number_of_a_patient_stands_in_the_path_of_a_backup(tmp_path: Path) -> None:
    odd = replace(CONFIG.plan[4], check=Backup(path="/mnt/s3cret-0/123-45-6789"))
    config = replace(CONFIG, plan=(odd,), secrets=(Secret("s3cret-0"),))
    assert [one.path for one in made(Remembered(), config).backups] == ["/mnt/[removed]/[removed]"]


def test_a_backup_of_which_no_file_was_found_says_that_none_was_seen(tmp_path: Path) -> None:
    key = "Pasadena/pasadena-server/backup"
    [backup] = made(known(tmp_path, a_round(FRIDAY, outcome(key, FRIDAY)))).backups
    assert (backup.newest, backup.size) == ("none was seen", "")


@pytest.mark.parametrize(
    ("renews", "says"),
    [
        (date(2026, 11, 30), "Mon Nov 30 (in 7 days)"),
        (date(2027, 11, 23), "Tue Nov 23 2027 (in 365 days)"),
        (date(2026, 11, 23), "Mon Nov 23 (today)"),
        (date(2026, 11, 20), "was to renew Fri Nov 20: over, or renewed and not written down"),
        (None, "nobody wrote down when it ends"),
    ],
    ids=["next-week", "next-year", "today", "past", "unknown"],
)
def test_a_contract_says_when_it_ends(renews: date | None, says: str) -> None:
    contract = replace(PRACTICE.contracts[0], renews=renews)
    config = replace(CONFIG, practice=replace(PRACTICE, contracts=(contract,)))
    [renewal] = made(Remembered(), config).renewals
    assert (renewal.name, renewal.day, renewal.says) == ("Charts licence", renews, says)


def test_contracts_stand_in_the_order_in_which_they_end() -> None:
    assert [one.name for one in made(Remembered()).renewals] == ["Internet line", "Charts licence"]


def test_a_certificate_that_was_seen_ends_too(tmp_path: Path) -> None:
    key = "Pasadena/pasadena-router/ping"
    found = a_round(FRIDAY, outcome(key, FRIDAY, metrics=(Metric("days left", 40.0, "d"),)))
    renewal = made(known(tmp_path, found)).renewals[-1]
    assert (renewal.name, renewal.day, renewal.age) == (
        "the certificate of the internet box in Pasadena (ping)",
        date(2026, 12, 30),
        "as seen Fri Nov 20, 5:45 am",
    )


KEPT = (Credential("charts", "the safe", "Dana"), Credential("the alarm", "x"))


def test_each_secret_is_told_once_with_all_that_it_opens_and_where_it_is_kept() -> None:
    config = replace(
        CONFIG,
        asked=(
            Asked(("email", "password"), "sending mail", "password", "mail"),
            Asked(("check", 0, "password"), "the database check of main-db", "password", "charts"),
            Asked(("check", 1, "password"), "the database check of standby-db", "password", "charts"),
            Asked(("site", 0), "logging in to main-db", "key", file=Path("/etc/key")),
            Asked(("heartbeat", "url"), "telling the outside watchdog", "url"),
        ),
        practice=replace(PRACTICE, credentials=KEPT),
    )
    document = made(Remembered(), config)
    assert document.secrets == (
        SecretRow("mail", ("sending mail: password",), "", ""),
        SecretRow(
            "charts",
            ("the database check of main-db: password", "the database check of standby-db: password"),
            "the safe",
            "Dana",
        ),
        SecretRow("the file /etc/key", ("logging in to main-db: key",), "", ""),
        SecretRow("(it stands in the config itself)", ("telling the outside watchdog: url",), "", ""),
    )
    assert document.credentials == (Credential("the alarm", "x"),)


def test_the_same_in_gives_the_same_out(tmp_path: Path) -> None:
    remembered = known(tmp_path, friday(), monday())
    assert made(remembered) == made(remembered)
    assert made(remembered, now=NOW.astimezone(UTC)).made_at == datetime(2026, 11, 23, 17, tzinfo=UTC)
