"""What this computer knows without asking: its tables of neighbours and routes, and the servers in known_hosts."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from healthcheck.connections import known_hosts
from healthcheck.interview.neighbours import (
    Proposal,
    gateways_of,
    gateways_of_proc,
    neighbours_of,
    neighbours_of_proc,
    proposals,
)
from tests.lab.sshd import new_key

DATA = Path(__file__).parents[1] / "data" / "neighbours"


def recorded(name: str) -> str:
    return (DATA / name).read_text()


def test_neighbours_are_those_that_answered() -> None:
    assert neighbours_of(recorded("ip-neigh.json")) == ["192.0.2.1", "192.0.2.7"]
    assert neighbours_of_proc(recorded("proc-net-arp.txt")) == ["192.0.2.1"]


def test_the_gateway_is_that_of_the_default_route() -> None:
    assert gateways_of(recorded("ip-route.json")) == ["192.0.2.1"]
    assert gateways_of_proc(recorded("proc-net-route.txt")) == ["192.0.2.1"]


def test_a_default_route_without_a_gateway_and_a_gateway_to_elsewhere_are_no_way_out() -> None:
    rows = (
        "ppp0 00000000 00000000 0001 0 0 0 00000000 0 0 0",
        "eth0 0000000A FE0200C0 0003 0 0 0 000000FF 0 0 0",
        "eth0 00000000 FE0200C0 0003 0 0 0 00000000 0 0 0",
    )
    assert gateways_of_proc("\n".join(("Iface …", *rows))) == ["192.0.2.254"]


@given(st.text(max_size=200) | st.recursive(st.none() | st.text() | st.integers(), st.lists).map(json.dumps))
def test_tables_that_nobody_understands_propose_nothing(text: str) -> None:
    for read in (neighbours_of, gateways_of, neighbours_of_proc, gateways_of_proc):
        assert read(text) == []


def test_each_address_is_proposed_once_with_the_likeliest_guess_and_the_near_ones_first() -> None:
    found = proposals(
        ["192.0.2.1"],
        ["192.0.2.1", "192.0.2.7", "192.0.2.8", "fe80::1", "127.0.0.1", "224.0.0.251", "::"],
        ["far.example", "192.0.2.8"],
    )
    assert [(one.address, one.role, one.here) for one in found] == [
        ("192.0.2.1", "gateway", True),
        ("192.0.2.8", "server", True),
        ("192.0.2.7", "other", True),
        ("far.example", "server", False),
    ]


def test_a_guess_is_worded_as_one() -> None:
    assert list(proposals(["192.0.2.1"], ["192.0.2.7"], ["192.0.2.8"])) == [
        Proposal("192.0.2.1", "gateway", "the way out of this network, so it is probably the internet box", here=True),
        Proposal("192.0.2.7", "other", "it was heard on this network; what it is cannot be told", here=True),
        Proposal("192.0.2.8", "server", "somebody logged in to it from here, so it is probably a server", here=False),
    ]


def test_servers_are_read_out_of_known_hosts_and_hashed_ones_counted(tmp_path: Path) -> None:
    key = new_key().public
    path = tmp_path / "known_hosts"
    path.write_text(
        f"glendale.example,192.0.2.8 {key}\n[azusa.example]:2222 {key}\n*.example,!x.example {key}\n"
        f"|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg= {key}\n"
        f"@cert-authority *.foothill.example {key}\n@revoked old.example {key}\n# a remark\nnonsense\n"
    )
    found = known_hosts.names([path, tmp_path / "missing"])
    assert found == known_hosts.Names(("glendale.example", "192.0.2.8", "azusa.example"), hashed=1)
