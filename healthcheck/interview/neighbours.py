"""What this computer knows of its own network without asking anybody: proposals for `healthcheck init --scan`.

Read are the kernel's tables of neighbours and routes (ip-neighbour(8), ip-route(8), or /proc/net where there is no
`ip`) and SSH's known_hosts. Nothing is sent, and no name is looked up.
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from healthcheck.connections import known_hosts
from healthcheck.records import frozen

ASK_S = 5.0
KNOWN_HOSTS = (Path("~/.ssh/known_hosts"), Path("/etc/ssh/ssh_known_hosts"))

_NOBODY = ("FAILED", "INCOMPLETE", "NOARP", "NONE")
_GATEWAY = 0x2  # RTF_GATEWAY of linux/route.h
_COMPLETE = 0x2  # ATF_COM of linux/if_arp.h

_WAY_OUT = "the way out of this network, so it is probably the internet box"
_LOGGED_IN = "somebody logged in to it from here, so it is probably a server"
_NEAR = "it was heard on this network; what it is cannot be told"


@frozen
class Proposal:
    """A device that there seems to be. `role` is a guess for the reason in `why`; `here` that it is near for sure."""

    address: str
    role: str
    why: str
    here: bool


@frozen
class Found:
    """All proposals, the likeliest first. `hashed` counts the servers in known_hosts whose names nobody can read."""

    proposals: tuple[Proposal, ...]
    hashed: int


def look_around() -> Found:
    """Everything that can be known without a packet."""
    routes, neighbours = _ip("route"), _ip("neigh")
    gateways = gateways_of(routes) if routes else gateways_of_proc(_text("/proc/net/route"))
    heard = neighbours_of(neighbours) if neighbours else neighbours_of_proc(_text("/proc/net/arp"))
    listed = known_hosts.names(path.expanduser() for path in KNOWN_HOSTS)
    return Found(tuple(proposals(gateways, heard, listed.names)), listed.hashed)


def proposals(gateways: Sequence[str], heard: Sequence[str], logged_in: Sequence[str]) -> Iterator[Proposal]:
    """One for each address, with the likeliest guess about it; none for this computer itself."""
    near = {*gateways, *heard}
    guesses = dict.fromkeys(heard, ("other", _NEAR))
    guesses |= dict.fromkeys(logged_in, ("server", _LOGGED_IN))
    guesses |= dict.fromkeys(gateways, ("gateway", _WAY_OUT))
    for address in sorted(guesses, key=lambda address: (address not in near, _ORDER.index(guesses[address][0]))):
        if _is_a_device(address):
            yield Proposal(address, *guesses[address], here=address in near)


_ORDER = ("gateway", "server", "other")


def neighbours_of(said: str) -> list[str]:
    """The addresses of `ip -j neigh` (iproute2 6.1) that answered once and have not been found silent since."""
    return [
        address
        for entry in _entries(said)
        if isinstance(address := entry.get("dst"), str) and not any(word in str(entry.get("state")) for word in _NOBODY)
    ]


def gateways_of(said: str) -> list[str]:
    """The gateways of the default routes that `ip -j route` (iproute2 6.1) tells."""
    return [
        address
        for entry in _entries(said)
        if entry.get("dst") == "default" and isinstance(address := entry.get("gateway"), str)
    ]


def neighbours_of_proc(text: str) -> list[str]:
    """The same of /proc/net/arp (proc(5)): address, type, flags in hexadecimal, and more."""
    return [words[0] for words in _rows(text, 4) if _hexadecimal(words[2]) & _COMPLETE]


def gateways_of_proc(text: str) -> list[str]:
    """The same of /proc/net/route (proc(5)), which writes addresses in hexadecimal, last byte first."""
    return [
        str(ipaddress.IPv4Address(_hexadecimal(words[2]).to_bytes(4, "little")))
        for words in _rows(text, 8)
        if words[1] == words[7] == "00000000" and len(words[2]) == 8 and _hexadecimal(words[3]) & _GATEWAY
    ]


def _rows(text: str, least: int) -> list[list[str]]:
    return [words for line in text.splitlines()[1:] if len(words := line.split()) >= least]


def _hexadecimal(text: str) -> int:
    try:
        return max(0, int(text, 16))
    except ValueError:
        return 0


def _entries(said: str) -> list[dict[str, object]]:
    try:
        found = json.loads(said)
    except ValueError:
        return []
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []


def _is_a_device(address: str) -> bool:
    """A name, or the number of one other machine that is reached without naming the interface."""
    try:
        number = ipaddress.ip_address(address)
    except ValueError:
        return address not in ("localhost", "")
    return not (number.is_loopback or number.is_link_local or number.is_multicast or number.is_unspecified)


def _ip(what: str) -> str:
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        done = subprocess.run(["ip", "-j", what], capture_output=True, text=True, timeout=ASK_S, check=False)
        return done.stdout if done.returncode == 0 else ""
    return ""


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
