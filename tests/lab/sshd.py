"""An OpenSSH server for each site, on a loopback address of its own, with commands that print what a test wants.

    with sshd(tmp_path, "127.0.3.1", name="pasadena") as server:
        server.shim("df", text=recorded)
        outcome = look(Disk(), server.host(), known_hosts=[server.known_hosts])

Works as root and as a plain user, who can only log in as itself.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import os
import pwd
import shlex
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from healthcheck.model import Host, Secret, SshAccess
from tests.lab import daemon, free_port, need

SSHD = "/usr/sbin/sshd"


@dataclass(frozen=True)
class KeyPair:
    """A key as OpenSSH writes it: the private file's text, and the public line."""

    private: str
    public: str

    @property
    def blob(self) -> bytes:
        return base64.b64decode(self.public.split()[1])

    def write(self, path: Path) -> Path:
        """The private key in a file that only we may read, the public one beside it."""
        path.touch(0o600)
        path.write_text(self.private)
        path.with_name(path.name + ".pub").write_text(self.public + "\n")
        return path


def new_key() -> KeyPair:
    """A fresh Ed25519 key; made here, because ssh-keygen takes fifty times as long."""
    key = ed25519.Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return KeyPair(private.decode(), public.decode())


def ssh_keygen(path: Path, *options: str) -> Path:
    """A key of any other kind, by OpenSSH's own tool; the public half is beside it in `….pub`."""
    need("ssh-keygen")
    subprocess.run(["ssh-keygen", "-q", "-N", "", *options, "-f", path], check=True)
    return path


@functools.cache
def client_key() -> KeyPair:
    """The key that every server of this test session lets in."""
    return new_key()


@dataclass(frozen=True)
class SshServer:
    """A running server. `known_hosts` is a file with its host key; `bin` comes first on the PATH of its commands."""

    folder: Path
    address: str
    port: int
    name: str
    host_key: KeyPair
    pid: int

    @property
    def bin(self) -> Path:
        return self.folder / "bin"

    @property
    def known_hosts(self) -> Path:
        return self.folder / "known_hosts"

    @property
    def known_name(self) -> str:
        """How known_hosts files name it."""
        return f"[{self.address}]:{self.port}"

    @property
    def user(self) -> str:
        """The only user that is sure to get in: the one who runs the tests."""
        return pwd.getpwuid(os.geteuid()).pw_name

    @property
    def log(self) -> str:
        """What sshd wrote so far."""
        return (self.folder / "log").read_text(errors="replace")

    def host(self, **settings: Any) -> Host:
        """The server as the config would have it: Pasadena's pasadena-server, with the session's client key."""
        site = self.name.capitalize()
        return Host(
            **{
                "name": f"{self.name}-server",
                "site": site,
                "label": f"the server in {site}",
                "address": self.address,
                "ssh": self.access(),
                **settings,
            }
        )

    def access(self, **settings: Any) -> SshAccess:
        """The way in; `key=`, `key_file=`, `user=` and `jump=` replace what is usual."""
        usual = {"user": self.user, "port": self.port, "key": Secret(client_key().private, "ssh_key")}
        return SshAccess(**{**usual, **settings})

    def shim(self, command: str, text: str | bytes = "", *, exit: int = 0, error: str = "", script: str = "") -> Path:
        """A command of that name on this server alone: prints `text`, complains `error`, exits; or runs a script."""
        data = self.folder / f"{command}.out"
        data.write_bytes(text.encode() if isinstance(text, str) else text)
        complaint = f"printf '%s\\n' {shlex.quote(error)} >&2\n" if error else ""
        body = script or f"cat {shlex.quote(str(data))}\n{complaint}exit {exit}"
        path = self.bin / command
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)
        return path


def plain_user() -> str:
    """A user who is not root, as those at the clinics are; skips by name when there is none to log in as.

    Such a user mostly has no password, so that sshd lets it in only with `UsePAM yes`.
    """
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid()).pw_name
    for user in pwd.getpwall():
        if user.pw_uid != 0 and user.pw_shell in ("/bin/sh", "/bin/bash"):
            return user.pw_name
    pytest.skip("needs a user other than root who has a login shell, such as postgres")


@contextlib.contextmanager
def occupied(server: SshServer) -> Iterator[socket.socket]:
    """Somebody who has been let in to the greeting and goes no further."""
    end = time.monotonic() + 5
    while True:
        somebody = socket.create_connection((server.address, server.port))
        with somebody:
            if somebody.recv(4) == b"SSH-":
                yield somebody
                return
        assert time.monotonic() < end, "nobody was let in"


@contextlib.contextmanager
def sshd(
    tmp_path: Path,
    address: str = "127.0.3.1",
    *,
    name: str = "pasadena",
    host_key: KeyPair | None = None,
    port: int = 0,
    lines: Sequence[str] = (),
    authorized: str = "",
    environment: str = "",
) -> Iterator[SshServer]:
    """A server for the body's length. `lines` come first in its configuration and win over the usual ones.

    `authorized` replaces the line of authorized_keys; `host_key` and `port` are for one that comes back changed;
    `environment` is what its logins find besides the usual ("LANG=de_DE.UTF-8").
    """
    need(SSHD)
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # sshd's empty folder for its unprivileged half
    folder = tmp_path / name
    (folder / "bin").mkdir(parents=True, exist_ok=True)
    port = port or free_port(address)
    key = host_key or new_key()
    server = SshServer(folder, address, port, name, key, 0)
    key.write(folder / "host_key")
    (folder / "authorized_keys").write_text((authorized or client_key().public) + "\n")
    server.known_hosts.write_text(f"{server.known_name} {key.public}\n")
    (folder / "sshd_config").write_text(
        "\n".join(
            [
                *lines,
                f"ListenAddress {address}:{port}",
                f"HostKey {folder}/host_key",
                *_authorized(folder),
                "PidFile none",
                "StrictModes no",
                "UsePAM no",
                "PasswordAuthentication no",
                "KbdInteractiveAuthentication no",
                "PrintMotd no",
                "LogLevel VERBOSE",
                # A home of its own, so that the start-up files of whoever runs the tests have no say.
                f"SetEnv SITE={name} PATH={folder}/bin:/usr/bin:/bin HOME={folder} {environment}",
                "",
            ]
        )
    )
    argv = [SSHD, "-D", "-e", "-f", str(folder / "sshd_config")]

    def listens() -> bool:  # asked of its log: a connection would count as somebody who is logging in
        return "Server listening on" in server.log

    with daemon(argv, listens, log=folder / "log") as process:
        yield SshServer(folder, address, port, name, key, process.pid)


def _authorized(folder: Path) -> list[str]:
    if os.geteuid() != 0:
        return [f"AuthorizedKeysFile {folder}/authorized_keys"]
    # sshd reads the file as the user who logs in, who may not look into root's folders; a command may.
    return [
        "AuthorizedKeysFile none",
        f"AuthorizedKeysCommand /bin/cat {folder}/authorized_keys",
        "AuthorizedKeysCommandUser root",
    ]
