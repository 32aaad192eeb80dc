"""Whether servers can be looked into: their keys are on record, and ours is fit to log in with. Nothing is sent."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from healthcheck.config.loading import DEFAULT_KEY
from healthcheck.config.secrets import FOLDER
from healthcheck.connections import known_hosts
from healthcheck.connections.client_keys import ClientKeys
from healthcheck.doctor.examination import Finding
from healthcheck.doctor.premises import Premises
from healthcheck.doctor.settings import CHECK_IT, NOT_KNOWN
from healthcheck.errors import ProbeError
from healthcheck.model import Host, Status
from healthcheck.words import count, plain, sentence


def host_keys(premises: Premises) -> Iterator[Finding]:
    """Whether the key of every server with SSH is on record; an unknown server is never logged in to."""
    if premises.config is None:
        yield Finding(Status.UNKNOWN, NOT_KNOWN, premises.command(CHECK_IT))
        return
    hosts = _with_ssh(premises)
    files = premises.config.known_hosts(premises.state_dir)
    unread: dict[str, None] = {}
    unknown = 0
    for host in hosts:
        assert host.ssh is not None
        known = known_hosts.look_up(files, host.address, host.ssh.port)
        unread |= dict.fromkeys(known.unread)
        if not known.keys:
            unknown += 1
            says = f"The key of {plain(host.label)} is not on record, so it is not looked into."
            yield Finding(Status.CRITICAL, says, premises.command(f"enroll {shlex.quote(host.name)}"))
        elif all(key in known.revoked for key in known.keys):
            unknown += 1
            says = f"The key of {plain(host.label)} is marked as revoked, so it is not looked into."
            yield Finding(Status.CRITICAL, says, premises.command(f"enroll {shlex.quote(host.name)}"))
    for trouble in unread:
        yield Finding(
            Status.UNKNOWN,
            f"A file of host keys cannot be read: {plain(trouble)}.",
            premises.command("doctor", sudo=True),
        )
    if not hosts:
        yield Finding(Status.OK, "No server is looked into over SSH.")
    elif not unknown:
        yield Finding(
            Status.OK, f"The keys of all servers that are looked into are on record ({count(len(hosts), 'server')})."
        )


def our_key(premises: Premises) -> Iterator[Finding]:
    """Whether each key that we log in with is there, private and readable."""
    if premises.config is None:
        yield Finding(Status.UNKNOWN, NOT_KNOWN, premises.command(CHECK_IT))
        return
    keys = ClientKeys(premises.config.default_key)
    troubles: dict[tuple[str, str], str] = {}
    hosts = _with_ssh(premises)
    for host in hosts:
        assert host.ssh is not None
        try:
            keys.of(host.ssh)
        except ProbeError as error:
            troubles.setdefault((error.says, error.detail), host.label)
    for (says, detail), label in troubles.items():
        words, _, fix = detail.partition("; ")
        yield Finding(
            Status.CRITICAL,
            sentence(f"{says[0].upper()}{says[1:]} ({plain(words)}), so {plain(label)} is not looked into"),
            fix.rpartition(" with: ")[2] if " with: " in fix else _new_key(premises),
        )
    if not troubles:
        yield Finding(Status.OK, "Our key can be used." if hosts else "None is needed.")


def _new_key(premises: Premises) -> str:
    folder = shlex.quote(str(premises.config_file.absolute().parent / FOLDER))
    return f"mkdir -p -m 700 {folder} && ssh-keygen -q -t ed25519 -N '' -f {folder}/{DEFAULT_KEY}"


def _with_ssh(premises: Premises) -> list[Host]:
    assert premises.config is not None
    return [host for host in premises.config.practice.hosts() if host.ssh is not None and not host.local]
