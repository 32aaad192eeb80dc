"""What is in a pack, of a practice that made its rounds and of one that never did."""

from __future__ import annotations

import contextlib
import csv
import json
import tomllib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from healthcheck.config import load
from healthcheck.config.settings import Config
from healthcheck.findings import Diagnosis, Incident
from healthcheck.handover import contents
from healthcheck.history import History
from healthcheck.known import Acknowledgement, Pause
from healthcheck.model import Event, Status
from healthcheck.rounds import HISTORY_FILE
from tests.inventory.practices import FRIDAY, MONDAY, NOW, friday, monday

CONFIG = """
[practice]
name = "Foothill Oncology Group"
timezone = "America/Los_Angeles"
opens = "07:30"
watcher = "Main office"

[[site]]
name = "Main office"

[[site.host]]
name = "main-router"
address = "192.0.2.1"
role = "gateway"

[[site]]
name = "Pasadena"

[[site.host]]
name = "pasadena-router"
address = "192.0.2.21"
role = "gateway"

[[check]]
kind = "ping"
hosts = ["*"]
"""


@pytest.fixture
def config(tmp_path: Path) -> Config:
    path = tmp_path / "config.toml"
    path.write_text(CONFIG)
    path.chmod(0o600)
    return load(path, environ={})


def remember(state: Path) -> None:
    """Two rounds, a trouble that goes on and one that is over, a power cut, what somebody said of them."""
    open_ = Incident("HC-1", "Pasadena", Status.CRITICAL, "Pasadena", "pasadena-router", "=Nothing answers.", "x\ny",
                     consequences=("a", "b"), sites=("Pasadena",), since=FRIDAY)  # fmt: skip
    over = replace(open_, reference="HC-2", cause="Azusa", closed_at=MONDAY)
    event = Event(FRIDAY, "lost its power", "ups", until=FRIDAY + timedelta(minutes=9))
    first = friday()
    first = replace(first, outcomes=(replace(first.outcomes[0], events=(event,)), *first.outcomes[1:]))
    with contextlib.closing(History.open(state / HISTORY_FILE, NOW)) as history:
        history.save(first, Diagnosis(sites=(), incidents=(open_, over)))
        history.save(monday(), Diagnosis(sites=()))
        history.acknowledge(
            Acknowledgement(
                "HC-1", "Pasadena", "Nothing answers.", "Dana", "they know", FRIDAY, MONDAY, Status.CRITICAL, {}
            )
        )
        history.pause(Pause("Azusa", "", "Dana", "moves house", FRIDAY, MONDAY + timedelta(days=90)))


def test_a_pack_holds_config_inventory_card_history_and_reports(config: Config, tmp_path: Path) -> None:
    remember(tmp_path)
    for number in range(12):
        folder = tmp_path / "reports" / "2026-11-23" / f"20261123T{number:02d}0000Z-abc"
        folder.mkdir(parents=True)
        (folder / "report.txt").write_text(f"report {number}")
        (folder / "report.json").write_text('{"says": "MRN 123-45-6789"}')
        (folder / "core").write_text("no report")
    (tmp_path / "known_hosts").write_text("@revoked * ssh-rsa AAAA me@home\n\n192.0.2.1 ssh-ed25519 BBBB\n")

    files, at = contents(config, tmp_path)

    assert at == MONDAY
    assert sorted(name for name in files if not name.startswith("reports/")) == [
        "README.txt",
        "SECRETS.txt",
        "config/config.toml",
        "config/known_hosts",
        "history/acknowledged.csv",
        "history/checks.csv",
        "history/events.csv",
        "history/found.json",
        "history/incidents.csv",
        "history/open-incidents.json",
        "history/paused.csv",
        "history/rounds.csv",
        "history/sent.csv",
        "inventory/emergency-card.html",
        "inventory/inventory.html",
        "inventory/inventory.json",
        "inventory/inventory.md",
    ]
    reports = sorted(name for name in files if name.startswith("reports/"))
    assert len(reports) == 20
    assert reports[0] == "reports/2026-11-23/20261123T020000Z-abc/report.json"
    assert json.loads(files[reports[0]]) == {"says": "MRN [removed]"}
    assert tomllib.loads(files["config/config.toml"].decode()) == tomllib.loads(CONFIG)
    assert files["config/known_hosts"] == b"@revoked * ssh-rsa AAAA\n192.0.2.1 ssh-ed25519 BBBB\n"


def test_the_history_is_tables_that_any_program_opens(config: Config, tmp_path: Path) -> None:
    remember(tmp_path)
    files, _ = contents(config, tmp_path)
    tables = {
        name.removeprefix("history/"): list(csv.DictReader(content.decode().splitlines()))
        for name, content in files.items()
        if name.endswith(".csv")
    }
    assert tables["rounds.csv"][0] == {
        "round": "round-20T13", "started by": "report", "began": "2026-11-20T13:45:00Z",
        "ended": "2026-11-20T13:45:00Z", "OK": "6", "Look": "0", "Problem": "0", "Could not check": "0",
    }  # fmt: skip
    assert [(row["reference"], row["says"], row["over"]) for row in tables["incidents.csv"]] == [
        ("HC-1", "'=Nothing answers.", ""),
        ("HC-2", "'=Nothing answers.", "2026-11-23T13:45:00Z"),
    ]
    assert tables["events.csv"] == [
        {"began": "2026-11-20T13:45:00Z", "not before": "", "ended": "2026-11-20T13:54:00Z", "site": "Main office",
         "host": "main-router", "source": "ups", "what": "note", "says": "lost its power"},
    ]  # fmt: skip
    assert [row["note"] for row in tables["acknowledged.csv"]] == ["they know"]
    assert [(row["place"], row["reason"]) for row in tables["paused.csv"]] == [("Azusa", "moves house")]
    assert [(row["check"], row["was"], row["last seen"]) for row in tables["checks.csv"]] == [
        ("Main office/main-router/ping", "OK", "2026-11-23T13:45:00Z"),
        ("Pasadena/pasadena-router/ping", "OK", "2026-11-23T13:45:00Z"),
    ]
    assert [one["reference"] for one in json.loads(files["history/open-incidents.json"])] == ["HC-1"]


def test_the_same_history_gives_the_same_files_at_any_time(config: Config, tmp_path: Path) -> None:
    remember(tmp_path)
    assert contents(config, tmp_path) == contents(config, tmp_path)


def test_a_practice_without_any_round_has_a_pack_as_of_the_day_its_config_was_changed(
    config: Config, tmp_path: Path
) -> None:
    state = tmp_path / "state"
    files, at = contents(config, state)
    assert sorted(files) == [
        "README.txt",
        "SECRETS.txt",
        "config/config.toml",
        "inventory/emergency-card.html",
        "inventory/inventory.html",
        "inventory/inventory.json",
        "inventory/inventory.md",
    ]
    assert at == datetime.fromtimestamp(config.path.stat().st_mtime, UTC)
    assert not state.exists()
    told = files["README.txt"].decode()
    assert "history/" not in told.partition("HOW TO BEGIN AGAIN")[0]
    assert "- config/config.toml: comments are left out, for one may hold a password.\n" in told
