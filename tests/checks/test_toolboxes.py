"""The questions that checks ask inside a host, put to the shells and toolboxes that hosts come with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from healthcheck.api import Check, Status
from healthcheck.checks.clock import Clock
from healthcheck.checks.load import Load
from healthcheck.checks.memory import Memory
from healthcheck.checks.restart import Restart
from tests.conftest import Look
from tests.lab.sshd import sshd
from tests.lab.toolbox import TOOLBOXES, toolbox


@pytest.mark.parametrize("name", TOOLBOXES)
@pytest.mark.parametrize(
    "check", [Clock(zone="any"), Load(), Memory(), Restart(recent_h=0)], ids=lambda check: str(check.kind)
)
def test_a_check_is_answered_by_every_toolbox(look: Look, tmp_path: Path, name: str, check: Check[Any]) -> None:
    path = toolbox(tmp_path / "tools", name)
    with sshd(tmp_path, "127.0.3.26", lines=[f"SetEnv PATH={path}"]) as server:
        outcome = look(check, server.host(), known_hosts=[server.known_hosts])
    assert outcome.status is not Status.UNKNOWN, outcome.detail
    assert outcome.metrics != ()
