"""The process in which the invented clinics live. It ends with whoever started it, however that ends."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from datetime import datetime
from pathlib import Path

from healthcheck.connections import known_hosts
from healthcheck.connections.known_hosts import HostKey
from healthcheck.demo.clinics import CLINICS, MAIL_SERVER, MAIN_OFFICE, Clinic
from healthcheck.demo.keys import Authority, KeyPair
from healthcheck.demo.machine import database_machine, machine
from healthcheck.demo.ports import NoAddress, Ports, Talk
from healthcheck.demo.post import mail_server
from healthcheck.demo.power import apcupsd, upsd
from healthcheck.demo.ssh import USER, ssh_server
from healthcheck.demo.stage import CONFIG, MAIL
from healthcheck.demo.web import TITLE, accepts, page
from healthcheck.demo.weekend import Weekend, own_zone, weekend
from healthcheck.records import frozen
from healthcheck.sheets import environment


def main(folder: str) -> None:
    """Build the clinics, say on standard output that they are ready or why not, and serve while standard input is open.

    Left in the folder: the config, what it needs, and the mail that comes.
    """
    with contextlib.suppress(BrokenPipeError):  # whoever started us has gone
        try:
            ports = build(Path(folder), weekend(datetime.now(own_zone())))
        except (NoAddress, OSError) as error:
            print(json.dumps({"ready": False, "says": str(error)}), flush=True)
        else:
            with contextlib.closing(ports):
                print(json.dumps({"ready": True}), flush=True)
                ports.serve(sys.stdin.fileno())
    os._exit(0)  # the conversations are over; nobody waits for the threads that held them


@frozen
class _Numbers:
    """The ports that the config names."""

    router: int
    ssh: int
    upsd: int
    apcupsd: int
    database: int
    charts: int
    mail: int


def build(folder: Path, when: Weekend) -> Ports:
    """Open every port, and write into the folder what belongs to them."""
    ports = Ports()
    (folder / MAIL).mkdir()
    host_keys = {clinic: KeyPair.new() for clinic in CLINICS}
    client_key = KeyPair.new()
    authority = Authority(folder, when.now)
    charts = page(authority.server(MAIN_OFFICE.server))
    numbers = _Numbers(
        router=ports.open({clinic.router: _unless_dark(clinic, accepts) for clinic in CLINICS}),
        ssh=ports.open({clinic.server: _ssh(clinic, host_keys[clinic], client_key, when) for clinic in CLINICS}),
        upsd=ports.open({c.server: _unless_dark(c, upsd(f"{c.slug}-ups")) for c in CLINICS if not c.power_cut}),
        apcupsd=ports.open({clinic.server: _apcupsd(clinic, when) for clinic in CLINICS if clinic.power_cut}),
        database=ports.open({MAIN_OFFICE.server: accepts}),
        charts=ports.open({MAIN_OFFICE.server: charts}),
        mail=ports.open({MAIL_SERVER: mail_server(folder / MAIL)}),
    )
    _write_keys(folder, client_key, {clinic.server: key for clinic, key in host_keys.items()}, numbers.ssh)
    (folder / CONFIG).write_text(_config(folder, when, numbers), encoding="utf-8")
    return ports


def _apcupsd(clinic: Clinic, when: Weekend) -> Talk:
    return apcupsd(when.long_cut, went_dark=True) if clinic is MAIN_OFFICE else apcupsd(when.short_cut)


def _unless_dark(clinic: Clinic, talk: Talk) -> Talk | None:
    return None if clinic.dark else talk


def _ssh(clinic: Clinic, host_key: KeyPair, client_key: KeyPair, when: Weekend) -> Talk | None:
    own = database_machine(when) if clinic is MAIN_OFFICE else machine(when)
    return _unless_dark(clinic, ssh_server(host_key, client_key, None if clinic.refuses else own))


def _write_keys(folder: Path, client_key: KeyPair, host_keys: dict[str, KeyPair], port: int) -> None:
    (folder / "credentials").mkdir(mode=0o700)
    own = folder / "credentials" / "ssh_key"
    own.touch(0o600)
    own.write_text(client_key.private)
    lines = []
    for address, pair in host_keys.items():
        key = pair.for_paramiko()
        lines.append(known_hosts.line_for(address, port, HostKey(key.get_name(), key.asbytes())))
    (folder / "known_hosts").write_text("".join(f"{line}\n" for line in lines))


def _config(folder: Path, when: Weekend, numbers: _Numbers) -> str:
    template = environment(__package__, autoescape=False).get_template("config.toml.j2")
    return template.render(
        when=when,
        port=numbers,
        clinics=CLINICS,
        main=MAIN_OFFICE,
        mail_server=MAIL_SERVER,
        user=USER,
        title=TITLE,
        authority=json.dumps(str(folder / "authority.pem"), ensure_ascii=False),
    )
