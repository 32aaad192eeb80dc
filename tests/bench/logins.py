"""SSH: nine hosts with five commands each, cold, beside one `ssh` a command."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from tests.bench.configs import check, config
from tests.bench.measure import BARS_HEAD, Command, cpu, held, in_turn, missing, table, wall
from tests.bench.startup import COMPILED, PROGRAM
from tests.lab.netns import towns
from tests.lab.practice import SSH_PORT, UNITS
from tests.lab.practice import USER as LOGIN
from tests.lab.sshd import client_key, sshd

HOSTS, COMMANDS = 9, 5
PEER, OURS = "ssh, curve25519", "healthcheck run"


def run(rounds: int) -> str:
    """45 commands: nine logins of ours, 45 of the peer's."""
    if gone := missing(ssh="openssh-client"):
        return gone
    with towns("bench") as [town]:
        return town.call(lambda: _measured(rounds), within_s=1200)


def _measured(rounds: int) -> str:
    addresses = [f"127.0.{number}.1" for number in range(1, HOSTS + 1)]
    with tempfile.TemporaryDirectory() as made, contextlib.ExitStack() as stack:
        folder, known = Path(made), list[str]()
        key = client_key().write(folder / "key")
        (folder / "units").write_text(UNITS)
        for address in addresses:
            ssh = stack.enter_context(sshd(folder, address, name=f"at-{address}", port=SSH_PORT))
            ssh.shim("systemctl", script=f"cat {folder}/units")
            known.append(ssh.known_hosts.read_text())
        (folder / "known_hosts").write_text("".join(known))
        checks = [check("service", f'units = ["charts.service"]\nname = "{number}"') for number in range(COMMANDS)]
        access = f'ssh = {{ user = "{LOGIN}", port = {SSH_PORT}, key = "{key}" }}'
        file = config(folder, addresses, checks, access=access)
        options = (
            f"-p {SSH_PORT} -l {LOGIN} -i {key} -o BatchMode=yes -o KexAlgorithms=curve25519-sha256 "
            f"-o UserKnownHostsFile={folder}/known_hosts"
        )
        lines = [f"ssh {options} {address} systemctl show charts.service" for address in addresses * COMMANDS]
        argv = [PROGRAM, "run", "--config", str(file), "--state-dir", str(folder / "state")]
        costs = in_turn(
            [
                Command(PEER, ["xargs", "-P64", "-L1", "env"], input="\n".join(lines)),
                Command(OURS, argv, env={**COMPILED, "HOME": os.fspath(folder)}),
            ],
            rounds,
        )
    title = f"SSH: {HOSTS} hosts with {COMMANDS} commands each"
    bars = held(f"{HOSTS} × {COMMANDS} commands", PEER, costs[OURS], costs[PEER], cpu(0.7, 0.5), wall(0.55, 0.4))
    return "\n".join([table(title, costs, PEER), BARS_HEAD, bars, ""])
