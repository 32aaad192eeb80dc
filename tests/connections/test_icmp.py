"""Pings over one shared socket, in towns of the test's own."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from healthcheck.check import PingReply
from healthcheck.connections import echo
from healthcheck.connections.icmp import Pinger
from healthcheck.errors import ProbeError
from tests.lab import need_root
from tests.lab.netns import Namespace, cable, slow_line, towns
from tests.lab.rights import without_the_right_to_ping

HERE, THERE, BESIDE, NOBODY, ELSEWHERE = "10.0.1.1", "10.0.1.2", "10.0.1.3", "10.0.1.77", "10.9.9.9"


@pytest.fixture
def two_towns() -> Iterator[tuple[Namespace, Namespace]]:
    with towns("office", "site") as (office, site):
        here, there = cable(office, f"{HERE}/24", site, f"{THERE}/24")
        site.ip("address", "add", f"{BESIDE}/24", "dev", there)
        office.set(f"net/ipv4/neigh/{here}/retrans_time_ms", "50")  # so that nobody is known to be nobody sooner
        office.set("net/ipv4/ping_group_range", "1 0")
        yield office, site


@pytest.fixture(params=["raw", "unprivileged"])
def office_and_site(
    request: pytest.FixtureRequest, two_towns: tuple[Namespace, Namespace]
) -> tuple[Namespace, Namespace]:
    """Two towns joined by a cable, pinged over either kind of socket."""
    office, site = two_towns
    if request.param == "unprivileged":
        office.set("net/ipv4/ping_group_range", "0 0")
    return office, site


def ping(*addresses: str, count: int = 3, interval_s: float = 0.02, left_s: float = 1.0) -> list[PingReply]:
    """Ping them all at once with one pinger."""

    async def body() -> list[PingReply]:
        pinger = Pinger()
        try:
            return await asyncio.gather(
                *(pinger.ping(address, count=count, interval_s=interval_s, left_s=left_s) for address in addresses)
            )
        finally:
            pinger.close()

    return asyncio.run(body())


def without_times(replies: Sequence[PingReply]) -> list[PingReply]:
    return [replace(reply, rtts_s=(0.0,) * len(reply.rtts_s)) for reply in replies]


ANSWERED = (0.0, 0.0, 0.0)


def test_a_machine_that_is_there_answers_every_request(office_and_site: tuple[Namespace, Namespace]) -> None:
    office, _ = office_and_site
    [reply] = office.call(lambda: ping(THERE))
    assert without_times([reply]) == [PingReply(THERE, 3, ANSWERED)]
    assert all(0 < rtt < 0.5 for rtt in reply.rtts_s)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.9.10", "::1"])
def test_this_machine_answers_over_both_kinds_of_address(
    office_and_site: tuple[Namespace, Namespace], address: str
) -> None:
    office, _ = office_and_site
    assert without_times(office.call(lambda: ping(address))) == [PingReply(address, 3, ANSWERED)]


@pytest.mark.fault(1)
def test_a_machine_that_is_off_does_not_answer(office_and_site: tuple[Namespace, Namespace]) -> None:
    office, site = office_and_site
    site.rule("icmp type echo-request drop")
    assert office.call(lambda: ping(THERE, left_s=0.4)) == [PingReply(THERE, 3, ())]


def test_the_network_says_that_nobody_is_at_an_address(office_and_site: tuple[Namespace, Namespace]) -> None:
    office, _ = office_and_site
    [nobody, there] = office.call(lambda: ping(NOBODY, THERE, left_s=3.9))
    assert nobody == PingReply(NOBODY, 3, (), error="host unreachable")
    assert without_times([there]) == [PingReply(THERE, 3, ANSWERED)]


@pytest.mark.fault(7)
def test_an_address_without_a_route_is_told_by_the_network_and_the_others_go_on(
    office_and_site: tuple[Namespace, Namespace],
) -> None:
    office, _ = office_and_site
    replies = office.call(lambda: ping(ELSEWHERE, THERE, "2001:db8::1", "::1"))
    assert without_times(replies) == [
        PingReply(ELSEWHERE, 3, (), error="no route to its network"),
        PingReply(THERE, 3, ANSWERED),
        PingReply("2001:db8::1", 3, (), error="no route to its network"),
        PingReply("::1", 3, ANSWERED),
    ]


@pytest.mark.fault(4)
def test_a_firewall_that_forbids_is_told_from_silence(office_and_site: tuple[Namespace, Namespace]) -> None:
    office, site = office_and_site
    site.rule(f"ip daddr {THERE} icmp type echo-request reject with icmpx type admin-prohibited")
    replies = office.call(lambda: ping(*[THERE, BESIDE] * 3, count=1))
    assert (
        without_times(replies)
        == [
            PingReply(THERE, 1, (), error="prohibited on the way"),
            PingReply(BESIDE, 1, (0.0,)),
        ]
        * 3
    )


def test_a_firewall_of_our_own_is_told_too(office_and_site: tuple[Namespace, Namespace]) -> None:
    office, _ = office_and_site
    office.rules("add table inet out; add chain inet out o { type filter hook output priority 0; }; "
                 "add rule inet out o icmp type echo-request drop")  # fmt: skip
    [reply] = office.call(lambda: ping(THERE, count=1))
    assert reply == PingReply(THERE, 1, (), error="prohibited by this computer")


@pytest.mark.fault(5)
def test_lost_requests_are_counted_one_by_one(office_and_site: tuple[Namespace, Namespace]) -> None:
    office, site = office_and_site
    site.rule("icmp type echo-request numgen inc mod 10 < 3 drop")
    [reply] = office.call(lambda: ping(THERE, count=10, interval_s=0.01, left_s=0.5))
    assert (reply.sent, len(reply.rtts_s), reply.loss_percent) == (10, 7, 30.0)


@pytest.mark.fault(6)
def test_a_slow_line_shows_its_time(office_and_site: tuple[Namespace, Namespace]) -> None:
    office, site = office_and_site
    with slow_line(office, "10.0.2.1/24", site, "10.0.2.2/24", delay_s=0.15):
        [reply] = office.call(lambda: ping("10.0.2.2"))
    assert len(reply.rtts_s) == 3
    assert all(0.3 <= rtt < 0.4 for rtt in reply.rtts_s)


@pytest.mark.fault(6)
def test_an_answer_after_the_deadline_does_not_count_however_late_this_computer_looks(
    office_and_site: tuple[Namespace, Namespace],
) -> None:
    office, site = office_and_site

    async def body() -> PingReply:
        pinger = Pinger()
        asked = asyncio.create_task(pinger.ping("10.0.2.2", count=1, interval_s=0.1, left_s=0.3))
        asyncio.get_running_loop().call_soon(threading.Event().wait, 0.6)  # a stall of everything, over both times
        try:
            return await asked
        finally:
            pinger.close()

    with slow_line(office, "10.0.2.1/24", site, "10.0.2.2/24", delay_s=0.2):
        reply = office.call(lambda: asyncio.run(body()))
    assert reply == PingReply("10.0.2.2", 1, ())


def test_the_deadline_holds_when_the_requests_would_take_longer(office_and_site: tuple[Namespace, Namespace]) -> None:
    office, _ = office_and_site
    [reply] = office.call(lambda: ping(THERE, count=100, interval_s=0.1, left_s=0.25))
    assert without_times([reply]) == [PingReply(THERE, 3, ANSWERED)]


@pytest.mark.fault(6)
def test_late_and_missing_answers_among_a_thousand_never_become_another_hosts(
    office_and_site: tuple[Namespace, Namespace],
) -> None:
    """Round upon round the slow hosts answer after the deadline, into the next round."""
    office, site = office_and_site
    site.ip("route", "add", "local", "10.1.0.0/16", "dev", "lo")
    site.ip("route", "add", "local", "10.2.0.0/16", "dev", "lo")
    office.ip("route", "add", "10.1.0.0/16", "via", THERE)
    site.rule("ip daddr 10.1.3.0/24 icmp type echo-request drop")
    alive = [f"10.1.{block}.{host}" for block in range(3) for host in range(1, 251)]
    dead = [f"10.1.3.{host}" for host in range(1, 201)]
    slow = [f"10.2.0.{host}" for host in range(1, 51)]
    with slow_line(office, "10.0.2.1/24", site, "10.0.2.2/24", delay_s=0.2):
        office.ip("route", "add", "10.2.0.0/16", "via", "10.0.2.2")

        async def rounds() -> tuple[set[str], set[str]]:
            pinger = Pinger()
            false_down, false_up = set[str](), set[str]()
            for _ in range(ROUNDS):
                replies = await asyncio.gather(
                    *(pinger.ping(a, count=1, interval_s=0.1, left_s=0.3) for a in [*alive, *dead, *slow])
                )
                up = {reply.address for reply in replies if reply.rtts_s}
                false_down |= set(alive) - up
                false_up |= up - set(alive)
            pinger.close()
            return false_down, false_up

        assert office.call(lambda: asyncio.run(rounds())) == (set(), set())


ROUNDS = 5


def test_five_thousand_at_once_lose_nothing(
    office_and_site: tuple[Namespace, Namespace], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even where the system grants a small buffer only, as it does to a service without other rights."""
    monkeypatch.setattr(echo, "RECEIVE_BUFFER_BYTES", 65536)
    office, _ = office_and_site
    addresses = [f"127.1.{number // 250}.{number % 250 + 1}" for number in range(5000)]
    replies = office.call(lambda: ping(*addresses, count=1, left_s=10.0))
    assert [reply.address for reply in replies if len(reply.rtts_s) != 1] == []


