"""Several questions to a Windows machine in one command, and every way in which the answer may come or not."""

from __future__ import annotations

import contextlib
import json
import shlex
from base64 import b64decode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcheck.api import ProbeError, Status
from healthcheck.checks._windows.asking import Failure, Told, quoted, told_of
from healthcheck.checks.memory import Memory
from tests.checks.windows.conftest import LookAt
from tests.lab.sshd import SshServer
from tests.lab.windows import DENIED, NO_SUCH_COMMAND, PROGRESS, told

MEMORY = {
    "TotalVisibleMemorySize": 16777216,
    "FreePhysicalMemory": 8388608,
    "SizeStoredInPagingFiles": 4194304,
    "FreeSpaceInPagingFiles": 4194304,
}
GOOD = told(memory=[MEMORY])
UNREADABLE = "could not be checked: what it says about itself is unreadable"


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(GOOD.encode(), id="ok-utf-8"),
        pytest.param(GOOD.encode("utf-8-sig"), id="ok-with-a-byte-order-mark"),
        pytest.param(GOOD.encode("utf-16"), id="ok-utf-16"),
        pytest.param(GOOD.encode("utf-16-le"), id="ok-utf-16-without-a-mark"),
        pytest.param(f"{GOOD}\r\n".encode("cp850"), id="ok-a-code-page"),
        pytest.param(json.dumps(json.loads(GOOD), indent=4).replace("\n", "\r\n").encode(), id="ok-over-many-lines"),
        pytest.param(f"Willkommen!\r\n{GOOD}\r\n".encode(), id="ok-after-a-greeting"),
        pytest.param(told(memory=MEMORY).encode(), id="ok-one-thing-instead-of-a-list"),
        pytest.param(told(memory={"value": [MEMORY], "Count": 1}).encode(), id="ok-a-list-in-a-wrapper"),
    ],
)
def test_an_answer_is_read_in_whatever_form(look_at: LookAt, server: SshServer, answer: bytes) -> None:
    server.shim("powershell", answer, error=PROGRESS)
    outcome = look_at(Memory())
    assert (outcome.status, outcome.says) == (Status.OK, "has enough memory")


@pytest.mark.fault(20)
@pytest.mark.parametrize(
    ("shim", "says"),
    [
        pytest.param({"text": ""}, UNREADABLE, id="nothing"),
        pytest.param({"text": "", "error": PROGRESS}, UNREADABLE, id="progress-alone"),
        pytest.param({"text": GOOD[:-9]}, UNREADABLE, id="cut-short"),
        pytest.param({"text": "Windows PowerShell\r\nCopyright (C) Microsoft"}, UNREADABLE, id="a-greeting"),
        pytest.param({"text": told()}, "could not be checked: its answer was cut short", id="missing"),
        pytest.param(
            {"text": told(memory=[])}, "could not be checked: what it says about its memory is unreadable", id="empty"
        ),
        pytest.param(
            {"text": told({"memory": DENIED})}, "could not be checked: our login there may not see its memory",
            id="refused",
        ),
        pytest.param(
            {"text": told({"memory": NO_SUCH_COMMAND})}, "could not be checked: it does not tell about its memory",
            id="no-such-command",
        ),
        pytest.param(
            {"error": "'powershell' is not recognized as an internal or external command,", "exit": 1},
            "could not be checked: the tool powershell is not installed there", id="no-powershell",
        ),
        pytest.param(
            {"error": 'Der Befehl "powershell" ist entweder falsch geschrieben oder konnte nicht gefunden werden.',
             "exit": 1},
            "could not be checked: powershell ended with an error there", id="no-powershell-in-german",
        ),
        pytest.param(
            {"text": GOOD, "error": "Access is denied.", "exit": 5},
            "could not be checked: our login there may not use powershell", id="denied",
        ),
    ],
)  # fmt: skip
def test_why_there_is_no_answer_is_told(look_at: LookAt, server: SshServer, shim: dict[str, object], says: str) -> None:
    server.shim("powershell", **shim)  # type: ignore[arg-type]  # a test's own words
    outcome = look_at(Memory())
    assert (outcome.status, outcome.says) == (Status.UNKNOWN, says)


def test_the_questions_are_sent_encoded_and_in_one_line(look_at: LookAt, server: SshServer, tmp_path: Path) -> None:
    server.shim("powershell", script=f"echo \"$@\" >{tmp_path}/words; echo '{GOOD}'")
    assert look_at(Memory()).status is Status.OK
    *options, encoded = shlex.split((tmp_path / "words").read_text())
    assert options == ["-NoProfile", "-NonInteractive", "-OutputFormat", "Text", "-EncodedCommand"]
    assert "Get-CimInstance Win32_OperatingSystem" in b64decode(encoded).decode("utf-16-le")


def test_each_question_is_answered_or_refused_by_itself() -> None:
    text = told({"second": DENIED}, first=[{"A": 1}, {"A": 2}], third=[])
    assert told_of(text, "first", "second", "third") == {
        "first": Told(({"A": 1}, {"A": 2})),
        "second": Told(failure=Failure("PermissionDenied", 0x80070005, "Zugriff verweigert")),
        "third": Told(),
    }


@pytest.mark.parametrize(
    ("failure", "refused"),
    [
        pytest.param(Failure("PermissionDenied", 0x80131500), True, id="by-its-sort"),
        pytest.param(Failure("NotSpecified", 0x80070005), True, id="by-its-number"),
        pytest.param(Failure("NotSpecified", 0x80041003), True, id="by-the-number-of-wmi"),
        pytest.param(Failure("ObjectNotFound", 0x80131501), False, id="not-there"),
    ],
)
def test_a_refusal_is_known_in_any_language(failure: Failure, refused: bool) -> None:
    assert failure.is_refusal is refused


@pytest.mark.parametrize("text", ["[]", '{"Told":[],"Failed":{}}', '{"Told":{},"Failed":{"a":"no"}}', '{"Told":3}'])
def test_another_answer_is_refused(text: str) -> None:
    with pytest.raises(ProbeError, match="what it says about itself is unreadable"):
        told_of(text, "a")


def test_a_text_is_quoted_whatever_it_holds() -> None:
    assert quoted("O'Brien ‘s’ $(x) `n") == "'O''Brien ‘‘s’’ $(x) `n'"


_THINGS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["Told", "Failed", "a", "value", "Count"]), inner),
)


@given(st.text() | _THINGS.map(json.dumps))
def test_any_answer_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(ProbeError):
        found = told_of(text, "a")["a"]
        assert found.failure is not None or isinstance(found.things, tuple)
