"""What the tests of Borg's and of restic's backups need alike: something to back up, logins, and eyes on a password."""

from __future__ import annotations

import contextlib
import os
import random
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from healthcheck.check import Check
from healthcheck.model import Host, Outcome, Status
from tests.conftest import Look, a_host
from tests.lab.repositories import PASSWORD, Repository, fingerprint, let_read, reachable
from tests.lab.sshd import SshServer, plain_user, sshd

LookAt = Callable[..., Outcome]
MADE = "made its last backup"
DAMAGED = "has damaged backups: part of them can no longer be read"


def filled(folder: Path) -> Path:
    """The folder with something to back up: a small file to get back, and a big one that cannot be compressed."""
    (folder / "test.txt").write_text("can this be got back?\n")
    (folder / "charts.dump").write_bytes(random.Random(1).randbytes(500_000))
    return folder


def looked(look: Look, check: Check[Any], repository: Repository, timeout_s: float = 60.0) -> Outcome:
    """A look into a repository of this computer, which must leave it as it is."""
    before = fingerprint(repository.path)
    outcome = look(check, a_host(local=True), timeout_s=timeout_s)
    assert fingerprint(repository.path) == before
    return outcome


def says(outcome: Outcome) -> tuple[Status, list[str]]:
    """Its status and its sentences, without their times."""
    return outcome.status, [re.sub(r",? \w+day, \d+:\d\d [ap]m", "", result.says) for result in outcome.results]


@contextlib.contextmanager
def behind_a_login(
    repository: Repository, folder: Path, address: str, *, readable: bool
) -> Iterator[tuple[Path, Host, Path]]:
    """A copy for a login that may only read it, or not even that: its path, the host that has it, and its keys."""
    user = plain_user()
    with reachable() as place, sshd(folder, address, lines=["UsePAM yes"] if os.geteuid() == 0 else []) as server:
        kept = repository.copy(place / "kept")
        let_read(kept.path)
        if not readable:
            (kept.path / "config").chmod(0o000)
        yield kept.path, server.host(ssh=server.access(user=user)), server.known_hosts


def spied_on(server: SshServer, tool: str, folder: Path) -> Path:
    """Look for the password on each start of a tool: the file gets "looked", and whatever process shows it."""
    canary, seen = folder / "canary", folder / "seen"
    canary.write_text(PASSWORD)
    real = shutil.which(tool)
    server.shim(
        tool,
        script=f"grep -slFf {canary} /proc/[0-9]*/cmdline /proc/[0-9]*/environ >>{seen}\n"
        f'echo looked >>{seen}\nexec {real} "$@"',
    )
    return seen
