"""A drop-in is bound like a built-in, by the same words, though its code is never loaded here."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from healthcheck.check import Planned
from healthcheck.config import load
from healthcheck.config.settings import Config
from healthcheck.connections import Connections
from healthcheck.errors import ConfigError
from healthcheck.foreign.checks import Foreign
from healthcheck.foreign.drop_ins import DropIns
from healthcheck.model import Outcome, Result, Secret, Status
from healthcheck.runner import run_plan
from tests.config.conftest import SMALL
from tests.foreign.hostile import DropIn

KINDS = (Path(__file__).parents[1] / "config" / "kinds.py").read_text()

LOOKED_AT = (
    "looked at $CREDENTIALS_DIRECTORY/nowhere (not set), $HEALTHCHECK_SECRET_NOWHERE_FILE (not set), "
    "$HEALTHCHECK_SECRET_NOWHERE (not set) and FOLDER/credentials/nowhere (no such file)"
)

Dropped = Callable[..., Config]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "checks.d"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def dropped(tmp_path: Path, folder: Path) -> Dropped:
    """Load a config with the kinds of the config's own tests dropped in, under other names."""

    def read(check: str, environ: dict[str, str] | None = None) -> Config:
        for kind in ("ping", "disk", "database"):
            file = folder / f"my_{kind}.py"
            file.write_text(KINDS.replace(f'ClassVar[str] = "{kind}"', f'ClassVar[str] = "my_{kind}"', 1))
            file.chmod(0o600)
        config = tmp_path / "config.toml"
        config.write_text(SMALL[: SMALL.index("[[check]]")] + check)
        config.chmod(0o600)
        return load(config, environ=environ or {})

    return read


def entry(kind: str, *settings: str, hosts: str = '["*"]') -> str:
    return "\n".join(["[[check]]", f'kind = "{kind}"', f"hosts = {hosts}", *settings, ""])


def messages(caught: pytest.ExceptionInfo[ConfigError]) -> list[str]:
    return [line.partition(":")[2] for line in str(caught.value).splitlines()]


def run(planned: Planned, config: Config) -> Outcome:
    async def body() -> list[Outcome]:
        reach = Connections(config.practice)
        try:
            return await run_plan([planned], reach, deadline_s=20)
        finally:
            await reach.close()

    [outcome] = asyncio.run(body())
    return outcome


def test_a_drop_in_is_planned_with_its_own_flags_and_defaults(dropped: Dropped) -> None:
    config = dropped(entry("my_ping", "count = 3", 'owner = ""') + entry("my_disk", "timeout_s = 2"))

    ping, disk = config.plan
    assert (ping.key, ping.timeout_s, ping.attempts) == ("Pasadena/server/my_ping", 4.0, 3)
    assert (disk.key, disk.timeout_s, disk.attempts, disk.check.inside) == ("Pasadena/server/my_disk", 2.0, 1, True)
    assert isinstance(ping.check, Foreign)
    assert config.warnings == ()


def test_no_module_of_a_drop_in_is_ever_loaded_here(dropped: Dropped) -> None:
    [planned] = dropped(entry("my_ping")).plan

    assert not [name for name in sys.modules if name.startswith("healthcheck_checks_d")]
    assert type(planned.check).__mro__[1] is Foreign


def test_a_drop_in_looks_and_is_told_like_any_check(dropped: Dropped) -> None:
    config = dropped(entry("my_ping"))

    outcome = run(config.plan[0], config)

    assert outcome == Outcome(
        key="Pasadena/server/my_ping",
        site="Pasadena",
        host="server",
        kind="my_ping",
        results=(Result(Status.OK, "is still there"),),
        started_at=outcome.started_at,
        duration_s=outcome.duration_s,
    )


