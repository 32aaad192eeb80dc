"""The check `ping`: whether a machine answers, and how well."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcheck.api import Event, Levels, Metric, PingReply, Result, Status
from healthcheck.checks.ping import Calls, Ping
from tests.conftest import Look, a_host
from tests.lab.dns import name_server
from tests.lab.netns import Namespace, cable, slow_line, towns
from tests.lab.rights import without_the_right_to_ping

NOW = datetime(2026, 11, 23, 5, 45, tzinfo=UTC)
HERE, THERE = "10.0.1.1", "10.0.1.2"
LOST_ALL = Metric("loss", 100.0, "%")


@pytest.fixture
def office_and_site() -> Iterator[tuple[Namespace, Namespace]]:
    with towns("office", "site") as (office, site):
        cable(office, f"{HERE}/24", site, f"{THERE}/24")
        office.set("net/ipv4/ping_group_range", "1 0")
        yield office, site


def judged(check: Ping, reply: PingReply, waited_s: float = 4.0) -> list[Result | Event]:
    return list(check.evaluate(Calls(reply, waited_s), NOW))


def replies(answered: int, sent: int = 10, rtt_s: float = 0.004, **more: str) -> PingReply:
    return PingReply("192.0.2.1", sent, (rtt_s,) * answered, **more)


def test_a_machine_that_answers_is_well(look: Look) -> None:
    outcome = look(Ping(count=3, interval_s=0.01), a_host("127.0.0.1"))
    assert (outcome.status, outcome.says) == (Status.OK, "answers at once; loses no test message")
    assert outcome.detail.startswith("ICMP echo 127.0.0.1: 3 of 3 answered, median ")
    assert [metric.name for metric in outcome.metrics] == ["rtt", "loss"]
    assert outcome.reachability


@pytest.mark.fault(1)
def test_a_machine_that_is_off_is_a_problem(look: Look, office_and_site: tuple[Namespace, Namespace]) -> None:
    office, site = office_and_site
    site.rule("icmp type echo-request drop")
    outcome = office.call(lambda: look(Ping(count=3, interval_s=0.01), a_host(THERE), timeout_s=0.5, attempts=2))
    assert outcome.results == (
        Result(Status.CRITICAL, "did not answer 3 times in 1 second", "ICMP echo 10.0.1.2: 0 of 3 answered", LOST_ALL),
    )
    assert outcome.attempts == 2


@pytest.mark.fault(5)
def test_loss_is_measured_and_is_no_outage(look: Look, office_and_site: tuple[Namespace, Namespace]) -> None:
    office, site = office_and_site
    site.rule("icmp type echo-request numgen inc mod 10 < 3 drop")
    outcome = office.call(lambda: look(Ping(interval_s=0.01), a_host(THERE), timeout_s=0.5, attempts=3))
    assert (outcome.status, outcome.attempts) == (Status.WARNING, 1)
    assert outcome.says == "answers, but 30 percent of the test messages were lost on the way"
    assert outcome.metrics[1] == Metric("loss", 30.0, "%")


@pytest.mark.fault(5)
def test_one_lost_message_alarms_nobody(look: Look, office_and_site: tuple[Namespace, Namespace]) -> None:
    office, site = office_and_site
    site.rule("icmp type echo-request numgen inc mod 10 == 4 drop")
    outcome = office.call(lambda: look(Ping(interval_s=0.01), a_host(THERE), timeout_s=0.5))
    assert (outcome.status, outcome.says) == (
        Status.OK,
        "answers at once; loses 10 percent of the test messages",
    )


@pytest.mark.fault(6)
@pytest.mark.parametrize("delay_s", [0.15, 1.0])
def test_a_slow_line_within_its_limit_is_well_and_its_time_is_shown(
    look: Look, office_and_site: tuple[Namespace, Namespace], delay_s: float
) -> None:
    office, site = office_and_site
    with slow_line(office, "10.0.2.1/24", site, "10.0.2.2/24", delay_s=delay_s):
        outcome = office.call(lambda: look(Ping(), a_host("10.0.2.2"), timeout_s=Ping.default_timeout_s))
    assert (outcome.status, outcome.says) == (
        Status.OK,
        f"answers after {2 * delay_s:.1f} seconds; loses no test message",
    )


@pytest.mark.fault(6)
def test_a_line_slower_than_its_limit_is_looked_at() -> None:
    check = Ping(rtt_ms=Levels.above(warning=250, critical=1000))
    assert judged(check, replies(10, rtt_s=0.3))[0] == Result(
        Status.WARNING,
        "answers slowly, only after 0.3 seconds",
        "ICMP echo 192.0.2.1: 10 of 10 answered, median 300.0 ms",
        Metric("rtt", 0.3, "s"),
    )
    assert judged(check, replies(10, rtt_s=1.5))[0] == Result(
        Status.CRITICAL,
        "answers slowly, only after 1.5 seconds",
        "ICMP echo 192.0.2.1: 10 of 10 answered, median 1500.0 ms",
        Metric("rtt", 1.5, "s"),
    )


@pytest.mark.fault(7)
def test_no_way_to_a_host_is_a_problem_of_its_own(look: Look, office_and_site: tuple[Namespace, Namespace]) -> None:
    office, _ = office_and_site
    outcome = office.call(lambda: look(Ping(count=2, interval_s=0.01), a_host("10.9.9.9")))
    assert outcome.results == (
        Result(
            Status.CRITICAL,
            "could not be reached: the network knows no way to it",
            "ICMP echo 10.9.9.9: 0 of 2 answered; no route to its network",
            LOST_ALL,
        ),
    )


@pytest.mark.fault(4)
def test_a_firewall_that_forbids_is_named(look: Look, office_and_site: tuple[Namespace, Namespace]) -> None:
    office, site = office_and_site
    site.rule("icmp type echo-request reject with icmpx type admin-prohibited")
    outcome = office.call(lambda: look(Ping(count=1), a_host(THERE)))
    assert (outcome.status, outcome.says) == (
        Status.CRITICAL,
        "could not be reached: something on the way forbids it",
    )


@pytest.mark.fault(9)
def test_a_name_that_cannot_be_looked_up_is_not_a_host_that_is_down(
    look: Look, office_and_site: tuple[Namespace, Namespace]
) -> None:
    office, site = office_and_site
    with contextlib.ExitStack() as stack:
        site.call(lambda: stack.enter_context(name_server(THERE, {"router.test": [THERE]})))
        resolv_conf = f"nameserver {THERE}\n"
        known, unknown = (
            office.call(lambda name=name: look(Ping(count=1), a_host(name)), resolv_conf=resolv_conf)  # type: ignore[misc]
            for name in ("router.test", "nowhere.test")
        )
    assert known.status is Status.OK
    assert (unknown.status, unknown.why) == (Status.UNKNOWN, "its name could not be looked up")
    assert unknown.detail == "nowhere.test: [Errno -2] Name or service not known"


@pytest.mark.fault(8)
def test_without_the_right_to_ping_an_answer_over_tcp_is_enough(
    look: Look, office_and_site: tuple[Namespace, Namespace]
) -> None:
    office, _ = office_and_site
    outcome = office.call(lambda: without_the_right_to_ping(lambda: look(Ping(), a_host(THERE))))
    assert outcome.status is Status.OK
    assert outcome.detail.startswith(f"no right to send ICMP; TCP instead: {THERE}: 1 of 1 answered")


@pytest.mark.fault(8)
def test_without_the_right_to_ping_silence_could_not_be_checked(
    look: Look, office_and_site: tuple[Namespace, Namespace]
) -> None:
    office, site = office_and_site
    site.rule("tcp flags syn drop")
    outcome = office.call(lambda: without_the_right_to_ping(lambda: look(Ping(), a_host(THERE), timeout_s=0.5)))
    assert (outcome.status, outcome.says) == (
        Status.UNKNOWN,
        "could not be checked: this computer may not send pings",
    )
    assert "CAP_NET_RAW" in outcome.detail


@pytest.mark.parametrize(
    ("answered", "status"),
    [(10, Status.OK), (9, Status.OK), (8, Status.WARNING), (3, Status.WARNING), (2, Status.CRITICAL)],
    ids=["ok-none-lost", "ok-one-lost", "look-two-lost", "look-most-lost", "problem-nearly-all-lost"],
)
def test_loss_is_judged_by_its_share(answered: int, status: Status) -> None:
    assert judged(Ping(), replies(answered))[1].status is status  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("check", "mistakes"),
    [
        (Ping(), []),
        (Ping(count=0), [("count", "must be between 1 and 100")]),
        (Ping(interval_s=0), [("interval_s", "must be between 0.01 and 10 seconds")]),
    ],
    ids=["right", "count", "interval"],
)
def test_settings_that_cannot_work_are_mistakes(check: Ping, mistakes: list[tuple[str, str]]) -> None:
    assert list(check.mistakes()) == mistakes


@given(st.integers(1, 100), st.lists(st.floats(0, 60), max_size=100), st.text(max_size=20), st.floats(0, 60))
def test_whatever_comes_back_is_judged(sent: int, rtts_s: list[float], error: str, waited_s: float) -> None:
    reply = PingReply("192.0.2.1", max(sent, len(rtts_s)), tuple(rtts_s), error=error)
    results = judged(Ping(), reply, waited_s)
    assert results
    if not rtts_s:
        assert [result.status for result in results if isinstance(result, Result)] == [Status.CRITICAL]
