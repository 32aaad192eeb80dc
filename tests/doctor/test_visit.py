"""The whole visit: every subject has an answer, with a config that is well, one that is broken, and none at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from healthcheck.doctor.examination import examine
from healthcheck.doctor.premises import Premises, enter
from healthcheck.doctor.visit import SUBJECTS
from healthcheck.model import Status
from tests.doctor.conftest import At

OF_THIS_COMPUTER = ("pings", "clock", "time zone", "start of the report")
"""How these are is not for a test to say."""
NO_SUCH_FILE = "there is no such file; make one with `healthcheck init`, or name another with --config."
NOT_KNOWN = (Status.UNKNOWN, "Not known while the config has a mistake.")


def visited(premises: Premises) -> dict[str, list[tuple[Status, str]]]:
    found = {subject.name: findings for subject, findings in examine(SUBJECTS, premises)}
    assert set(OF_THIS_COMPUTER) < set(found)
    for findings in found.values():
        assert [one for one in findings if not one.fix and one.status is not Status.OK] == []
    return {
        name: [(one.status, one.says) for one in findings]
        for name, findings in found.items()
        if name not in OF_THIS_COMPUTER
    }


@pytest.mark.fault(61)
def test_with_no_config_at_all_every_subject_has_an_answer_and_none_is_called_well_for_want_of_one(
    tmp_path: Path,
) -> None:
    config, state = tmp_path / "config.toml", tmp_path / "state"
    assert visited(enter(config, state)) == {
        "config": [(Status.CRITICAL, f"The config cannot be used. {config}: {NO_SUCH_FILE}")],
        "rights of the config": [(Status.CRITICAL, f"{config} cannot be looked at: no such file or directory.")],
        "secrets": [NOT_KNOWN],
        "rights of the secrets": [
            (Status.OK, f"There is no folder {tmp_path}/credentials; secrets, if there are any, come from elsewhere.")
        ],
        "state folder": [(Status.WARNING, f"There is no folder {state} yet; the first round makes it.")],
        "packages": [NOT_KNOWN],
        "recipients": [NOT_KNOWN],
        "mail server": [(Status.UNKNOWN, "The mail server cannot be read out of the config.")],
        "other channels": [NOT_KNOWN],
        "outside watchdog": [NOT_KNOWN],
        "host keys": [NOT_KNOWN],
        "our key": [NOT_KNOWN],
        "history": [(Status.WARNING, "There is no history yet.")],
        "last report": [(Status.WARNING, "No report has been made yet.")],
        "outbox": [(Status.OK, "Nothing can be waiting, for nothing has been made yet.")],
        "round under way": [(Status.OK, "No round is under way.")],
    }


def test_a_small_set_up_that_is_well_says_so_of_each_subject(at: At, tmp_path: Path) -> None:
    config, state = tmp_path / "config.toml", tmp_path / "state"
    state.mkdir(mode=0o700)
    found = visited(at())
    room = found.pop("state folder")
    assert [status for status, _ in room] == [Status.OK]
    assert found == {
        "config": [(Status.OK, f"{config} has no mistake: 1 clinic, 1 check.")],
        "rights of the config": [(Status.OK, f"{config} belongs to {config.owner()}, and nobody else can change it.")],
        "secrets": [(Status.OK, "The config needs no secret.")],
        "rights of the secrets": [
            (Status.OK, f"There is no folder {tmp_path}/credentials; secrets, if there are any, come from elsewhere.")
        ],
        "packages": [(Status.OK, "None is needed.")],
        "recipients": [(Status.CRITICAL, "Nobody is sent the report.")],
        "mail server": [(Status.OK, "The report does not go by mail.")],
        "other channels": [(Status.OK, "The report goes by no other channel.")],
        "outside watchdog": [(Status.WARNING, "Nobody outside would notice if this computer were gone altogether.")],
        "host keys": [(Status.OK, "No server is looked into over SSH.")],
        "our key": [(Status.OK, "None is needed.")],
        "history": [(Status.WARNING, "There is no history yet.")],
        "last report": [(Status.WARNING, "No report has been made yet.")],
        "outbox": [(Status.OK, "Nothing can be waiting, for nothing has been made yet.")],
        "round under way": [(Status.OK, "No round is under way.")],
    }


@pytest.mark.parametrize("broken", ["[nonsense]", '[[site]]\nname = 7\n[practice]\nname = "twice"'])
def test_with_a_broken_config_no_subject_crashes(at: At, broken: str) -> None:
    for findings in visited(at(broken)).values():
        assert not any("has a fault itself" in says for _, says in findings)
