"""Names and TCP connections, in towns of the test's own."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from healthcheck.connections import tcp
from healthcheck.errors import ConnectError, NoAnswer, NotResolved, Prohibited, Refused
from tests.lab import free_port
from tests.lab.dns import name_server
from tests.lab.netns import Namespace, cable, towns

HERE, THERE, SILENT, NOBODY = "10.0.1.1", "10.0.1.2", "10.0.1.3", "10.0.1.77"


@pytest.fixture
def office_and_site() -> Iterator[tuple[Namespace, Namespace]]:
    with towns("office", "site") as (office, site):
        here, there = cable(office, f"{HERE}/24", site, f"{THERE}/24")
        site.ip("address", "add", f"{SILENT}/24", "dev", there)
        site.rule(f"ip daddr {SILENT} drop")
        office.set(f"net/ipv4/neigh/{here}/retrans_time_ms", "50")
        yield office, site


@pytest.fixture
def listening() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def connect(name: str, port: int, left_s: float = 1.0) -> tuple[str, float | None]:
    """Where a connection led, and the timeout that its socket was left with; the same, whichever way it is made."""

    async def awaited() -> socket.socket:
        return await tcp.connect(name, port, left_s=left_s)

    found = outcome(lambda: asyncio.run(awaited()))
    if tcp.is_numeric(name):
        in_a_thread = outcome(lambda: tcp.connect_blocking(name, port, left_s=left_s))
        assert told(in_a_thread) == told(found)
        found = in_a_thread
    if isinstance(found, ConnectError):
        raise found
    return found


def outcome(make: Callable[[], socket.socket]) -> tuple[str, float | None] | ConnectError:
    try:
        with make() as connected:
            return connected.getpeername()[0], connected.gettimeout()
    except ConnectError as error:
        return error


def told(found: tuple[str, float | None] | ConnectError) -> tuple[object, ...]:
    return (type(found), found.says, found.detail) if isinstance(found, ConnectError) else found[:1]


def failure(work: Callable[[], object]) -> tuple[type[ConnectError], str, str]:
    with pytest.raises(ConnectError) as caught:
        work()
    return type(caught.value), caught.value.says, caught.value.detail


def test_a_connection_blocks_for_what_is_left_of_its_deadline(listening: int) -> None:
    where, timeout_s = connect("127.0.0.1", listening, left_s=2.0)
    assert where == "127.0.0.1"
    assert timeout_s is not None and 1.5 < timeout_s <= 2.0


@pytest.mark.fault(10)
def test_a_connection_notices_when_the_line_is_lost(listening: int) -> None:
    async def options() -> tuple[int, int]:
        with await tcp.connect("127.0.0.1", listening, left_s=1.0) as connected:
            return (
                connected.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT),
                connected.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE),
            )

    assert asyncio.run(options()) == (tcp.SILENCE_MS, 1)


@pytest.mark.fault(10)
def test_a_read_ends_at_its_deadline_when_the_line_is_lost_after_connecting(
    office_and_site: tuple[Namespace, Namespace],
) -> None:
    office, site = office_and_site
    server = site.call(lambda: socket.create_server((THERE, 0)))

    async def read_from_the_lost() -> float:
        with await tcp.connect(THERE, server.getsockname()[1], left_s=0.5) as connected:
            site.ip("address", "flush", "to", f"{THERE}/24")
            begun = time.monotonic()
            with pytest.raises(TimeoutError):
                connected.recv(1)
            return time.monotonic() - begun

    with server:
        assert office.call(lambda: asyncio.run(read_from_the_lost())) < 0.7


@pytest.mark.fault(4)
def test_a_port_where_nothing_listens_refuses() -> None:
    port = free_port()
    assert failure(lambda: connect("127.0.0.1", port)) == (
        Refused,
        "refused the connection",
        f"TCP 127.0.0.1:{port}: ECONNREFUSED Connection refused",
    )


def test_a_refusal_over_ipv6_shows_its_address_in_brackets() -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as server:
        port = server.getsockname()[1]
        assert connect("::1", port)[0] == "::1"
    assert failure(lambda: connect("::1", port))[2] == f"TCP [::1]:{port}: ECONNREFUSED Connection refused"


@pytest.mark.fault(4)
@pytest.mark.parametrize(
    ("rule", "kind", "says", "detail"),
    [
        ("drop", NoAnswer, "did not answer", "no answer in 0.3 s"),
        ("reject with tcp reset", Refused, "refused the connection", "ECONNREFUSED Connection refused"),
        (
            "reject with icmpx type admin-prohibited",
            Prohibited,
            "could not be reached: nobody is at its address, or something on the way forbids it",
            "EHOSTUNREACH No route to host",
        ),
    ],
    ids=["no-answer-filtered", "refused-by-firewall", "prohibited-by-firewall"],
)
def test_a_firewall_is_told_by_what_it_does(
    office_and_site: tuple[Namespace, Namespace], rule: str, kind: type[ConnectError], says: str, detail: str
) -> None:
    office, site = office_and_site
    site.rule(f"tcp dport 81 {rule}")
    found = office.call(lambda: failure(lambda: connect(THERE, 81, left_s=0.3)))
    assert found == (kind, says, f"TCP {THERE}:81: {detail}")


@pytest.mark.fault(1)
def test_an_address_where_nobody_is_cannot_be_reached(office_and_site: tuple[Namespace, Namespace]) -> None:
    office, _ = office_and_site
    assert office.call(lambda: failure(lambda: connect(NOBODY, 81))) == (
        Prohibited,
        "could not be reached: nobody is at its address, or something on the way forbids it",
        f"TCP {NOBODY}:81: EHOSTUNREACH No route to host",
    )


@pytest.mark.fault(7)
@pytest.mark.parametrize(("address", "shown"), [("10.9.9.9", "10.9.9.9"), ("2001:db8::1", "[2001:db8::1]")])
def test_an_address_without_a_route_is_told_at_once(
    office_and_site: tuple[Namespace, Namespace], address: str, shown: str
) -> None:
    office, _ = office_and_site
    assert office.call(lambda: failure(lambda: connect(address, 81))) == (
        Prohibited,
        "could not be reached: the network knows no way to it",
        f"TCP {shown}:81: ENETUNREACH Network is unreachable",
    )


def test_our_own_firewall_is_told_from_everybody_elses(office_and_site: tuple[Namespace, Namespace]) -> None:
    office, _ = office_and_site
    office.ip("route", "add", "prohibit", "10.8.0.0/16")
    assert office.call(lambda: failure(lambda: connect("10.8.0.1", 81))) == (
        Prohibited,
        "could not be reached: this computer's own firewall forbids it",
        "TCP 10.8.0.1:81: EACCES Permission denied",
    )


@pytest.mark.fault(9)
def test_a_silent_name_server_costs_no_more_than_the_deadline(office_and_site: tuple[Namespace, Namespace]) -> None:
    office, site = office_and_site
    site.rule("udp dport 53 drop")
    begun = time.monotonic()
    found = office.call(
        lambda: failure(lambda: connect("charts.test", 81, left_s=0.5)), resolv_conf=f"nameserver {THERE}\n"
    )
    assert found == (
        NotResolved,
        "its name could not be looked up: the name server did not answer",
        "charts.test: no reply from the name server in 0.5 s",
    )
    assert time.monotonic() - begun < 5  # getaddrinfo alone would take ten


@pytest.mark.fault(9)
def test_a_name_that_nobody_knows_is_told_from_a_host_that_is_down(
    office_and_site: tuple[Namespace, Namespace],
) -> None:
    office, site = office_and_site
    with contextlib.ExitStack() as stack:
        site.call(lambda: stack.enter_context(name_server(THERE, {})))
        found = office.call(lambda: failure(lambda: connect("charts.test", 81)), resolv_conf=f"nameserver {THERE}\n")
    assert found == (
        NotResolved,
        "its name could not be looked up",
        "charts.test: [Errno -2] Name or service not known",
    )


@pytest.mark.fault(9)
@pytest.mark.parametrize(
    "addresses", [[SILENT, THERE], [THERE, SILENT], [NOBODY, SILENT, THERE], ["2001:db8::1", THERE]], ids=str
)
def test_of_several_addresses_the_one_that_answers_is_used(
    office_and_site: tuple[Namespace, Namespace], addresses: list[str]
) -> None:
    office, site = office_and_site
    with contextlib.ExitStack() as stack:
        site.call(lambda: stack.enter_context(name_server(THERE, {"charts.test": addresses})))
        server = stack.enter_context(site.call(lambda: socket.create_server((THERE, 0))))
        where, _ = office.call(
            lambda: connect("charts.test", server.getsockname()[1], left_s=2.0), resolv_conf=f"nameserver {THERE}\n"
        )
    assert where == THERE


def test_when_every_address_fails_the_error_that_tells_most_is_given(
    office_and_site: tuple[Namespace, Namespace],
) -> None:
    office, site = office_and_site
    with contextlib.ExitStack() as stack:
        site.call(lambda: stack.enter_context(name_server(THERE, {"charts.test": ["10.9.9.9", THERE]})))
        kind, says, detail = office.call(
            lambda: failure(lambda: connect("charts.test", 81)), resolv_conf=f"nameserver {THERE}\n"
        )
    assert (kind, says) == (Refused, "refused the connection")
    assert sorted(detail.split("; ")) == [
        f"TCP {THERE}:81: ECONNREFUSED Connection refused",
        "TCP 10.9.9.9:81: ENETUNREACH Network is unreachable",
    ]


def test_when_we_have_no_port_of_our_own_left_nobody_else_is_blamed(
    office_and_site: tuple[Namespace, Namespace],
) -> None:
    office, site = office_and_site
    office.set("net/ipv4/ip_local_port_range", "40000 40000")

    async def twice() -> None:
        with await tcp.connect(THERE, port, left_s=1.0):
            await tcp.connect(THERE, port, left_s=1.0)

    with site.call(lambda: socket.create_server((THERE, 0))) as server:
        port = server.getsockname()[1]
        assert office.call(lambda: failure(lambda: asyncio.run(twice()))) == (
            ConnectError,
            "this computer could not open a connection",
            f"TCP {THERE}:{port}: EADDRNOTAVAIL Cannot assign requested address",
        )


def test_a_numeric_address_is_not_looked_up() -> None:
    for address in ("192.0.2.1", "2001:db8::1", "fe80::1%lo"):
        assert asyncio.run(tcp.resolve(address, left_s=0.0)) == address


def test_a_known_name_becomes_an_address() -> None:
    assert asyncio.run(tcp.resolve("localhost", left_s=1.0)) in ("127.0.0.1", "::1")


@pytest.mark.parametrize("name", ["a" * 300, "a..b", "a\x00b", " ", "-", "host name", "\udcff", "ü" * 80])
def test_what_cannot_be_a_name_is_not_resolved(office_and_site: tuple[Namespace, Namespace], name: str) -> None:
    office, _ = office_and_site
    kind, says, _ = office.call(lambda: failure(lambda: connect(name, 81)), resolv_conf=f"nameserver {NOBODY}\n")
    assert (kind, says.partition(":")[0]) == (NotResolved, "its name could not be looked up")


def test_a_host_without_an_address_says_so() -> None:
    assert failure(lambda: connect("", 81)) == (
        NotResolved,
        "it has no address in the configuration",
        "the host has no `address`",
    )


def test_a_connection_that_is_given_up_leaves_nothing_open(office_and_site: tuple[Namespace, Namespace]) -> None:
    office, site = office_and_site
    site.rule("tcp flags syn drop")

    async def give_up() -> tuple[int, int]:
        connecting = asyncio.create_task(tcp.connect(THERE, 81, left_s=5.0))
        await asyncio.sleep(0.05)
        during = _open_sockets()
        connecting.cancel()
        await asyncio.wait([connecting])
        await asyncio.sleep(0)
        gc.collect()
        return during, _open_sockets()

    during, after = office.call(lambda: asyncio.run(give_up()))
    assert during - after == 1


def _open_sockets() -> int:
    count = 0
    for handle in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            count += str(handle.readlink()).startswith("socket:")
    return count
