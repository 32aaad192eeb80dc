"""`healthcheck enroll HOST`: put a host's key on record, once somebody has compared its fingerprint."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import click

from healthcheck.cli.root import Paths
from healthcheck.config.settings import KNOWN_HOSTS, Config
from healthcheck.connections import known_hosts
from healthcheck.connections.known_hosts import HostKey
from healthcheck.connections.ssh import SshConnections
from healthcheck.errors import HealthcheckError
from healthcheck.model import Host, Practice

LOOK_S = 20.0


@click.command("enroll")
@click.argument("name", metavar="HOST")
@click.option("--fingerprint", default="", help="Enroll without a question, if the host shows exactly this one.")
@click.pass_obj
def command(paths: Paths, name: str, fingerprint: str) -> None:
    """Show the fingerprint of HOST's key and, after a yes, put the key on record in the state directory.

    Compare it first with what the machine itself says: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub
    """
    config = paths.load()
    host = _host(config.practice, name)
    key = asyncio.run(_key(config, host, paths.state()))
    click.echo(f"{host.label} ({host.address}) shows this key:\n  {key}")
    if not fingerprint:
        click.echo(f"On the machine itself, this shows it: ssh-keygen -lf {_public_file(key)}")
    if fingerprint:
        if key.fingerprint != fingerprint:
            raise HealthcheckError(f"This is not {fingerprint}, so nothing was put on record.")
    elif not sys.stdin.isatty():
        raise HealthcheckError(
            "Nothing was put on record, because nobody can answer here. Compare the fingerprint and run it again "
            f"with: --fingerprint {key.fingerprint}"
        )
    elif not click.confirm("Is it the same as on the machine itself?"):
        raise HealthcheckError("Nothing was put on record.")
    assert host.ssh is not None
    put_on_record(paths.state() / KNOWN_HOSTS, host.address, host.ssh.port, key)
    click.echo(f"{host.label} is on record now.")


def _host(practice: Practice, name: str) -> Host:
    try:
        host = practice.host(name)
    except KeyError:
        raise click.UsageError(f'There is no host "{name}" in the config.') from None
    if host.ssh is None:
        raise click.UsageError(f'"{name}" has no `ssh` in the config, so it has no key to put on record.')
    return host


def _public_file(key: HostKey) -> str:
    """Where OpenSSH keeps the public half of a server's key of that type (sshd(8), FILES)."""
    algorithm = next((name for name in ("rsa", "ecdsa") if name in key.kind), "ed25519")
    return f"/etc/ssh/ssh_host_{algorithm}_key.pub"


async def _key(config: Config, host: Host, state_dir: Path) -> HostKey:
    """The key that the host shows now. The way to it may lead through others, which must be on record already."""
    connections = SshConnections(
        config.practice, known_hosts=config.known_hosts(state_dir), default_key=config.default_key
    )
    try:
        return await connections.host_key(host, left_s=LOOK_S)
    finally:
        await connections.close()


def put_on_record(path: Path, address: str, port: int, key: HostKey) -> None:
    """Write the host's key in place of any that stood there; the file is whole at every moment."""
    name = known_hosts.name_of(address, port)
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    kept = [line for line in lines if line.split(" ", 1)[0] != name]
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.new")
    unfinished.touch(0o600)
    unfinished.write_text("\n".join([*kept, known_hosts.line_for(address, port, key), ""]))
    unfinished.replace(path)