@pytest.mark.fault(61)
@pytest.mark.parametrize(
    ("check", "says"),
    [
        (entry("my_ping", "cuont = 3"), ['16: check[1].cuont: unknown setting "cuont"; did you mean "count"?']),
        (entry("my_ping", 'count = "3"'), ['16: check[1].count: must be a whole number without quotes, not "3"']),
        (
            entry("my_ping", "loss_percent = { warning = 80, critical = 70 }"),
            [
                "16: check[1].loss_percent: high values are bad here, so warning (80) must not be above critical (70)",
            ],
        ),
        (entry("my_disk", 'mounts = ["srv"]'), ['16: check[1].mounts: "srv" must start with "/"']),
        (entry("my_disk", "every_mount = false"), ["13: check[1]: nothing would be looked at"]),
        (entry("my_database"), ["13: check[1].url: this setting is missing; it has no default"]),
        (
            entry("my_database", 'url = "x"', 'password = { secret = "nowhere" }'),
            [
                f'17: check[1].password: the secret "nowhere" was not found; {LOOKED_AT}',
            ],
        ),
        (
            entry("my_ping", 'count = "c4n4ry"', hosts='["sever"]'),
            [
                '15: check[1].hosts[1]: unknown host "sever"; did you mean "server"?',
                '16: check[1].count: must be a whole number without quotes, not "c4n4ry"',
            ],
        ),
        (entry("my_pnig"), ['14: check[1].kind: unknown kind of check "my_pnig"; did you mean "my_ping"?']),
    ],
    ids=[
        "unknown-setting", "wrong-type", "levels-in-wrong-order", "own-rule", "own-rule-of-the-whole",
        "setting-missing", "secret-missing", "all-at-once", "kind-unknown",
    ],
)  # fmt: skip
def test_a_mistake_in_its_settings_is_told_like_any_other(
    check: str, says: list[str], dropped: Dropped, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError) as caught:
        dropped(check)

    assert messages(caught) == [line.replace("FOLDER", str(tmp_path)) for line in says]


def test_a_secret_reaches_a_drop_in_by_value_and_shows_nowhere(dropped: Dropped) -> None:
    settings = [
        'url = "x"',
        'password = { secret = "db" }',
        'headers = { A = { secret = "db" }, B = "c4n4ry-literal" }',
    ]
    config = dropped(entry("my_database", *settings), {"HEALTHCHECK_SECRET_DB": "c4n4ry-named"})

    [planned] = config.plan
    assert vars(planned.check)["secrets"] == {
        ("password",): Secret("c4n4ry-named"),
        ("headers", "A"): Secret("c4n4ry-named"),
        ("headers", "B"): Secret("c4n4ry-literal"),
    }
    assert "c4n4ry" not in repr(planned.check)
    assert [warning.rpartition(": ")[0].partition(":")[2] for warning in config.warnings] == [
        "18: check[1].headers.B",
    ]


@pytest.mark.fault(62)
def test_what_a_drop_in_says_of_its_settings_never_repeats_a_secret(folder: Path, dropped: Dropped) -> None:
    DropIn(
        "picky",
        more='password: Secret\ndef mistakes(self):\n    yield "password", f"{self.password.reveal()} is too short"\n',
    ).write(folder)

    with pytest.raises(ConfigError) as caught:
        dropped(entry("picky", 'password = { secret = "x" }'), {"HEALTHCHECK_SECRET_X": "c4n4ry"})

    assert messages(caught) == ["16: check[1].password: [removed] is too short"]


def test_a_file_stands_in_for_a_built_in_of_its_name(folder: Path, dropped: Dropped) -> None:
    DropIn("ping").write(folder)

    config = dropped(entry("ping"))

    assert isinstance(config.plan[0].check, Foreign)
    assert run(config.plan[0], config).says == "is well"


