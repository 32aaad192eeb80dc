"""The small servers of the demonstration speak as real ones do: the programs that people use understand them."""

from __future__ import annotations

import contextlib
import os
import smtplib
import socket
import subprocess
import threading
from collections.abc import Iterator
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcheck.demo.keys import KeyPair
from healthcheck.demo.machine import database_machine, machine
from healthcheck.demo.ports import NoAddress, Ports, Talk, listeners
from healthcheck.demo.post import mail_server
from healthcheck.demo.power import apcupsd, upsd
from healthcheck.demo.ssh import USER, ssh_server
from healthcheck.demo.web import accepts
from healthcheck.demo.weekend import weekend
from tests.conftest import PACIFIC
from tests.lab import need
from tests.lab.apcupsd import ask

WHEN = weekend(datetime(2026, 11, 23, 5, 45, tzinfo=PACIFIC))
HERE, THERE = "127.0.0.1", "127.77.200.1"


@contextlib.contextmanager
def speaking(talk: Talk | None, *more: str) -> Iterator[int]:
    """The port at which it is spoken to, at this computer's address and more."""
    ports = Ports()
    port = ports.open(dict.fromkeys((HERE, *more), talk))
    ends, end = os.pipe()
    serving = threading.Thread(target=ports.serve, args=(ends,))
    serving.start()
    try:
        yield port
    finally:
        os.close(end)
        serving.join(5)
        os.close(ends)
        ports.close()


def test_those_of_one_sort_are_at_one_port_each_at_its_own_address() -> None:
    opened = listeners((HERE, THERE))
    names = [one.getsockname() for one in opened]
    for one in opened:
        one.close()
    assert names == [(HERE, names[0][1]), (THERE, names[0][1])]


def test_a_computer_without_such_addresses_is_told_what_they_are_for() -> None:
    with pytest.raises(NoAddress) as caught:
        listeners(("192.0.2.1",))  # nobody's: it is bound to, never called
    assert str(caught.value) == (
        "The demonstration gives each of its clinics an address of this computer's own. 192.0.2.1 cannot be had here "
        "(Cannot assign requested address). Linux has all such addresses; run it there."
    )


def test_who_is_dark_does_not_answer_at_all() -> None:
    with speaking(None) as port, pytest.raises(TimeoutError):
        socket.create_connection((HERE, port), timeout=0.3)


def test_who_only_accepts_says_nothing() -> None:
    with speaking(accepts, THERE) as port, socket.create_connection((THERE, port), timeout=5) as line:
        line.settimeout(0.1)
        with pytest.raises(TimeoutError):
            line.recv(1)


# Power


def test_nuts_own_client_reads_the_battery_backup() -> None:
    need("upsc")
    with speaking(upsd("azusa-ups")) as port:
        told = {
            command: _run("upsc", *command.split(), at=port) for command in ("-l", "azusa-ups", "azusa-ups ups.load")
        }
    assert told["-l"] == "azusa-ups"
    assert "battery.charge: 100" in told["azusa-ups"]
    assert "ups.status: OL" in told["azusa-ups"]
    assert told["azusa-ups ups.load"] == "18"


def _run(program: str, *words: str, at: int) -> str:
    argv = [f"{word}@{HERE}:{at}" if word == "azusa-ups" else word for word in words]
    argv += [f"{HERE}:{at}"] if words == ("-l",) else []
    return subprocess.run([program, *argv], capture_output=True, text=True, check=True, timeout=20).stdout.strip()


def test_upsd_changes_nothing_and_knows_no_other_ups() -> None:
    asked = b'LIST VAR other\nSET VAR ups ups.id "x"\nGET VAR ups no.such\nVAR "\nLOGOUT\n'
    with speaking(upsd("ups")) as port, socket.create_connection((HERE, port), timeout=5) as line:
        line.sendall(asked)
        with line.makefile() as answer:
            said = answer.read().splitlines()
    assert said == [
        "ERR UNKNOWN-UPS",
        "ERR UNKNOWN-COMMAND",
        "ERR VAR-NOT-SUPPORTED",
        "ERR UNKNOWN-COMMAND",
        "OK Goodbye",
    ]


