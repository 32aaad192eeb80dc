"""The example that ships is right, as it stands and with all of it switched on."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from pathlib import Path

from healthcheck.config import load
from healthcheck.config.settings import Config

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
SWITCHED_OFF = re.compile(r"^#(?=[a-z\[])", re.MULTILINE)
SECRETS = {
    "HEALTHCHECK_SECRET_SMTP_PASSWORD": "canary-7391",
    "HEALTHCHECK_SECRET_DATABASE_PASSWORD": "canary-7391",
    "HEALTHCHECK_SECRET_HEARTBEAT_URL": "https://watch.example/canary-7391",
    "HEALTHCHECK_SECRET_TEAMS_URL": "https://teams.example/canary-7391",
    "HEALTHCHECK_SECRET_NTFY_TOKEN": "canary-7391",
    "HEALTHCHECK_SECRET_WEBHOOK_KEY": "canary-7391",
}


def loaded(text: str, folder: Path) -> Config:
    """The text as a config of its own, with the drop-in checks that ship beside it."""
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    shutil.copytree(EXAMPLE.parent / "checks.d", folder / "checks.d", dirs_exist_ok=True)
    for item in (folder / "checks.d", *(folder / "checks.d").rglob("*")):
        item.chmod(0o700)
    return load(path, environ=SECRETS)


def test_the_example_as_it_ships_looks_after_this_computer_and_needs_nothing(tmp_path: Path) -> None:
    config = loaded(EXAMPLE.read_text(encoding="utf-8"), tmp_path)

    assert [planned.key for planned in config.plan] == [
        f"Pasadena/office-server/{kind}"
        for kind in ("ping", "disk", "memory", "load", "restart", "clock", "survey", "backup")
    ]
    assert [host.local for host in config.practice.hosts()] == [True]
    assert (config.deliveries, config.email, config.default_key) == ((), None, None)
    assert config.warnings == ()


def test_the_example_with_all_of_it_switched_on_is_nine_clinics(tmp_path: Path) -> None:
    config = loaded(SWITCHED_OFF.sub("", EXAMPLE.read_text(encoding="utf-8")), tmp_path)

    assert [site.name for site in config.practice.sites] == [
        "Pasadena", "Glendale", "Burbank", "Alhambra", "Arcadia", "Monrovia", "Azusa", "Covina", "Altadena",
    ]  # fmt: skip
    assert Counter(host.role for host in config.practice.hosts()) == {
        "server": 9, "gateway": 9, "ups": 9, "database": 2, "nas": 1,
    }  # fmt: skip
    assert Counter(planned.check.kind for planned in config.plan) == {
        "ping": 30, "disk": 11, "memory": 11, "restart": 11, "clock": 11, "survey": 11, "load": 9, "ups": 9,
        "path": 8, "database": 2, "service": 2, "backup": 2, "file_share": 1, "dns": 1,
        "remote_access": 8, "fresh_file": 1, "waiting_files": 1,
    }  # fmt: skip
    assert [delivery.name for delivery in config.deliveries] == [
        "morning mail", "brief for IT", "service report", "chat", "phone", "our own program",
    ]  # fmt: skip
    assert [service.name for service in config.practice.services] == ["Patient charts", "Backups"]
    assert [(work.reason, work.sites) for work in config.practice.maintenance] == [
        ("the monthly updates", ()), ("a new internet line", ("Covina",)),
    ]  # fmt: skip
    assert config.warnings == ()
    assert "canary-7391" not in repr(config)


def test_every_comment_of_the_example_is_plainly_words_or_a_setting() -> None:
    """Whoever takes the "#" away must not be left with a sentence that is no TOML."""
    comments = [line for line in EXAMPLE.read_text(encoding="utf-8").split("\n") if line.startswith("#")]

    assert [line for line in comments if not re.match(r"# |#$|#\[|#[a-z0-9_]+ = ", line)] == []


def test_no_address_of_the_example_belongs_to_anybody(tmp_path: Path) -> None:
    config = loaded(SWITCHED_OFF.sub("", EXAMPLE.read_text(encoding="utf-8")), tmp_path)

    kept_free = ("127.0.0.1", "192.0.2.", "198.51.100.")
    assert all(host.address.startswith(kept_free) for host in config.practice.hosts())
