"""Samba: a file server on a port of its own, and a whole domain controller in a town of its own."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.lab import answers, daemon, free_port, need, need_root, quick_folder
from tests.lab.netns import Namespace, cable, towns

REALM, DOMAIN = "CLINIC.EXAMPLE", "clinic.example"
CONTROLLER, OFFICE = "10.0.1.2", "10.0.1.1"
_PASSWORD = "Only-in-the-lab-1"
_FOLDERS = ("lock", "state", "cache", "private", "pid", "ncalrpc")


@contextlib.contextmanager
def file_server(folder: Path, *lines: str) -> Iterator[int]:
    """A standalone server on 127.0.0.1; `lines` come last in its settings; yields the port."""
    need("smbd")
    need_root()
    for name in _FOLDERS:
        (folder / name).mkdir(exist_ok=True)
    port = free_port()
    settings = folder / "smb.conf"
    settings.write_text(
        "\n".join(
            [
                "[global]",
                "workgroup = CLINIC",
                "server role = standalone server",
                "interfaces = 127.0.0.1/8",
                "bind interfaces only = yes",
                f"smb ports = {port}",
                f"log file = {folder}/log",
                "disable spoolss = yes",
                "load printers = no",
                *(f"{name} dir = {folder}/{name}" for name in ("private", "pid", "ncalrpc")),
                *(f"{name} directory = {folder}/{name}" for name in ("lock", "state", "cache")),
                *lines,
                "",
            ]
        )
    )
    argv = ["smbd", "--foreground", "--no-process-group", f"--configfile={settings}"]
    with daemon(argv, answers("127.0.0.1", port), log=folder / "out"):
        yield port


@dataclass(frozen=True)
class Domain:
    """A running domain controller at `CONTROLLER`, and the town from which it is asked."""

    office: Namespace
    site: Namespace
    folder: Path


@contextlib.contextmanager
def domain_controller() -> Iterator[Domain]:
    """A fresh domain `DOMAIN` with LDAP and Kerberos on their usual ports; takes some seconds."""
    need("samba", "samba-tool", "/usr/share/samba/setup/provision.ldif")
    with towns("office", "site") as (office, site):
        cable(office, f"{OFFICE}/24", site, f"{CONTROLLER}/24")
        folder = quick_folder("samba")
        try:
            _provision(folder)
            settings = folder / "etc" / "smb.conf"
            text = settings.read_text().splitlines()
            kept = [line for line in text if "server services" not in line]
            at = kept.index("[global]") + 1
            kept[at:at] = [
                "server services = ldap, kdc",
                f"interfaces = {CONTROLLER}/24",
                "bind interfaces only = yes",
                f"pid directory = {folder}",
                f"ncalrpc dir = {folder}/ncalrpc",
            ]
            settings.write_text("\n".join(kept))
            inside = ["ip", "netns", "exec", site.name]
            argv = [*inside, "samba", "-F", "--no-process-group", "-M", "single", f"--configfile={settings}"]
            with daemon(argv, lambda: office.call(answers(CONTROLLER, 88)), timeout_s=60, log=folder / "out"):
                yield Domain(office, site, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _provision(folder: Path) -> None:
    argv = [
        "samba-tool", "domain", "provision", f"--realm={REALM}", "--domain=CLINIC", f"--adminpass={_PASSWORD}",
        "--server-role=dc", "--dns-backend=NONE", "--host-name=dc1", f"--host-ip={CONTROLLER}", f"--targetdir={folder}",
    ]  # fmt: skip
    done = subprocess.run(argv, check=False, capture_output=True, text=True, timeout=100)
    if done.returncode != 0:
        raise RuntimeError(f"samba-tool: {done.stderr[-2000:]}")
