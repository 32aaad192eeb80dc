"""The config as the doctor tells it: mistakes first, and what it names must be there."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from healthcheck.doctor import settings
from healthcheck.doctor.examination import Finding
from healthcheck.doctor.premises import enter
from healthcheck.model import Status
from tests.doctor.conftest import At


def test_a_config_without_a_mistake_is_told_with_its_size(at: At, tmp_path: Path) -> None:
    assert list(settings.config(at())) == [
        Finding(Status.OK, f"{tmp_path}/config.toml has no mistake: 1 clinic, 1 check.")
    ]


def test_a_broken_config_is_a_problem_and_the_rest_is_known_all_the_same(at: At, tmp_path: Path) -> None:
    premises = at("[nonsense]\n[[check]]\nkind = 'pong'\nhosts = ['*']")
    [found] = settings.config(premises)
    assert (found.status, found.fix) == (Status.CRITICAL, "healthcheck config check --here")
    assert found.says.startswith(f"The config cannot be used. {tmp_path}/config.toml:")
    assert found.says.endswith(" And 1 mistake more.")
    assert premises.practice is not None
    assert premises.practice.name == "Foothill Oncology Group"


def test_no_config_at_all_is_a_problem_that_init_mends(tmp_path: Path) -> None:
    [found] = settings.config(enter(tmp_path / "config.toml", tmp_path / "state"))
    assert (found.status, found.fix) == (Status.CRITICAL, "healthcheck init")


def test_a_config_that_this_account_may_not_read_is_not_called_broken(at: At, tmp_path: Path) -> None:
    mistake = f"{tmp_path}/config.toml:3: email.password: the secret in /etc/x cannot be read: Permission denied"
    premises = replace(at(), config=None, mistakes=(mistake,))
    for look in (settings.config, settings.secrets):
        [found] = look(premises)
        assert (found.status, found.fix) == (Status.UNKNOWN, "sudo healthcheck doctor --here")
    [found] = settings.config(replace(premises, mistakes=(mistake, "config.toml:4: unknown section")))
    assert (found.status, found.fix) == (Status.CRITICAL, "healthcheck config check --here")


def test_a_clinic_where_nothing_is_looked_at_is_named(at: At) -> None:
    _, empty = settings.config(at('[[site]]\nname = "Glendale"'))
    assert (empty.status, empty.says) == (
        Status.WARNING,
        "Nothing is looked at in Glendale, so no report can say how it is there.",
    )


def test_a_drop_in_that_was_refused_is_worth_a_look(at: At, tmp_path: Path) -> None:
    folder = tmp_path / "checks.d"
    folder.mkdir()
    (folder / "mine.py").write_text("raise ValueError('canary')\n")
    (folder / "mine.py").chmod(0o666)
    _, refused = settings.config(at('[[check]]\nkind = "mine"\nhosts = ["*"]'))
    assert refused.status is Status.WARNING
    assert "mine.py" in refused.says
    assert "others can write to it" in refused.says


def test_secrets_are_named_and_never_shown(at: At) -> None:
    hook = '[[delivery]]\nname = "x"\nchannel = "webhook"\nurl = { secret = "hook" }'
    premises = at(hook, environ={"HEALTHCHECK_SECRET_HOOK": "https://127.0.0.1/canary-4711"})
    assert list(settings.secrets(premises)) == [
        Finding(Status.OK, "Every secret that the config names was found: hook.")
    ]
    [missing] = settings.secrets(at(hook))
    assert missing.status is Status.CRITICAL
    assert 'he secret "hook" was not found' in missing.says


DATABASE = '[[check]]\nkind = "database"\nhosts = ["*"]\nurl = "postgresql://healthcheck@/charts"'
PRINTER = '[[check]]\nkind = "printer"\nhosts = ["*"]'


def test_packages_are_those_that_the_checks_need(at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    premises = at(DATABASE, PRINTER)
    assert list(settings.packages(premises)) == [
        Finding(Status.OK, "All that is needed besides is installed: psycopg and pysnmp.")
    ]
    assert list(settings.packages(at())) == [Finding(Status.OK, "None is needed.")]
    monkeypatch.setitem(sys.modules, "pysnmp", None)
    assert list(settings.packages(premises)) == [
        Finding(
            Status.CRITICAL,
            '"printer" needs pysnmp, which is not installed, so it cannot be done.',
            "pip install 'healthcheck[snmp]'",
        )
    ]
