from __future__ import annotations

import pytest

from healthcheck.check import Completed
from healthcheck.connections.commands import BY_A_SIGNAL, completed, too_slow, tool
from healthcheck.errors import ProbeError

SMART = ["smartctl", "-H", "/dev/sda"]


@pytest.mark.parametrize(
    ("argv", "code", "err", "says", "detail"),
    [
        pytest.param(
            SMART,
            127,
            "sh: 1: exec: smartctl: not found",
            "the tool smartctl is not installed there",
            "smartctl -H /dev/sda: exit 127: sh: 1: exec: smartctl: not found",
            id="missing",
        ),
        pytest.param(SMART, 127, "", "the tool smartctl is not installed there", "", id="missing-without-a-word"),
        pytest.param(
            ["sh", "-c", "zpool list | head"],
            127,
            "sh: 1: zpool: not found",
            "the tool zpool is not installed there",
            "",
            id="missing-in-a-script",
        ),
        pytest.param(
            ["sh", "-c", "x"],
            127,
            "bash: line 1: /usr/sbin/x: command not found",
            "the tool x is not installed there",
            "",
            id="missing-by-path",
        ),
        pytest.param(["sh", "-c", "x"], 127, "?", "a tool is not installed there", "", id="missing-nobody-knows-which"),
        pytest.param(
            ["sudo", "-n", *SMART],
            1,
            "sudo: smartctl: command not found",
            "the tool smartctl is not installed there",
            "",
            id="missing-for-sudo",
        ),
        pytest.param(
            ["wbadmin", "get", "versions"],
            1,
            "'wbadmin' is not recognized as an internal or external command,",
            "the tool wbadmin is not installed there",
            "",
            id="missing-on-windows",
        ),
        pytest.param(SMART, 126, "", "our login there may not use smartctl", "", id="not-executable"),
        pytest.param(
            ["sudo", "-n", "/usr/sbin/smartctl", "-H"],
            1,
            "sudo: a password is required",
            "our login there may not use smartctl",
            "sudo -n /usr/sbin/smartctl -H: exit 1: sudo: a password is required",
            id="sudo-wants-a-password",
        ),
        pytest.param(
            SMART,
            2,
            "Smartctl open device: /dev/sda failed: Permission denied",
            "our login there may not use smartctl",
            "",
            id="not-permitted",
        ),
        pytest.param(
            SMART,
            2,
            "",
            "smartctl ended with an error there",
            "smartctl -H /dev/sda: exit 2",
            id="another-exit-code",
        ),
        pytest.param(
            SMART,
            -9,
            "",
            "smartctl was stopped there before it finished",
            "smartctl -H /dev/sda: killed by SIGKILL",
            id="killed",
        ),
        pytest.param(
            SMART,
            BY_A_SIGNAL,
            "",
            "smartctl was stopped there before it finished",
            "smartctl -H /dev/sda: killed by a signal",
            id="killed-by-some-signal",
        ),
    ],
)
@pytest.mark.fault(20)
def test_an_ending_that_is_no_answer_is_told_by_its_reason(
    argv: list[str], code: int, err: str, says: str, detail: str
) -> None:
    with pytest.raises(ProbeError) as caught:
        completed(argv, code, b"partial data", err.encode(), (0,))
    assert caught.value.says == says
    if detail:
        assert caught.value.detail == (detail if err else f"{detail}: partial data")


@pytest.mark.parametrize("code", [0, 1, 2, 4, 255])
def test_any_code_of_the_command_itself_is_accepted_where_none_is_named(code: int) -> None:
    answer = completed(SMART, code, b"out", b"err", None)
    assert answer == Completed("smartctl -H /dev/sda", code, "out", "err")


@pytest.mark.parametrize("code", [126, 127, -15, BY_A_SIGNAL])
def test_what_the_shell_or_a_signal_ended_is_never_an_answer(code: int) -> None:
    with pytest.raises(ProbeError):
        completed(SMART, code, b"", b"", None)


@pytest.mark.fault(19)
def test_output_is_decoded_whatever_it_is() -> None:
    answer = completed(["cat"], 0, "ä\x00\x1b[31m\u202e".encode() + b"\xff\r\n" + b"x" * 10_000, b"", (0,))
    assert answer.out == "ä\x00\x1b[31m\u202e\ufffd\r\n" + "x" * 10_000


def test_a_hostile_complaint_is_made_harmless() -> None:
    with pytest.raises(ProbeError) as caught:
        completed(["df"], 1, b"", b"\x1b]0;title\x07\x1b[31mno\r\nroom\x00" + b"!" * 5000, (0,))
    assert caught.value.detail == "df: exit 1: no room" + "!" * 292 + "…"


@pytest.mark.parametrize(
    ("argv", "name"),
    [
        (["/usr/sbin/smartctl", "-a"], "smartctl"),
        (["sudo", "-n", "zpool", "status"], "zpool"),
        (["env", "LC_ALL=C", "df"], "df"),
        (["sh", "-c", "zpool list"], "a command"),
        (["sudo", "-n", "sh", "-c", "zpool list"], "a command"),
    ],
)
def test_a_command_is_called_by_the_program_that_does_the_work(argv: list[str], name: str) -> None:
    assert tool(argv) == name


def test_a_command_that_takes_too_long_is_told_with_its_time() -> None:
    error = too_slow(["df"], 14.75)
    assert (error.says, error.detail) == ("df did not finish in 15 seconds", "df: ended at its deadline")
