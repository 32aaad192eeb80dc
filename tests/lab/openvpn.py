"""An OpenVPN server without a tunnel behind it: it answers, and that is all."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import trustme

from tests.lab import daemon, free_port, need


@contextlib.contextmanager
def openvpn(folder: Path, protocol: str, *, hidden: bool = False) -> Iterator[int]:
    """Serve on 127.0.0.1 by "tcp" or "udp"; `hidden` ignores who has not the shared key (tls-crypt)."""
    need("openvpn")
    port = free_port()
    issuer = trustme.CA()
    leaf = issuer.issue_cert("vpn.test")
    issuer.cert_pem.write_to_path(str(folder / "ca.pem"))
    leaf.private_key_and_cert_chain_pem.write_to_path(str(folder / "own.pem"))
    argv = [
        "openvpn", "--tls-server", "--dev", "null", "--local", "127.0.0.1", "--port", str(port),
        "--proto", "tcp-server" if protocol == "tcp" else "udp", "--ca", "ca.pem", "--cert", "own.pem",
        "--key", "own.pem", "--dh", "none", "--cd", str(folder), "--verb", "3",
    ]  # fmt: skip
    if hidden:
        subprocess.run(["openvpn", "--genkey", "tls-crypt", str(folder / "shared.key")], check=True)
        argv += ["--tls-crypt", "shared.key"]
    log = folder / "log"
    ready = "Listening for incoming TCP connection" if protocol == "tcp" else "UDPv4 link remote"
    with daemon(argv, lambda: ready in log.read_text(errors="replace"), log=log):
        yield port
