"""The practice's own checks come along without what somebody wrote into them that looks like a password."""

from __future__ import annotations

from pathlib import Path

import pytest

from healthcheck.handover.drop_ins import drop_ins, without_literals

CODE = {
    'PASSWORD = "s3cret"': 'PASSWORD = "[removed]"',
    "api_token: str = 's3cret'": "api_token: str = '[removed]'",
    "TOKEN: Secret | None = Secret('s3cret')": "TOKEN: Secret | None = Secret('[removed]')",
    'login(password="s3cret", user="me")': 'login(password="[removed]", user="me")',
    '{"api_key": "s3cret"}': '{"api_key": "[removed]"}',
    "key = Secret('x')": "key = Secret('x')",
    "export DB_PASSWORD=s3cret": "export DB_PASSWORD=[removed]",
    "PASSWORD=$(cat /etc/x)": "PASSWORD=$(cat /etc/x)",
    'community="s3cret"; snmpget': 'community="[removed]"; snmpget',
    "curl ftp://me:s3cret@host/": "curl ftp://me:[removed]@host/",
    "passwords = count(lines)": "passwords = count(lines)",
    'says = "the password was refused"': 'says = "the password was refused"',
}


@pytest.mark.parametrize(("code", "left"), CODE.items(), ids=CODE)
def test_a_text_that_is_given_to_something_named_like_a_password_goes(code: str, left: str) -> None:
    assert without_literals(code) == left


def test_what_the_program_would_load_comes_along_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text('PASSWORD = "s3cret"\n')
    (tmp_path / "two.py").write_text("x = 1\n")
    (tmp_path / "three").write_bytes(b"\xff\xfe")
    (tmp_path / "three").chmod(0o700)
    (tmp_path / "notes.txt").write_text("the password is s3cret")
    (tmp_path / ".hidden.py").write_text("")
    (tmp_path / "link.py").symlink_to(tmp_path / "notes.txt")
    (tmp_path / "large.py").write_text("#" * 1_000_001)
    assert list(drop_ins(tmp_path)) == [
        ("one.py", b'PASSWORD = "[removed]"\n', True),
        ("three", b"\xff\xfe", False),
        ("two.py", b"x = 1\n", False),
    ]
    assert list(drop_ins(tmp_path / "nowhere")) == []
