"""What is sent to a Windows machine is PowerShell by its grammar, and no longer than its shell takes.

No Windows machine was at hand to run it.
"""

from __future__ import annotations

import shlex
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tree_sitter_powershell
from tree_sitter import Language, Node, Parser

from healthcheck.api import Check
from healthcheck.checks.backup import Backup
from healthcheck.checks.clock import Clock
from healthcheck.checks.disk import Disk
from healthcheck.checks.memory import Memory
from healthcheck.checks.restart import Restart
from healthcheck.checks.service import Service
from healthcheck.checks.smart import Smart
from healthcheck.checks.survey import Survey
from tests.checks.windows.conftest import LookAt
from tests.lab.sshd import SshServer

CMD_CHARACTERS = 8191
CHECKS = {
    "backup": Backup(path=f"D:\\{'x' * 80}", standby_path=f"E:\\{'x' * 80}", pattern="O'Brien-*.bak"),
    "clock": Clock(),
    "disk": Disk(),
    "memory": Memory(),
    "restart": Restart(),
    "service": Service(),
    "smart": Smart(),
    "survey": Survey(),
    "service-named": Service(units=("MSSQLSERVER", "O'Brien ‘x’", "MSSQL$SQLEXPRESS")),
}


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS.keys())
def test_a_script_is_powershell(look_at: LookAt, server: SshServer, tmp_path: Path, check: Check[Any]) -> None:
    server.shim("powershell", script=f'echo "$@" >{tmp_path}/words')
    look_at(check)
    line = (tmp_path / "words").read_text()
    assert list(mistakes(b64decode(shlex.split(line)[-1]).decode("utf-16-le"))) == []
    assert len(f"cmd.exe /c powershell {line}") < CMD_CHARACTERS


def test_what_is_no_powershell_is_seen() -> None:
    assert list(mistakes("foreach ($drive in { ")) != []


def test_more_than_the_shell_takes_is_not_sent(look_at: LookAt, server: SshServer) -> None:
    outcome = look_at(Service(units=tuple(f"service-of-a-long-name-{number}" for number in range(100))))
    assert outcome.says == "could not be checked: there is too much to ask it at once"


def mistakes(text: str) -> Iterator[str]:
    """What the grammar does not take."""
    found = [Parser(Language(tree_sitter_powershell.language())).parse(text.encode()).root_node]
    while found:
        node: Node = found.pop()
        if node.is_error or node.is_missing:
            yield f"line {node.start_point.row + 1}: {(node.text or b'').decode()[:80]}"
        found.extend(node.children)
