"""Any Nagios plug-in as a check."""

from __future__ import annotations

import contextlib
import re
import time
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcheck.api import Completed, Metric, ProbeError, Result, Status
from healthcheck.checks.nagios import METRICS_LIMIT, Nagios, Output, output, perfdata
from healthcheck.model import Outcome
from tests.conftest import PACIFIC, Look, a_host
from tests.lab import need
from tests.lab.sshd import sshd

DATA = Path(__file__).parents[1] / "data" / "nagios"
PLUGINS = "/usr/lib/nagios/plugins"
NOW = datetime(2026, 11, 23, 5, 45, tzinfo=PACIFIC)


def heard(out: str, exit: int = 0, err: str = "") -> Output:
    return output(Completed("check_it", exit, out, err))


def plugin(tmp_path: Path, body: str) -> str:
    path = tmp_path / "check_it"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


# What plug-ins print


@pytest.mark.fault(66)
@pytest.mark.parametrize("path", sorted(DATA.glob("*.txt")), ids=lambda path: path.stem)
def test_the_exit_code_of_a_recorded_plug_in_is_its_status(path: Path) -> None:
    match = re.search(r"\.rc(\d)$", path.stem)
    assert match is not None
    found = heard(path.read_text(), int(match[1]))
    assert found.status is Status(int(match[1]))
    assert found.text != "" and "|" not in found.text
    assert found.notes == (("1 item of performance data not readable: text",) if "dummy" in path.stem else ())


def test_a_recorded_plug_in_in_full() -> None:
    assert heard((DATA / "check_http_ok.rc0.txt").read_text()) == Output(
        Status.OK,
        "HTTP OK: HTTP/1.0 200 OK - 494 bytes in 0.001 second response time",
        metrics=(Metric("time", 0.00118, "s"), Metric("size", 494.0, "B")),
    )


def test_long_text_and_performance_data_over_several_lines() -> None:
    out = (
        "DISK OK - free space: / 3326 MB | /=2643MB;5948;5958;0;5968\n"
        "/ 15272 MB;\n/boot 68 MB;\n/var 819 MB | /boot=68MB\n/var=819MB\n"
    )
    assert heard(out) == Output(
        Status.OK,
        "DISK OK - free space: / 3326 MB",
        "/ 15272 MB; /boot 68 MB; /var 819 MB",
        (Metric("/", 2643.0, "MB"), Metric("/boot", 68.0, "MB"), Metric("/var", 819.0, "MB")),
    )


@pytest.mark.fault(66)
@pytest.mark.parametrize(
    ("data", "metrics"),
    [
        pytest.param("'a b=c'=5;1;2;0;9", [Metric("a b=c", 5.0)], id="quoted-label-with-space-and-equals"),
        pytest.param("'it''s'=1c", [Metric("it's", 1.0, "c")], id="quote-in-a-label"),
        pytest.param("'a|b'=1 | c=2", [Metric("a|b", 1.0), Metric("c", 2.0)], id="bars"),
        pytest.param("time=8260us;;;0", [Metric("time", 8260.0, "us")], id="empty-limits"),
        pytest.param("rta=0,38ms pl=20%", [Metric("rta", 0.38, "ms"), Metric("pl", 20.0, "%")], id="comma-decimals"),
        pytest.param("a=1, b=2, c=0,", [Metric("a", 1.0), Metric("b", 2.0), Metric("c", 0.0)], id="comma-separated"),
        pytest.param("free=3507249152b;1252061184:;313015296:", [Metric("free", 3507249152.0, "b")], id="ranges"),
        pytest.param("t=5;@10:20;~:5", [Metric("t", 5.0)], id="odd-ranges"),
        pytest.param("/=12372mB /raid=8KB", [Metric("/", 12372.0, "mB"), Metric("/raid", 8.0, "KB")], id="units"),
        pytest.param("t=-1.5e3s u=.5", [Metric("t", -1500.0, "s"), Metric("u", 0.5)], id="exponent"),
        pytest.param("x=U y=U;1;2 z=1", [Metric("z", 1.0)], id="undetermined"),
        pytest.param("a=1 a=2", [Metric("a", 1.0)], id="twice"),
        pytest.param("", [], id="none"),
    ],
)  # fmt: skip
def test_performance_data_is_read_leniently(data: str, metrics: list[Metric]) -> None:
    assert perfdata(data) == (tuple(metrics), ())