@pytest.mark.fault(62)
@pytest.mark.parametrize("which", ["file", "folder"])
def test_what_others_can_write_to_is_never_loaded(which: str, folder: Path, dropped: Dropped) -> None:
    path = DropIn("good").write(folder)
    shared = path if which == "file" else folder
    shared.chmod(0o777)

    config = dropped(entry("good"))

    why = (
        "others can write to it"
        if which == "file"
        else f"the folder {folder} cannot be trusted: others can write to it"
    )
    assert run(config.plan[0], config).says == f"could not be checked: its file good.py could not be loaded: {why}"
    assert f"{path}: not loaded: {why}; take that right away with: chmod go-w {shared}" in config.warnings


@pytest.mark.fault(62)
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to give a file away")
def test_what_belongs_to_somebody_else_is_never_loaded(folder: Path, dropped: Dropped) -> None:
    os.chown(DropIn("good").write(folder), 12345, -1)

    config = dropped(entry("good"))

    why = "it belongs to another user (uid 12345)"
    assert run(config.plan[0], config).says == f"could not be checked: its file good.py could not be loaded: {why}"


PLUG_IN = """#!/bin/sh
# How long the queue is.
#
# -n NUMBER   of the queue
echo "queue $2 at $4 is fine | length=3;5;9"
exit 0
"""


def test_a_program_in_the_folder_is_a_nagios_plug_in(folder: Path, dropped: Dropped) -> None:
    program = folder / "queue_length.sh"
    program.write_text(PLUG_IN)
    program.chmod(0o700)

    config = dropped(entry("queue_length", 'arguments = ["-n", "7", "-H", "{address}"]', 'label = "the queue"'))

    outcome = run(config.plan[0], config)
    assert (outcome.says, outcome.detail) == ("has no problem with the queue", "queue 7 at 127.0.0.1 is fine")
    assert [(metric.name, metric.value) for metric in outcome.metrics] == [("length", 3.0)]


def test_a_program_says_what_it_is_in_its_first_comment(folder: Path) -> None:
    program = folder / "queue_length.sh"
    program.write_text(PLUG_IN)
    program.chmod(0o700)

    with DropIns(folder) as drop_ins:
        kind = drop_ins.all().kinds["queue_length"]

    assert kind.summary == "How long the queue is."
    assert kind.manual.splitlines()[2] == "-n NUMBER   of the queue"


def test_a_program_that_others_can_write_to_is_never_run(folder: Path, dropped: Dropped) -> None:
    program = folder / "queue_length"
    program.write_text(PLUG_IN)
    program.chmod(0o722)

    config = dropped(entry("queue_length"))

    says = "could not be checked: its file queue_length could not be loaded: others can write to it"
    assert run(config.plan[0], config).says == says


def test_what_is_no_check_is_left_alone(folder: Path) -> None:
    for name in ("README", "notes.txt", ".hidden.py", "_shared.py", "old.py~"):
        (folder / name).write_text("raise SystemExit")
        (folder / name).chmod(0o600)

    with DropIns(folder) as drop_ins:
        assert (drop_ins.all().kinds, drop_ins.refused) == ({}, ())


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed package with a check of its own, for us and for the processes that we start."""
    site = tmp_path / "site"
    info = site / "toner-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: toner\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[healthcheck.checks]\ntoner = toner_checks\n")
    DropIn("toner").write(site).rename(site / "toner_checks.py")
    monkeypatch.syspath_prepend(site)
    monkeypatch.setenv("PYTHONPATH", str(site))
    return site


def test_a_check_of_an_installed_package_is_behind_the_wall_too(package: Path, dropped: Dropped) -> None:
    config = dropped(entry("toner"))

    assert run(config.plan[0], config).says == "is well"
    assert "toner_checks" not in sys.modules


def test_nothing_is_started_for_a_config_without_foreign_checks(folder: Path, dropped: Dropped) -> None:
    marker = folder / "marker"
    DropIn("eager", top=f"open({str(marker)!r}, 'w')").write(folder)

    config = dropped(entry("memory"))

    assert config.warnings == ()
    assert not marker.exists()
