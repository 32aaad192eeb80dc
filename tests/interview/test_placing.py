"""Where the config goes: checked first, whole or not at all, readable to whom it must be, over nobody's file."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from healthcheck.errors import ConfigError, HealthcheckError
from healthcheck.interview import placing
from healthcheck.interview.placing import InTheWay
from healthcheck.interview.writing import config_of
from tests.interview.test_writing import ALL, LITTLE
from tests.lab import need_root
from tests.lab.rights import as_nobody


def modes(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): f"{stat.S_IMODE(path.stat().st_mode):o}" for path in folder.rglob("*")}


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o000], ids=oct)
def test_config_and_password_come_with_the_rights_that_they_need(tmp_path: Path, umask: int) -> None:
    path = tmp_path / "etc" / "config.toml"
    before = os.umask(umask)
    try:
        placing.put(path, config_of(ALL), ALL, os.environ)
    finally:
        os.umask(before)
    ours = ("755", "644") if os.geteuid() == 0 else ("700", "600")
    assert modes(tmp_path) == {
        "etc": ours[0],
        "etc/config.toml": ours[1],
        "etc/credentials": "700",
        "etc/credentials/smtp_password": "600",
    }
    assert (tmp_path / "etc/credentials/smtp_password").read_text() == "s3cret\n"


def test_a_config_that_the_program_does_not_take_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "etc" / "config.toml"
    with pytest.raises(ConfigError, match="unknown section"):
        placing.put(path, config_of(ALL) + "\n[nonsense]\n", ALL, os.environ)
    assert modes(tmp_path) == {}


@pytest.mark.parametrize("taken", ["config.toml", "credentials/smtp_password"])
def test_what_is_there_already_stays_as_it_is(tmp_path: Path, taken: str) -> None:
    (tmp_path / "credentials").mkdir()
    (tmp_path / taken).write_text("mine")
    with pytest.raises(InTheWay) as caught:
        placing.look_for_room(tmp_path / "config.toml")
    assert str(caught.value) == (
        f"{tmp_path / taken} is there already, and is left as it is. Move it away, or name another place with --config."
    )


@pytest.mark.parametrize("taken", ["config.toml", "credentials/smtp_password"])
def test_what_comes_in_between_stays_too_and_nothing_of_ours_is_left(tmp_path: Path, taken: str) -> None:
    (tmp_path / "credentials").mkdir()
    (tmp_path / taken).write_text("mine")
    with pytest.raises(InTheWay, match="has come there in the meantime"):
        placing.put(tmp_path / "config.toml", config_of(ALL), ALL, os.environ)
    assert {path.name: path.read_text() for path in tmp_path.rglob("*") if path.is_file()} == {Path(taken).name: "mine"}


def test_a_folder_of_somebody_else_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    need_root()
    placing.look_for_room(tmp_path / "new/config.toml")
    with pytest.raises(HealthcheckError) as caught:
        as_nobody(lambda: placing.look_for_room(Path("/etc/healthcheck-new/config.toml")))
    assert str(caught.value) == (
        "/etc/healthcheck-new/config.toml cannot be written, because /etc belongs to somebody else. "
        "Run this with sudo, or name another place with --config."
    )


def test_a_folder_that_takes_nothing_leaves_a_sentence() -> None:
    with pytest.raises(HealthcheckError, match=r"^Nothing was written: |^/proc/sys"):
        placing.put(Path("/proc/sys/new/config.toml"), config_of(LITTLE), LITTLE, os.environ)


def test_no_password_is_written_for_a_report_that_nobody_gets(tmp_path: Path) -> None:
    nobody = replace(ALL, recipients=())
    placing.put(tmp_path / "config.toml", config_of(nobody), nobody, os.environ)
    assert set(modes(tmp_path)) == {"config.toml"}


def test_ctrl_c_while_it_is_written_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link = os.link
    done: list[Path] = []

    def interrupted(source: str, target: Path) -> None:
        if done:
            raise KeyboardInterrupt
        done.append(target)
        link(source, target)

    monkeypatch.setattr(os, "link", interrupted)
    with pytest.raises(KeyboardInterrupt):
        placing.put(tmp_path / "etc/config.toml", config_of(ALL), ALL, os.environ)
    assert done == [tmp_path / "etc/credentials/smtp_password"]
    assert modes(tmp_path) == {}