@pytest.mark.fault(66)
@pytest.mark.parametrize(
    ("data", "metrics", "note"),
    [
        ("Memory usage=510.38Mb", [Metric("usage", 510.38, "Mb")], "1 item of performance data not readable: Memory"),
        ("a=nan b=inf c=1e999", [], "3 items of performance data not readable: a=nan, b=inf, c=1e999"),
        ("a=1.2.3 b=1,234.5 =5 d= e", [], "5 items of performance data not readable: a=1.2.3, b=1,234.5, =5, ..."),
        ("'open=3 b=1", [Metric("open", 3.0), Metric("b", 1.0)], ""),
    ],
)
def test_bad_items_are_left_out_with_a_note(data: str, metrics: list[Metric], note: str) -> None:
    assert perfdata(data) == (tuple(metrics), (note,) if note else ())


@pytest.mark.fault(66)
def test_a_line_of_a_megabyte_is_cut_between_two_numbers() -> None:
    begun = time.monotonic()
    metrics, notes = perfdata(" ".join(f"disk{n}={n}1234567" for n in range(100_000)))
    assert (len(metrics), notes) == (METRICS_LIMIT, ("performance data cut after 50 items",))
    assert perfdata("a=123456789" * 100_000) == ((), ("performance data cut",))
    for hostile in ("'" * 10**6, "a=" * 500_000, "'a" * 500_000, "1" * 10**6, "''=" * 300_000):
        perfdata(hostile)
    assert time.monotonic() - begun < 20  # a quadratic step would take minutes


def test_a_plug_in_that_only_complains_is_heard() -> None:
    assert heard("", 2, "Can't connect to server (115)\n").text == "Can't connect to server (115)"


@pytest.mark.fault(66)
@pytest.mark.parametrize("exit", [4, 64, 125, 255])
def test_a_code_that_no_plug_in_has_could_not_be_checked(exit: int) -> None:
    with pytest.raises(ProbeError) as caught:
        heard("OK - all fine", exit)
    assert caught.value.says == "the added check ended in no way that a check may"
    assert caught.value.detail == f"exit {exit}: OK - all fine"


@pytest.mark.fault(60)
def test_silence_is_no_health() -> None:
    with pytest.raises(ProbeError, match="the added check said nothing"):
        heard("\n")


@given(st.text(alphabet="a='| 1;U,\n") | st.text(), st.integers(-20, 300))
def test_any_output_is_read_or_refused(text: str, exit: int) -> None:
    with contextlib.suppress(ProbeError):
        assert heard(text, exit).status is Status(exit)


# What is made of it


@pytest.mark.parametrize(
    ("status", "says"),
    [
        pytest.param(Status.OK, "has no problem with the phone line", id="ok"),
        pytest.param(Status.WARNING, "needs a look at the phone line", id="look"),
        pytest.param(Status.CRITICAL, "has a problem with the phone line", id="problem"),
    ],
)
def test_people_hear_of_the_thing_and_it_hears_the_plug_in(status: Status, says: str) -> None:
    found = Output(status, "SIP: 200", "trunk 3", (Metric("rtt", 5, "ms"),), ("performance data cut",))
    assert list(Nagios(command=("x",), label="the phone line").evaluate(found, NOW)) == [
        Result(status, says, "SIP: 200 / trunk 3 / performance data cut"),
        Result(status, says, metric=Metric("rtt", 5, "ms")),
    ]


def test_without_a_label_it_is_something() -> None:
    [result] = Nagios(command=("x",)).evaluate(Output(Status.CRITICAL, "down"), NOW)
    assert result.says == "has a problem with something that an added check looks at"


@pytest.mark.parametrize(
    ("label", "says"),
    [("", "the added check could not tell"), ("the phone line", "the added check of the phone line could not tell")],
)
def test_a_plug_in_that_cannot_tell_could_not_be_checked(label: str, says: str) -> None:
    with pytest.raises(ProbeError) as caught:
        list(Nagios(command=("x",), label=label).evaluate(Output(Status.UNKNOWN, "no reply"), NOW))
    assert (caught.value.says, caught.value.detail) == (says, "no reply")


def test_a_command_that_names_nothing_is_a_mistake() -> None:
    mistake = 'must name a plug-in, as in ["/usr/lib/nagios/plugins/check_ssh", "{address}"]'
    for command in ((), ("",)):
        assert list(Nagios(command=command).mistakes()) == [("command", mistake)]


# Real plug-ins


def test_a_real_plug_in_looks_at_a_real_server(look: Look, tmp_path: Path) -> None:
    need(f"{PLUGINS}/check_ssh")
    with sshd(tmp_path, "127.0.3.25") as server:
        command = (f"{PLUGINS}/check_ssh", "-p", str(server.port), "{address}")
        outcome = look(Nagios(command=command, label="its login"), a_host("127.0.3.25"))
    assert (outcome.status, outcome.says) == (Status.OK, "has no problem with its login")
    assert outcome.detail.startswith("SSH OK - OpenSSH_")
    assert [(metric.name, metric.unit) for metric in outcome.metrics] == [("time", "s")]


