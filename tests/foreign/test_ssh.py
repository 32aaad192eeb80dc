"""A drop-in reaches a host over SSH from behind the wall, with the same keys, records and refusals."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from healthcheck.check import Check
from healthcheck.foreign.drop_ins import DropIns
from healthcheck.model import Metric, Result, Secret, Status
from tests.conftest import Look
from tests.foreign.hostile import DropIn
from tests.lab.sshd import SshServer, new_key, sshd

FRESH_FILE = Path(__file__).parents[2] / "checks.d" / "fresh_file.py"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    with sshd(tmp_path_factory.mktemp("sshd")) as running:
        yield running


@pytest.fixture
def fresh_file(tmp_path: Path) -> Check[None]:
    """The check that ships, bound as a config would bind it."""
    file = tmp_path / "fresh_file.py"
    file.write_text(FRESH_FILE.read_text())
    file.chmod(0o600)
    renewed = tmp_path / "export.csv"
    renewed.touch()
    os.utime(renewed, (renewed.stat().st_mtime - 30 * 3600,) * 2)
    tmp_path.chmod(0o700)
    with DropIns(tmp_path) as drop_ins:
        kind = drop_ins.claimed("fresh_file")
        assert kind is not None
        bound = drop_ins.bind(
            kind, {"kind": "fresh_file", "hosts": ["*"], "path": str(renewed)}, lambda place, name: None
        )
    assert bound.check is not None
    return bound.check


def test_the_check_that_ships_looks_into_a_host_over_ssh(
    server: SshServer, fresh_file: Check[None], look: Look
) -> None:
    outcome = look(fresh_file, server.host(), known_hosts=[server.known_hosts])

    [result] = outcome.results
    assert result.metric is not None
    assert result == Result(
        Status.WARNING,
        "renewed an expected file 30 hours ago",
        f"{vars(fresh_file)['entry']['path']} is 30.0 h old",
        Metric("age", result.metric.value, "h"),
    )


def test_a_refused_login_is_told_as_one_and_not_tried_again(
    server: SshServer, fresh_file: Check[None], look: Look
) -> None:
    stranger = server.host(ssh=server.access(key=None))

    outcome = look(
        fresh_file, stranger, known_hosts=[server.known_hosts], key=Secret(new_key().private, "ssh_key"), attempts=3
    )

    assert (outcome.status, outcome.attempts) == (Status.UNKNOWN, 1)
    assert outcome.says.startswith("could not be checked: it refused our login")


def test_a_changed_host_key_is_a_problem_from_behind_the_wall_too(
    server: SshServer, fresh_file: Check[None], look: Look, tmp_path: Path
) -> None:
    other = tmp_path / "known_hosts"
    other.write_text(f"{server.known_name} {new_key().public}\n")

    outcome = look(fresh_file, server.host(), known_hosts=[other])

    assert outcome.status is Status.CRITICAL


def test_a_host_behind_another_is_reached_through_it(server: SshServer, fresh_file: Check[None], look: Look) -> None:
    gate = server.host(name="gate")
    behind = server.host(ssh=server.access(jump="gate"))

    outcome = look(fresh_file, behind, others=[gate], known_hosts=[server.known_hosts])

    assert outcome.status is Status.WARNING, outcome


def test_a_drop_in_without_a_login_says_so(server: SshServer, tmp_path: Path, look: Look) -> None:
    tmp_path.chmod(0o700)
    DropIn("runs", 'await target.run(["true"])', is_async=True).write(tmp_path)
    with DropIns(tmp_path) as drop_ins:
        kind = drop_ins.claimed("runs")
        assert kind is not None
        check = drop_ins.bind(kind, {"kind": "runs", "hosts": ["*"]}, lambda place, name: None).check
    assert check is not None

    outcome = look(check, replace(server.host(), ssh=None))

    assert (outcome.status, outcome.why) == (Status.UNKNOWN, "nobody gave us a way to look inside")
