"""Every fault that the checker must survive has a test that produces it, marked with its number."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

FAULTS = {
    1: "a host is off",
    2: "a site's line is down, its hosts are well",
    3: "the office's own line is down",
    4: "a port is closed, filtered, or forbidden on the way",
    5: "a third of the packets is lost",
    6: "answers take up to two seconds",
    7: "there is no way to a host",
    8: "no right to send ICMP",
    9: "the name server is silent, or knows no such name",
    10: "the other end vanishes in the middle of an answer",
    11: "it accepts and never speaks",
    12: "another service is on the port",
    13: "a host's key has changed",
    14: "our key is refused, missing, unreadable or locked",
    15: "an SSH banner that never comes, never ends, or is followed by silence or garbage",
    16: "an SSH server takes no more sessions",
    17: "a command hangs, drips, or leaves a child behind that holds its output",
    18: "a command writes a hundred megabytes",
    19: "output with NUL, escapes, broken bytes, endless lines, or none",
    20: "a command is missing, forbidden, asks for a password, or is killed",
    21: "the connection dies in the middle of a command",
    22: "a login shell that greets, in another language",
    23: "a UPS on battery, then low, then back",
    24: "a power cut between two looks",
    25: "a UPS whose data is not current",
    26: "a UPS daemon that refuses, knows no such UPS, or breaks off",
    27: "a UPS that contradicts itself or tells numbers that cannot be",
    28: "apcupsd's events cut short, unreadable, or in the future",
    29: "SNMP that is silent, or says what cannot be",
    30: "a disk full by bytes, by inodes, or but for what root keeps",
    31: "a disk that became read-only",
    32: "a mount that is not there",
    33: "a mount that hangs",
    34: "a drive that fails, vanishes, or tells nothing of its health",
    35: "an array degraded, rebuilding, failed, or not there",
    36: "a service stopped, flapping, masked, or restarted in the night",
    37: "an unexpected restart",
    38: "a host's clock is wrong",
    39: "a database accepts and cannot serve",
    40: "a database in the wrong role, or a copy that lags",
    41: "a query too slow, or waiting for a lock",
    42: "a driver that blocks beyond its own limit",
    43: "a certificate expired, too early, for another name, or from nobody known",
    44: "a newest backup that is old, empty, shrunken, unfinished, or from the future",
    45: "a repository locked, damaged, empty, missing, or not opened by the password",
    46: "a backup of the wrong machine, or told in the wrong time zone",
    47: "a backup that still runs",
    48: "the mail server is down",
    49: "the mail server asks to come back, or refuses one recipient",
    50: "the mail server hangs with the mail in its hands",
    51: "the mail server offers no encryption, a bad certificate, or refuses the login",
    52: "hostile text from a remote machine",
    53: "a web hook that fails, redirects, floods, or never answers",
    54: "nothing was checked",
    55: "the office server was off at the hour of the report",
    56: "two rounds at once",
    57: "killed, or without power, in the middle of a round",
    58: "the disk is full while history is written",
    59: "the history is locked, damaged, empty, or read-only",
    60: "a plug-in that raises, exits, crashes, hangs, forks, or floods",
    61: "a config with mistakes of every sort",
    62: "secrets in every place where one can stand",
    63: "a clock that jumps, and days that are an hour short or long",
    64: "few files, many checks, and a site where all time out",
    65: "signals, closed output, and an environment that lacks everything",
    66: "Nagios plug-ins that follow no guideline",
}


def test_every_fault_is_produced_by_a_test() -> None:
    produced = Counter(number for path in Path(__file__).parent.rglob("test_*.py") for number in _marked(path))
    assert {number: fault for number, fault in FAULTS.items() if not produced[number]} == {}
    assert set(produced) - set(FAULTS) == set()


def _marked(path: Path) -> Iterator[int]:
    """The numbers in `@pytest.mark.fault(…)`, on a test or on one of its parameters."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "fault":
            yield from (
                value.value for value in node.args if isinstance(value, ast.Constant) and type(value.value) is int
            )