def test_a_real_plug_in_runs_on_the_host_itself(look: Look, tmp_path: Path) -> None:
    with sshd(tmp_path, "127.0.3.25") as server:
        server.shim("check_raid", "CRITICAL: md0 degraded | failed=1\n", exit=2)
        check = Nagios(command=("check_raid",), where="host", label="its disks")
        outcome = look(check, server.host(), known_hosts=[server.known_hosts])
    assert (outcome.status, outcome.says, outcome.detail, outcome.metrics) == (
        Status.CRITICAL,
        "has a problem with its disks",
        "CRITICAL: md0 degraded",
        (Metric("failed", 1.0),),
    )


def test_a_host_that_nobody_can_look_into_could_not_be_checked(look: Look) -> None:
    outcome = look(Nagios(command=("check_raid",), where="host"), a_host())
    assert (outcome.status, outcome.says) == (
        Status.UNKNOWN,
        "could not be checked: nobody gave us a way to look inside",
    )


def test_macros_are_filled_once(look: Look, tmp_path: Path) -> None:
    command = (plugin(tmp_path, 'echo "$*"'), "-H", "{address}", "--name={host}/{site}", "{other}")
    outcome = look(Nagios(command=command), a_host("127.0.0.1", name="{site}", site="Pasadena"))
    assert outcome.detail == "-H 127.0.0.1 --name={site}/Pasadena {other}"


@pytest.mark.fault(20)
@pytest.mark.fault(66)
@pytest.mark.parametrize(
    ("body", "says"),
    [
        pytest.param("exit 127", "the tool check_it is not installed there", id="missing"),
        pytest.param("exit 126", "our login there may not use check_it", id="not-permitted"),
        pytest.param("kill -SEGV $$", "check_it was stopped there before it finished", id="crashed"),
        pytest.param("echo OK; exit 7", "the added check ended in no way that a check may", id="odd-code"),
        pytest.param("exit 0", "the added check said nothing", id="silent"),
        pytest.param("yes | head -c 2000000", "its answer was too large", id="endless"),
    ],
)
def test_a_plug_in_that_fails_could_not_be_checked(look: Look, tmp_path: Path, body: str, says: str) -> None:
    outcome = look(Nagios(command=(plugin(tmp_path, body),)), a_host())
    assert (outcome.status, outcome.says) == (Status.UNKNOWN, f"could not be checked: {says}")


def test_a_plug_in_that_is_not_there_could_not_be_checked(look: Look, tmp_path: Path) -> None:
    outcome = look(Nagios(command=(str(tmp_path / "check_nothing"),)), a_host())
    assert (outcome.status, outcome.says) == (
        Status.UNKNOWN,
        "could not be checked: the tool check_nothing is not installed there",
    )


def gone(pid: int) -> bool:
    """Within two seconds; a dead process that nobody has collected is gone too."""
    end = time.monotonic() + 2
    while time.monotonic() < end:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state in "ZX":
            return True
        time.sleep(0.01)
    return False


@pytest.mark.fault(60)
def test_a_plug_in_that_hangs_is_ended_with_everything_it_started(look: Look, tmp_path: Path) -> None:
    body = f"trap '' TERM\nsleep 300 &\necho $! > {tmp_path}/child\necho $$ > {tmp_path}/parent\nwait; wait; sleep 300"
    begun = time.monotonic()
    outcome = look(Nagios(command=(plugin(tmp_path, body),)), a_host(), timeout_s=0.6)
    assert time.monotonic() - begun < 8
    assert (outcome.status, outcome.why[:8]) == (Status.UNKNOWN, "check_it")
    assert [gone(int((tmp_path / name).read_text())) for name in ("child", "parent")] == [True, True]


@pytest.mark.fault(60)
def test_a_child_that_keeps_the_output_open_does_not_hold_the_round(look: Look, tmp_path: Path) -> None:
    body = f"sleep 300 &\necho $! > {tmp_path}/child\necho 'OK - done'"
    outcome = look(Nagios(command=(plugin(tmp_path, body),)), a_host(), timeout_s=0.6)
    assert outcome.status is Status.UNKNOWN
    assert gone(int((tmp_path / "child").read_text()))


def seen(outcome: Outcome) -> tuple[Status, str]:
    return outcome.status, outcome.detail


@pytest.mark.fault(19)
def test_junk_bytes_do_not_hurt(look: Look, tmp_path: Path) -> None:
    body = r"printf 'OK \000\377\033[31mred\033[0m\r\342\200\256 end | a=\377 b=1\n'"
    assert seen(look(Nagios(command=(plugin(tmp_path, body),)), a_host())) == (
        Status.OK,
        "OK \ufffdred end / 1 item of performance data not readable: a=\ufffd",
    )
