from __future__ import annotations

import subprocess
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from healthcheck.connections import client_keys
from healthcheck.connections.client_keys import ClientKeys
from healthcheck.errors import ProbeError
from healthcheck.model import Secret, SshAccess
from tests.lab.sshd import new_key, ssh_keygen


def refused(access: SshAccess, default: Secret | None = None) -> ProbeError:
    with pytest.raises(ProbeError) as caught:
        ClientKeys(default).of(access)
    assert caught.value.final
    return caught.value


@pytest.mark.parametrize(
    ("options", "name"),
    [
        pytest.param(["-t", "ed25519"], "ssh-ed25519", id="ed25519"),
        pytest.param(["-t", "ecdsa"], "ecdsa-sha2-nistp256", id="ecdsa"),
        pytest.param(["-t", "rsa", "-b", "2048"], "ssh-rsa", id="rsa"),
        pytest.param(["-t", "rsa", "-b", "2048", "-m", "PEM"], "ssh-rsa", id="rsa-old-format"),
        pytest.param(["-t", "ecdsa", "-m", "PEM"], "ecdsa-sha2-nistp256", id="ecdsa-old-format"),
    ],
)
def test_every_usual_kind_of_key_is_read_from_a_file_and_from_a_secret(
    tmp_path: Path, options: list[str], name: str
) -> None:
    path = ssh_keygen(tmp_path / "key", *options)
    public = path.with_name("key.pub").read_text().split()[1]
    from_file = ClientKeys(None).of(SshAccess("checker", key_file=path))
    from_secret = ClientKeys(None).of(SshAccess("checker", key=Secret(path.read_text())))
    assert (from_file.get_name(), from_file.get_base64()) == (name, public)
    assert from_secret.get_base64() == public


def test_the_host_s_own_key_comes_before_its_file_before_the_default_before_the_usual_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret, in_file, default, usual = (new_key() for _ in range(4))
    file = in_file.write(tmp_path / "own")
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".ssh").mkdir()
    usual.write(tmp_path / ".ssh" / "id_ed25519")
    given = SshAccess("checker", key=Secret(secret.private), key_file=file)
    chosen = [
        ClientKeys(Secret(default.private)).of(given),
        ClientKeys(Secret(default.private)).of(SshAccess("checker", key_file=file)),
        ClientKeys(Secret(default.private)).of(SshAccess("checker")),
        ClientKeys(None).of(SshAccess("checker")),
    ]
    assert [key.get_base64() for key in chosen] == [key.public.split()[1] for key in (secret, in_file, default, usual)]


def test_a_pasted_secret_without_its_last_line_break_or_with_carriage_returns_is_read() -> None:
    key = new_key()
    text = key.private.strip().replace("\n", "\r\n")
    assert ClientKeys(None).of(SshAccess("checker", key=Secret(text))).get_base64() == key.public.split()[1]


def test_a_certificate_beside_a_key_does_not_hide_the_key(tmp_path: Path) -> None:
    authority, path = ssh_keygen(tmp_path / "ca", "-t", "ed25519"), ssh_keygen(tmp_path / "key", "-t", "ed25519")
    subprocess.run(
        ["ssh-keygen", "-q", "-s", authority, "-I", "us", "-n", "checker", path.with_name("key.pub")], check=True
    )
    assert path.with_name("key-cert.pub").exists()
    key = ClientKeys(None).of(SshAccess("checker", key_file=path))
    assert (key.get_name(), key.public_blob) == ("ssh-ed25519", None)


@pytest.mark.fault(14)
@pytest.mark.parametrize("options", [["-t", "ed25519"], ["-t", "rsa", "-b", "2048", "-m", "PEM"]], ids=["new", "old"])
def test_a_key_with_a_passphrase_cannot_be_used(tmp_path: Path, options: list[str]) -> None:
    error = refused(SshAccess("checker", key_file=ssh_keygen(tmp_path / "key", *options, "-N", "correct horse")))
    assert error.says == "our key cannot be used: it is locked with a passphrase"
    assert error.detail == f"{tmp_path}/key: use a key that was made without one"


@pytest.mark.fault(14)
def test_a_key_that_others_may_read_is_not_used(tmp_path: Path) -> None:
    path = new_key().write(tmp_path / "key")
    path.chmod(0o644)
    error = refused(SshAccess("checker", key_file=path))
    assert error.says == "our key cannot be used: others on this computer may read it"
    assert error.detail == f"{path} has mode 0644; take that right away with: chmod 600 {path}"


@pytest.mark.fault(14)
def test_a_key_file_that_is_missing_or_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = refused(SshAccess("checker", key_file=tmp_path / "key"))
    assert missing.says == "our key cannot be used: it is not there"
    assert missing.detail == f"there is no file {tmp_path}/key, and no other client key is configured"
    monkeypatch.setenv("HOME", str(tmp_path))
    assert refused(SshAccess("checker")).detail == (
        f"there is no file {tmp_path}/.ssh/id_ed25519, and no other client key is configured"
    )
    folder = tmp_path / "folder"
    folder.mkdir(0o700)
    unreadable = refused(SshAccess("checker", key_file=folder))
    assert unreadable.says == "our key cannot be used: it cannot be read"
    assert unreadable.detail == f"{folder}: Is a directory"


@pytest.mark.fault(14)
@pytest.mark.parametrize(
    ("text", "says", "detail"),
    [
        pytest.param(
            "PuTTY-User-Key-File-2: ssh-rsa\n",
            "it is in the wrong format",
            "the secret ssh_key is a PuTTY key; export it as an OpenSSH key",
            id="putty",
        ),
        pytest.param(
            "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n",
            "it is damaged or of an unknown kind",
            "the secret ssh_key holds no Ed25519, ECDSA or RSA private key",
            id="damaged",
        ),
        pytest.param(
            "",
            "it is damaged or of an unknown kind",
            "the secret ssh_key holds no Ed25519, ECDSA or RSA private key",
            id="empty",
        ),
    ],
)
def test_a_secret_that_is_no_key_is_named_and_not_shown(text: str, says: str, detail: str) -> None:
    error = refused(SshAccess("checker"), default=Secret(text, "ssh_key"))
    assert (error.says, error.detail) == (f"our key cannot be used: {says}", detail)


def test_a_key_is_parsed_once_however_many_ask_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []
    parse = client_keys._parsed

    def counted(text: str, origin: str) -> object:
        parsed.append(origin)
        return parse(text, origin)

    monkeypatch.setattr(client_keys, "_parsed", counted)
    # RSA takes long enough to parse for the others to come while it goes on.
    path = ssh_keygen(tmp_path / "key", "-t", "rsa", "-b", "3072")
    keys, access = ClientKeys(None), SshAccess("checker", key_file=path)
    threads = [threading.Thread(target=keys.of, args=(access,)) for _ in range(9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert parsed == [str(path)]


@settings(max_examples=200)
@given(st.text() | st.binary().map(lambda data: f"-----BEGIN OPENSSH PRIVATE KEY-----\n{data!r}\n-----END"))
def test_whatever_a_secret_holds_it_is_a_key_or_an_error_of_ours(text: str) -> None:
    assert refused(SshAccess("checker", key=Secret(text))).says.startswith("our key cannot be used: ")
