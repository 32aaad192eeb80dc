"""Who may read and write what, on real files."""

from __future__ import annotations

import os
import pwd
from dataclasses import replace
from pathlib import Path

import pytest

from healthcheck.doctor import files
from healthcheck.doctor.examination import Finding
from healthcheck.model import Status
from tests.doctor.conftest import At
from tests.lab import need_root
from tests.lab.mounts import memory
from tests.lab.rights import NOBODY, as_nobody

US = pwd.getpwuid(os.geteuid()).pw_name


def test_a_config_that_others_can_change_is_a_problem(at: At, tmp_path: Path) -> None:
    premises = at()
    path = tmp_path / "config.toml"
    says = f"{path} belongs to {US}, and nobody else can change it."
    assert list(files.config_file(premises)) == [Finding(Status.OK, says)]
    path.chmod(0o666)
    assert list(files.config_file(premises)) == [
        Finding(Status.CRITICAL, f"Others can write to {path}, so it is not read.", f"sudo chmod go-w {path}")
    ]


def test_each_secret_that_others_can_read_is_a_problem_with_its_command(at: At, tmp_path: Path) -> None:
    premises = at()
    [none] = files.credentials(premises)
    assert none.status is Status.OK
    folder = tmp_path / "credentials"
    folder.mkdir()
    for name in ("ssh_key", "smtp_password"):
        (folder / name).write_text("canary-4711")
        (folder / name).chmod(0o600)
    assert list(files.credentials(premises)) == [
        Finding(Status.OK, f"2 secrets in {folder}, and nobody else can read them.")
    ]
    (folder / "ssh_key.pub").write_text("ssh-ed25519 AAAA healthcheck\n")
    (folder / "ssh_key.pub").chmod(0o644)
    assert list(files.credentials(premises)) == [
        Finding(Status.OK, f"2 secrets in {folder}, and nobody else can read them.")
    ]
    (folder / "ssh_key").chmod(0o644)
    assert list(files.credentials(premises)) == [
        Finding(
            Status.CRITICAL,
            f"The secret in {folder}/ssh_key can be read by others.",
            f"chmod 600 {folder}/ssh_key",
        )
    ]


def test_the_state_folder_is_told_with_its_owner_and_its_room(at: At, tmp_path: Path) -> None:
    premises, folder = at(), tmp_path / "state"
    assert list(files.state(premises)) == [
        Finding(
            Status.WARNING,
            f"There is no folder {folder} yet; the first round makes it.",
            "healthcheck run --here",
        )
    ]
    folder.mkdir(mode=0o700)
    [found] = files.state(premises)
    assert found.status is Status.OK
    assert found.says.startswith(f"{folder} belongs to {US}, can be written to, and has room (")
    folder.chmod(0o755)
    assert list(files.state(premises)) == [
        Finding(Status.WARNING, f"Every account here can look into {folder}.", f"sudo chmod o-rwx {folder}")
    ]


@pytest.mark.fault(58)
def test_a_state_folder_without_room_is_a_problem(at: At, tmp_path: Path) -> None:
    premises, folder = at(), tmp_path / "state"
    folder.mkdir(mode=0o700)
    with memory(folder, "size=1m"):
        folder.chmod(0o700)
        [found] = files.state(premises)
    assert (found.status, found.fix) == (Status.CRITICAL, f"df -h {folder}")
    assert found.says == f"There is only room for 1.0 MB more where {folder} is."


def test_what_belongs_to_somebody_else_is_a_problem_and_what_cannot_be_seen_is_not_called_well(
    at: At, open_folder: Path
) -> None:
    config, state, secrets = (open_folder / name for name in ("config.toml", "state", "credentials"))
    config.touch(0o644)
    state.mkdir(mode=0o755)
    secrets.mkdir(mode=0o700)
    premises = replace(at(), config_file=config, state_dir=state)
    assert as_nobody(lambda: list(files.state(premises)))[0] == Finding(
        Status.CRITICAL,
        f"{state} belongs to root and cannot be written to as nobody, so nothing is remembered.",
        f"sudo chown -R nobody {state}",
    )
    assert as_nobody(lambda: list(files.credentials(premises))) == [
        Finding(
            Status.UNKNOWN, f"{secrets} cannot be looked into: permission denied.", "sudo healthcheck doctor --here"
        )
    ]
    hidden = replace(premises, state_dir=secrets / "state")
    assert as_nobody(lambda: list(files.state(hidden))) == [
        Finding(
            Status.UNKNOWN,
            f"{secrets}/state cannot be looked at: permission denied.",
            "sudo healthcheck doctor --here",
        )
    ]
    os.chown(config, NOBODY, NOBODY)
    assert list(files.config_file(premises)) == [
        Finding(Status.CRITICAL, f"{config} belongs to nobody, so it is not read.", f"sudo chown 0 {config}")
    ]


def test_a_file_of_root_in_the_folder_of_the_service_is_a_problem(at: At, tmp_path: Path) -> None:
    need_root()
    premises, folder = at(), tmp_path / "state"
    folder.mkdir(mode=0o700)
    (folder / "history.sqlite").touch()
    os.chown(folder, NOBODY, NOBODY)
    assert list(files.state(premises)) == [
        Finding(
            Status.CRITICAL,
            f"In {folder} history.sqlite cannot be written to.",
            f"sudo chown -R nobody {folder}",
        )
    ]
    os.chown(folder / "history.sqlite", NOBODY, NOBODY)
    [found] = files.state(premises)
    assert found.status is Status.OK
