"""A look at a Windows machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from healthcheck.check import Check
from healthcheck.model import Outcome, Previous
from tests.conftest import Look
from tests.lab.sshd import SshServer, sshd

LookAt = Callable[..., Outcome]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SshServer]:
    """The machine."""
    with sshd(tmp_path, "127.0.3.44") as running:
        yield running


@pytest.fixture
def look_at(look: Look, server: SshServer) -> LookAt:
    """Runs a check on it; what its PowerShell prints is for the test to say."""

    def run(check: Check[Any], *, previous: Previous | None = None) -> Outcome:
        return look(check, server.host(os="windows"), known_hosts=[server.known_hosts], previous=previous)

    return run
