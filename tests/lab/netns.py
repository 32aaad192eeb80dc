"""Towns of the test's own: network namespaces joined by cables that can be pulled, and rules that lose or forbid.

A namespace belongs to a thread: what is called inside one opens its sockets there, and so do the threads it starts.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import itertools
import os
import select
import struct
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from tests.lab import need, need_root

Value = TypeVar("Value")

_CLONE_NEWNS = 0x00020000
_CLONE_NEWNET = 0x40000000
_MS_BIND, _MS_REC, _MS_PRIVATE = 0x1000, 0x4000, 0x40000
_TUNSETIFF, _IFF_TUN, _IFF_NO_PI = 0x400454CA, 0x0001, 0x1000

_libc = ctypes.CDLL(None, use_errno=True)
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Namespace:
    """One town: its own interfaces, routes, rules and, if asked, its own name server."""

    name: str

    def ip(self, *words: str) -> None:
        """`ip` inside: `town.ip("link", "set", "to-office", "down")`."""
        _run("ip", "-n", self.name, *words)

    def rule(self, text: str) -> None:
        """Add a rule to what comes in: `town.rule("tcp dport 80 drop")`."""
        self.rules(f"add table inet lab; add chain inet lab in {{ type filter hook input priority 0; }}; "
                   f"add rule inet lab in {text}")  # fmt: skip

    def rules(self, text: str) -> None:
        """`nft` inside, as it is written."""
        _run("ip", "netns", "exec", self.name, "nft", text)

    def set(self, key: str, value: str) -> None:
        """Write a kernel setting of this town's: `town.set("net/ipv4/ping_group_range", "0 0")`."""
        self.call(lambda: Path("/proc/sys", key).write_text(value))

    def call(self, work: Callable[[], Value], *, resolv_conf: str = "", within_s: float = 100.0) -> Value:
        """Call something inside, in a thread of its own; `resolv_conf` is what it finds in /etc/resolv.conf."""
        done: list[Value] = []
        failed: list[BaseException] = []

        def body() -> None:
            try:
                with open(f"/run/netns/{self.name}") as handle:  # noqa: PTH123  # no path method keeps it open
                    _ask("setns", handle.fileno(), _CLONE_NEWNET)
                if resolv_conf:
                    _replace_file("/etc/resolv.conf", resolv_conf)
                done.append(work())
            except BaseException as error:
                failed.append(error)

        thread = threading.Thread(target=body, daemon=True)
        thread.start()
        thread.join(within_s)
        if failed:
            raise failed[0]
        assert done, f"it did not finish in {within_s:.0f} s"
        return done[0]


@contextlib.contextmanager
def towns(*names: str) -> Iterator[list[Namespace]]:
    """Fresh namespaces with a loopback that is up; gone after the test."""
    need_root()
    need("ip", "nft")
    made = [Namespace(f"hc{os.getpid()}-{next(_numbers)}-{name}") for name in names]
    try:
        for town in made:
            _run("ip", "netns", "add", town.name)
            town.ip("link", "set", "lo", "up")
        yield made
    finally:
        for town in made:
            subprocess.run(["ip", "netns", "delete", town.name], check=False, capture_output=True)


def cable(here: Namespace, address: str, there: Namespace, other_address: str) -> tuple[str, str]:
    """Join two towns; addresses with their prefix ("10.0.1.1/24"). Returns the interface's name at each end."""
    number = next(_numbers)
    ends = f"lab{os.getpid() % 100000}a{number}"[-15:], f"lab{os.getpid() % 100000}b{number}"[-15:]
    _run("ip", "link", "add", ends[0], "netns", here.name, "type", "veth", "peer", "name", ends[1], "netns", there.name)
    for town, end, own in ((here, ends[0], address), (there, ends[1], other_address)):
        town.ip("address", "add", own, "dev", end)
        town.ip("link", "set", end, "up")
    return ends


THERE = "10.0.1.2"


def at_three_ports(call: Callable[[int], Value], first: int = 80) -> list[Value]:
    """Call it with three ports of THERE in a row: the first refuses, the next is silent, the third is forbidden."""
    with towns("office", "site") as (office, site):
        cable(office, "10.0.1.1/24", site, f"{THERE}/24")
        site.rule(f"th dport {first + 1} drop")
        site.rule(f"th dport {first + 2} reject with icmpx type admin-prohibited")
        return [office.call(partial(call, first + number)) for number in range(3)]


@contextlib.contextmanager
def slow_line(here: Namespace, address: str, there: Namespace, other_address: str, *, delay_s: float) -> Iterator[None]:
    """Join two towns by a line on which every packet takes `delay_s` each way: what netem does, without its module."""
    ends = [here.call(lambda: _tun("slow")), there.call(lambda: _tun("slow"))]
    for town, own in ((here, address), (there, other_address)):
        town.ip("address", "add", own, "dev", "slow")
        town.ip("link", "set", "slow", "up")
    over = threading.Event()
    relays = [
        threading.Thread(target=_relay, args=(*pair, delay_s, over), daemon=True)
        for pair in ((ends[0], ends[1]), (ends[1], ends[0]))
    ]
    for relay in relays:
        relay.start()
    try:
        yield
    finally:
        over.set()
        for relay in relays:
            relay.join()
        for end in ends:
            os.close(end)


def _tun(name: str) -> int:
    handle = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(handle, _TUNSETIFF, struct.pack("16sH", name.encode(), _IFF_TUN | _IFF_NO_PI))
    return handle


def _relay(source: int, sink: int, delay_s: float, over: threading.Event) -> None:
    on_the_way: deque[tuple[float, bytes]] = deque()
    while not over.is_set():
        wait_s = max(0.0, on_the_way[0][0] - time.monotonic()) if on_the_way else 0.1
        readable, _, _ = select.select([source], [], [], min(wait_s, 0.1))
        if readable:
            with contextlib.suppress(OSError):
                on_the_way.append((time.monotonic() + delay_s, os.read(source, 65536)))
        while on_the_way and on_the_way[0][0] <= time.monotonic():
            with contextlib.suppress(OSError):
                os.write(sink, on_the_way.popleft()[1])


def _replace_file(path: str, text: str) -> None:
    """Let this thread, and those it starts, find another text in a file: a bind mount nobody else sees."""
    _ask("unshare", _CLONE_NEWNS)
    _ask("mount", None, b"/", None, _MS_REC | _MS_PRIVATE, None)
    stand_in = Path(f"/run/lab-{os.getpid()}-{next(_numbers)}")
    stand_in.write_text(text)
    _ask("mount", str(stand_in).encode(), path.encode(), None, _MS_BIND, None)
    stand_in.unlink()


def _ask(call: str, *arguments: object) -> None:
    if getattr(_libc, call)(*arguments) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{call}: {os.strerror(code)}")


def _run(*argv: str) -> None:
    done = subprocess.run(argv, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(argv)}: {done.stderr.strip()}")