def test_apcupsd_tells_of_the_power_cut_and_of_no_more_than_it_is_asked() -> None:
    with speaking(apcupsd(WHEN.short_cut)) as port:
        status, events, other = (ask(port, command) for command in ("status", "events", "shutdown"))
    assert [line for line in status if line.startswith(("STATUS", "XO"))] == [
        "STATUS   : ONLINE",
        "XONBATT  : 2026-11-21 05:12:09 -0800",
        "XOFFBATT : 2026-11-21 05:29:44 -0800",
    ]
    assert events == [
        "2026-11-21 05:12:09 -0800  Power failure.",
        "2026-11-21 05:12:09 -0800  Running on UPS batteries.",
        "2026-11-21 05:29:44 -0800  Mains returned. No longer on UPS batteries.",
        "2026-11-21 05:29:44 -0800  Power is back. UPS running on mains.",
    ]
    assert other == ["Invalid command"]


# SSH


def test_openssh_logs_in_and_can_run_nothing(tmp_path: Path) -> None:
    need("ssh")
    host_key, client_key = KeyPair.new(), KeyPair.new()
    key = tmp_path / "key"
    key.touch(0o600)
    key.write_text(client_key.private)
    marker = tmp_path / "made"
    with speaking(ssh_server(host_key, client_key, machine(WHEN))) as port:
        done = _ssh(key, port, f"touch {marker}")
        stranger = _ssh(_other(tmp_path), port, "true")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (
        127,
        "sh: this machine is a demonstration and answers nothing else",
    )
    assert not marker.exists()
    assert stranger.returncode == 255
    assert "Permission denied (publickey)" in stranger.stderr


def _other(folder: Path) -> Path:
    path = folder / "other"
    path.touch(0o600)
    path.write_text(KeyPair.new().private)
    return path


def _ssh(key: Path, port: int, command: str) -> subprocess.CompletedProcess[str]:
    options = ("BatchMode=yes", "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "IdentitiesOnly=yes")
    given = [word for option in options for word in ("-o", option)]
    argv = ["ssh", "-F", "none", *given, "-i", str(key), "-p", str(port), f"{USER}@{HERE}", command]
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=30)


@given(st.text())
def test_whatever_a_machine_is_asked_it_answers_what_it_knows_or_that_it_knows_nothing(line: str) -> None:
    assert database_machine(WHEN).answer(line)[0] == 127


# Mail


def test_the_mail_arrives_as_it_was_sent_with_its_readable_parts_beside_it(tmp_path: Path) -> None:
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = "Morning", "checker@foothill.example", "dana.reyes@foothill.example"
    mail.set_content("Good morning.\n.\n..a line that begins with dots, and an é\n")
    mail.add_alternative("<p>Good morning.</p>", subtype="html")
    with speaking(mail_server(tmp_path)) as port, smtplib.SMTP(HERE, port, timeout=10) as server:
        server.send_message(mail)
        server.send_message(mail, to_addrs=["../../it@bayit.example"])
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"{number}-{who}{ending}"
        for number, who in ((1, "dana.reyes"), (2, "....it"))
        for ending in (".eml", ".html", ".txt")
    ]
    assert (tmp_path / "1-dana.reyes.txt").read_text() == mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]  # it has one
    assert (tmp_path / "1-dana.reyes.html").read_text().strip() == "<p>Good morning.</p>"


def test_a_mail_that_breaks_off_is_not_kept(tmp_path: Path) -> None:
    with speaking(mail_server(tmp_path)) as port, socket.create_connection((HERE, port), timeout=5) as line:
        line.sendall(b"EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\nSubject: half\r\n")
        line.shutdown(socket.SHUT_WR)
        with line.makefile() as answer:
            assert answer.read().splitlines()[-1] == "354 Go on"
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_taken_for_nobody(tmp_path: Path) -> None:
    with speaking(mail_server(tmp_path)) as port, socket.create_connection((HERE, port), timeout=5) as line:
        line.sendall(b"EHLO x\r\nMAIL FROM:<a@b.example>\r\nDATA\r\nVRFY a\r\nQUIT\r\n")
        with line.makefile() as answer:
            assert answer.read().splitlines()[-3:] == ["503 Not now", "500 Not known here", "221 Goodbye"]
