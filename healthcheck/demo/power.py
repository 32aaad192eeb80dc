"""Two programs that watch battery backups, as far as they answer questions: NUT's upsd, and apcupsd."""

from __future__ import annotations

import shlex
import socket
from collections.abc import Iterator, Sequence
from datetime import datetime

from healthcheck.demo.ports import Talk
from healthcheck.demo.weekend import Cut

_LONGEST_LINE = 512
_ON_MAINS = {
    "battery.charge": "100",
    "battery.runtime": "2640",
    "device.mfr": "Eaton",
    "device.model": "5E 850i",
    "input.voltage": "119.8",
    "ups.load": "18",
    "ups.status": "OL",
}


def upsd(name: str) -> Talk:
    """NUT's server (RFC 9271) with one UPS on mains: it answers who reads, and lets nobody change anything."""

    def talk(client: socket.socket) -> None:
        with client.makefile("rwb") as stream:
            while line := stream.readline(_LONGEST_LINE):
                words = _words(line)
                if words == ["LOGOUT"]:
                    stream.write(b"OK Goodbye\n")
                    return
                stream.write("".join(f"{said}\n" for said in _said(words, name)).encode())
                stream.flush()

    return talk


def _words(line: bytes) -> list[str]:
    try:
        return shlex.split(line.decode("utf-8", "replace"))
    except ValueError:
        return []


def _said(words: Sequence[str], name: str) -> Iterator[str]:
    match words:
        case ["LIST", "UPS"]:
            yield from ("BEGIN LIST UPS", f'UPS {name} "the battery backup"', "END LIST UPS")
        case ["LIST" | "GET", "VAR", ups, *_] if ups != name:
            yield "ERR UNKNOWN-UPS"
        case ["LIST", "VAR", ups]:
            yield f"BEGIN LIST VAR {ups}"
            yield from (f'VAR {ups} {variable} "{value}"' for variable, value in _ON_MAINS.items())
            yield f"END LIST VAR {ups}"
        case ["GET", "VAR", ups, variable]:
            yield f'VAR {ups} {variable} "{_ON_MAINS[variable]}"' if variable in _ON_MAINS else "ERR VAR-NOT-SUPPORTED"
        case ["VER"]:
            yield "Network UPS Tools upsd 2.8.0, as the demonstration plays it"
        case ["NETVER"]:
            yield "1.3"
        case _:
            yield "ERR UNKNOWN-COMMAND"


def apcupsd(cut: Cut, *, went_dark: bool = False) -> Talk:
    """apcupsd's network information server: how its UPS is now, and the log of a power cut.

    `went_dark`: the battery is worn, so that it did not last, and the machine went off with it.
    """

    def talk(client: socket.socket) -> None:
        with client.makefile("rwb") as stream:
            while length := int.from_bytes(stream.read(2), "big"):
                asked = stream.read(length)
                records = {b"status": _status, b"events": _events}.get(asked, _no_command)(cut, went_dark)
                for record in records:
                    said = f"{record}\n".encode()
                    stream.write(len(said).to_bytes(2, "big") + said)
                stream.write(bytes(2))
                stream.flush()

    return talk


def _status(cut: Cut, went_dark: bool) -> list[str]:
    # apcupsd forgets its last transfer when it starts anew.
    transfers = {} if went_dark else {"XONBATT": _at(cut.lost), "XOFFBATT": _at(cut.back)}
    told = {
        "APC": "001,029,0731",
        "VERSION": "3.14.14 (31 May 2016) debian",
        "UPSNAME": "ups",
        "MODEL": "Smart-UPS 750",
        "STATUS": "ONLINE REPLACEBATT" if went_dark else "ONLINE",
        "LINEV": "119.8 Volts",
        "LOADPCT": "18.0 Percent",
        "BCHARGE": "100.0 Percent",
        "TIMELEFT": "17.0 Minutes" if went_dark else "44.0 Minutes",
        **transfers,
    }
    return [f"{key:<9}: {value}" for key, value in told.items()]


def _events(cut: Cut, went_dark: bool) -> list[str]:
    began = [(cut.lost, "Power failure."), (cut.lost, "Running on UPS batteries.")]
    if went_dark:
        ended = [(cut.back, "apcupsd 3.14.14 (31 May 2016) debian startup succeeded")]
    else:
        ended = [
            (cut.back, "Mains returned. No longer on UPS batteries."),
            (cut.back, "Power is back. UPS running on mains."),
        ]
    return [f"{_at(at)}  {says}" for at, says in (*began, *ended)]


def _no_command(cut: Cut, went_dark: bool) -> list[str]:
    return ["Invalid command"]


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S %z}"
