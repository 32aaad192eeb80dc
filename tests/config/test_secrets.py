"""A secret is found in the first of its places, and never in a file that others can read."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from healthcheck.config.asked import Asked
from healthcheck.config.schema import SecretSetting, SecretValue
from healthcheck.config.secrets import NotFound, Unusable, look_up, private_file
from healthcheck.config.validation import valid
from healthcheck.model import Secret
from tests.config.conftest import SMALL, Loaded, Mistaken
from tests.config.kinds import CATALOGUE
from tests.lab import need_root

Kept = Callable[..., Path]


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    """Keep a secret in a file."""

    def keep(folder: str, name: str, text: str | bytes, mode: int = 0o600) -> Path:
        path = tmp_path / folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        path.chmod(mode)
        return path

    return keep


def test_the_first_place_that_has_the_secret_wins(tmp_path: Path, kept: Kept) -> None:
    kept("given", "db-password", "of systemd\n", 0o440)
    file = kept("elsewhere", "any", "of a named file\r\n", 0o444)
    kept("credentials", "db-password", "of the folder")
    places = {
        "CREDENTIALS_DIRECTORY": str(tmp_path / "given"),
        "HEALTHCHECK_SECRET_DB_PASSWORD_FILE": str(file),
        "HEALTHCHECK_SECRET_DB_PASSWORD": "of the environment",
    }

    found = []
    for place in (*places, None):
        found.append(look_up("db-password", tmp_path, places))
        places.pop(place, None) if place else None

    assert found == [
        Secret("of systemd"),
        Secret("of a named file"),
        Secret("of the environment"),
        Secret("of the folder"),
    ]
    assert repr(found) == "[" + ", ".join(["<secret db-password>"] * 4) + "]"


def test_a_missing_secret_names_every_place_that_was_looked_at(tmp_path: Path) -> None:
    with pytest.raises(NotFound) as caught:
        look_up("smtp_password", tmp_path, {"CREDENTIALS_DIRECTORY": str(tmp_path)})

    assert str(caught.value) == (
        'the secret "smtp_password" was not found; looked at $CREDENTIALS_DIRECTORY/smtp_password (no such file), '
        "$HEALTHCHECK_SECRET_SMTP_PASSWORD_FILE (not set), $HEALTHCHECK_SECRET_SMTP_PASSWORD (not set) "
        f"and {tmp_path}/credentials/smtp_password (no such file)"
    )


@pytest.mark.fault(62)
@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666], ids=["invalid-group", "invalid-others", "invalid-everybody"])
@pytest.mark.parametrize("way", ["credentials", "file"])
def test_a_secret_that_others_can_change_is_refused_wherever_it_is_handed_on(
    way: str, mode: int, tmp_path: Path, kept: Kept
) -> None:
    path = kept("elsewhere", "smtp_password", "canary-7391", mode)
    environ = {"credentials": {"CREDENTIALS_DIRECTORY": str(path.parent)}}.get(
        way, {"HEALTHCHECK_SECRET_SMTP_PASSWORD_FILE": str(path)}
    )

    with pytest.raises(Unusable) as caught:
        look_up("smtp_password", tmp_path, environ)

    assert str(caught.value) == (
        f"the secret in {path} can be changed by others; take that right away with: chmod go-w {path}"
    )


@pytest.mark.fault(61)
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660], ids=["invalid-group", "invalid-others", "invalid-group-write"])
def test_a_secret_that_others_can_read_is_refused(mode: int, tmp_path: Path, kept: Kept) -> None:
    path = kept("credentials", "smtp_password", "canary-7391", mode)

    with pytest.raises(Unusable) as caught:
        look_up("smtp_password", tmp_path, {})

    assert str(caught.value) == (
        f"the secret in {path} can be read by others; take that right away with: chmod 600 {path}"
    )


def test_a_secret_of_another_user_is_refused(tmp_path: Path, kept: Kept) -> None:
    need_root()
    path = kept("credentials", "smtp_password", "canary-7391")
    os.chown(path, 65534, 65534)

    with pytest.raises(Unusable) as caught:
        look_up("smtp_password", tmp_path, {})

    assert str(caught.value) == (
        f"the secret in {path} belongs to another user (uid 65534); "
        f"make it yours with: chown 0 {path} && chmod 600 {path}"
    )


@pytest.mark.fault(61)
@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "the secret in {} is empty", id="invalid-empty"),
        pytest.param("\n", "the secret in {} is empty", id="invalid-blank"),
        pytest.param(b"caf\xe9", "the secret in {} is not UTF-8 text", id="invalid-not-utf-8"),
        pytest.param("x" * 65_537, "{} is too large to be a secret", id="invalid-too-large"),
    ],
)
def test_a_file_that_holds_no_secret_is_refused(text: str | bytes, message: str, tmp_path: Path, kept: Kept) -> None:
    path = kept("credentials", "smtp_password", text)

    with pytest.raises(Unusable) as caught:
        look_up("smtp_password", tmp_path, {})

    assert str(caught.value) == message.format(path)


def test_a_named_pipe_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    path = tmp_path / "credentials" / "smtp_password"
    path.parent.mkdir()
    os.mkfifo(path, 0o600)

    with pytest.raises(Unusable) as caught:
        look_up("smtp_password", tmp_path, {})

    assert str(caught.value) == f"{path} is not a file"


def test_a_folder_in_the_place_of_a_secret_is_refused(tmp_path: Path) -> None:
    (tmp_path / "credentials" / "smtp_password").mkdir(parents=True)

    with pytest.raises(Unusable) as caught:
        look_up("smtp_password", tmp_path, {})

    assert str(caught.value) == f"the secret in {tmp_path}/credentials/smtp_password cannot be read: Is a directory"


def test_a_variable_that_names_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unusable) as caught:
        look_up("key", tmp_path, {"HEALTHCHECK_SECRET_KEY_FILE": f"{tmp_path}/gone"})

    assert str(caught.value) == f"there is no file {tmp_path}/gone"


@pytest.mark.parametrize("name", ["", "../key", "a/b", "a b", ".hidden", "a\n"])
def test_the_name_of_a_secret_cannot_lead_anywhere_else(name: str, tmp_path: Path) -> None:
    with pytest.raises(Unusable) as caught:
        look_up(name, tmp_path, {})

    assert str(caught.value) == 'the name of a secret is made of letters, digits, "-", "_" and "."'


def test_the_lines_of_a_key_are_kept(kept: Kept) -> None:
    assert private_file(kept("keys", "id", "-----BEGIN\nabc\n-----END\n")) == "-----BEGIN\nabc\n-----END"


CHECK = """
[[check]]
kind = "database"
hosts = ["server"]
url = "postgresql://main-db/charts"
password = {}
headers = {{ Authorization = {} }}
"""


def test_a_secret_that_is_named_reaches_the_check(loaded: Loaded) -> None:
    named = '{ secret = "db.password" }'
    config = loaded(SMALL + CHECK.format(named, named), {"HEALTHCHECK_SECRET_DB_PASSWORD": "canary-7391"})

    check = config.plan[-1].check
    assert vars(check)["password"] == Secret("canary-7391")
    assert vars(check)["headers"] == {"Authorization": Secret("canary-7391")}
    assert "canary-7391" not in repr(config)
    assert config.warnings == CATALOGUE.refused


def test_a_secret_in_the_config_itself_is_taken_with_a_warning(loaded: Loaded) -> None:
    config = loaded(SMALL + CHECK.format('"canary-7391"', '"canary-7391"'))

    assert vars(config.plan[-1].check)["password"] == Secret("canary-7391")
    says = 'the secret itself stands in the config; write { secret = "its-name" } and keep it in a file'
    assert config.warnings[:2] == (
        f"{config.path}:21: check[2].password: {says}",
        f"{config.path}:22: check[2].headers.Authorization: {says}",
    )
    assert "canary-7391" not in repr(config)


def test_every_missing_secret_is_told_at_once(mistaken: Mistaken) -> None:
    messages = mistaken(SMALL + CHECK.format('{ secret = "one" }', '{ secret = "two" }'))

    assert [message.partition(" was not found")[0] for message in messages] == [
        'config.toml:21: check[2].password: the secret "one"',
        'config.toml:22: check[2].headers.Authorization: the secret "two"',
    ]


SSH = """
[[site.host]]
name = "remote"
address = "192.0.2.10"
ssh = { user = "healthcheck"KEY }
"""


def with_ssh(key: str) -> str:
    return SMALL.replace("\n[[check]]", SSH.replace("KEY", key) + "\n[[check]]")


def test_the_default_key_is_the_secret_of_that_name_if_there_is_one(loaded: Loaded) -> None:
    assert loaded(with_ssh("")).default_key is None
    assert loaded(with_ssh(""), {"HEALTHCHECK_SECRET_SSH_KEY": "the key"}).default_key == Secret("the key")


def test_a_host_may_have_a_key_of_its_own(loaded: Loaded) -> None:
    config = loaded(with_ssh(', key = { secret = "own" }'), {"HEALTHCHECK_SECRET_OWN": "the key"})

    ssh = config.practice.host("remote").ssh
    assert ssh is not None
    assert (ssh.key, ssh.key_file) == (Secret("the key"), None)


def test_a_key_may_be_a_file_named_from_where_the_config_is(loaded: Loaded, kept: Kept) -> None:
    path = kept("keys", "id_ed25519", "the key")

    ssh = loaded(with_ssh(', key = "keys/id_ed25519"')).practice.host("remote").ssh

    assert ssh is not None
    assert (ssh.key, ssh.key_file) == (None, path)


def test_a_key_file_that_others_can_read_is_refused(mistaken: Mistaken, kept: Kept) -> None:
    kept("keys", "id_ed25519", "the key", 0o644)

    [message] = mistaken(with_ssh(', key = "keys/id_ed25519"'))

    assert message == (
        "config.toml:16: site[1].host[2].ssh.key: the secret in keys/id_ed25519 can be read by others; "
        "take that right away with: chmod 600 keys/id_ed25519"
    )


def test_a_default_key_that_others_can_read_is_refused(mistaken: Mistaken, kept: Kept) -> None:
    kept("credentials", "ssh_key", "the key", 0o644)

    [message] = mistaken(with_ssh(""))

    assert message == (
        "config.toml:16: site[1].host[2].ssh: the secret in credentials/ssh_key can be read by others; "
        "take that right away with: chmod 600 credentials/ssh_key"
    )


def test_the_config_says_which_secrets_it_asks_for_and_what_each_is_for(loaded: Loaded, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("a key")
    key.chmod(0o600)
    config = loaded(
        SMALL
        + """
[[site.host]]
name = "far"
address = "192.0.2.2"
ssh = { user = "u", key = "key" }

[[check]]
kind = "database"
name = "charts"
hosts = ["far"]
url = "postgresql://localhost/charts"
password = { secret = "charts_password" }

[[delivery]]
name = "hook"
channel = "webhook"
url = "https://hook.example/"
signing_key = "canary-7391"
""",
        {"HEALTHCHECK_SECRET_CHARTS_PASSWORD": "canary-7391"},
    )

    assert config.asked == (
        Asked(("site", 0, "host", 1, "ssh", "key"), "logging in to far", "key", file=key),
        Asked(("check", 1, "password"), "the database check (charts) of far", "password", "charts_password"),
        Asked(("delivery", 0, "signing_key"), "the delivery “hook”", "signing_key"),
    )


def test_a_secret_that_stands_in_the_config_itself_does_not_show_in_what_was_read() -> None:
    table = valid(SecretValue, "canary-7391")
    assert table == SecretSetting(literal="canary-7391")
    assert "canary" not in repr(table)