def test_every_request_carries_its_own_checksum() -> None:
    """Summed up as a receiver does (RFC 1071), each packet comes to all ones."""
    need_root()

    async def packets() -> list[bytes]:
        channel = echo.open_echo(4)
        assert channel is not None
        made = []
        for channel._sequence in (*range(0, 0x10000, 251), 0xFFFE, 0xFFFF):  # the next ones would take days
            made.append(channel._request())
        channel.close()
        return made

    for packet in asyncio.run(packets()):
        summed = sum(struct.unpack(f"!{len(packet) // 2}H", packet))
        while summed >> 16:
            summed = (summed & 0xFFFF) + (summed >> 16)
        assert summed == 0xFFFF


def test_an_answer_that_comes_while_the_program_is_busy_still_counts() -> None:
    need_root()

    async def body() -> PingReply:
        pinger = Pinger()
        # The kernel begins to stamp packets a moment after the first socket asks for it.
        await pinger.ping("127.0.0.1", count=3, interval_s=0.05, left_s=1.0)
        asking = asyncio.create_task(pinger.ping("127.0.0.1", count=1, interval_s=0.1, left_s=0.05))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        threading.Event().wait(0.1)  # the loop stands still beyond the deadline
        reply = await asking
        pinger.close()
        return reply

    [rtt] = asyncio.run(body()).rtts_s
    assert rtt < 0.05


@pytest.mark.parametrize(
    ("wrong", "answers"), [("nothing", 3), ("address", 0), ("identifier", 0), ("sequence", 0)], ids=str
)
def test_an_answer_that_differs_in_one_thing_is_nobodys(
    two_towns: tuple[Namespace, Namespace], wrong: str, answers: int
) -> None:
    office, site = two_towns
    site.set("net/ipv4/icmp_echo_ignore_all", "1")
    hears, sends = (
        site.call(lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)) for _ in range(2)
    )
    sends.bind((BESIDE if wrong == "address" else THERE, 0))

    def forge() -> None:
        """Answer three requests by hand, with one thing wrong."""
        for _ in range(3):
            packet, (source, _) = hears.recvfrom(2048)
            _, _, _, identifier, sequence = struct.unpack_from("!BBHHH", packet, 20)
            identifier ^= 0x100 if wrong == "identifier" else 0
            sequence ^= 0x100 if wrong == "sequence" else 0
            bare = struct.pack("!BBHHH", 0, 0, 0, identifier, sequence) + packet[28:]
            sends.sendto(bare[:2] + checksum(bare) + bare[4:], (source, 0))

    with hears, sends:
        hears.settimeout(5)
        forging = threading.Thread(target=forge, daemon=True)
        forging.start()
        [reply] = office.call(lambda: ping(THERE, interval_s=0.1, left_s=0.5))
        forging.join(10)
    assert without_times([reply]) == [PingReply(THERE, 3, (0.0,) * answers)]


def checksum(packet: bytes) -> bytes:
    """RFC 1071, as it reads there."""
    total = sum(struct.unpack(f"!{len(packet) // 2}H", packet))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return struct.pack("!H", ~total & 0xFFFF)


@pytest.mark.fault(8)
def test_without_the_right_to_ping_a_refusing_machine_is_up(two_towns: tuple[Namespace, Namespace]) -> None:
    office, _ = two_towns
    [reply] = office.call(lambda: without_the_right_to_ping(lambda: ping(THERE, left_s=2.0)))
    assert without_times([reply]) == [PingReply(THERE, 1, (0.0,), method="tcp")]


@pytest.mark.fault(8)
def test_without_the_right_to_ping_silence_proves_nothing(two_towns: tuple[Namespace, Namespace]) -> None:
    office, site = two_towns
    site.rule("tcp flags syn drop")
    with pytest.raises(ProbeError) as caught:
        office.call(lambda: without_the_right_to_ping(lambda: ping(THERE, left_s=0.2)))
    assert str(caught.value) == "this computer may not send pings"
    assert caught.value.detail == (
        "no right to open an ICMP socket: give the service AmbientCapabilities=CAP_NET_RAW, or run sysctl -w "
        "net.ipv4.ping_group_range='0 2147483647'; 10.0.1.2 did not answer on TCP ports 22, 80, 443, 445, 3389, 9100 "
        "either"
    )
