from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcheck.connections.known_hosts import HostKey, Known, line_for, look_up, name_of
from tests.lab import need
from tests.lab.sshd import KeyPair, new_key


def on_record(key: KeyPair, origin: str = "") -> HostKey:
    return HostKey("ssh-ed25519", key.blob, origin)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "known_hosts"


@pytest.mark.parametrize(
    ("names", "address", "port"),
    [
        pytest.param("192.0.2.10", "192.0.2.10", 22, id="known-address"),
        pytest.param("server.example,192.0.2.10", "192.0.2.10", 22, id="known-second-name"),
        pytest.param("Server.Example", "server.EXAMPLE", 22, id="known-whatever-the-case"),
        pytest.param("[192.0.2.10]:2222", "192.0.2.10", 2222, id="known-other-port"),
        pytest.param("*.example", "server.example", 22, id="known-wildcard"),
        pytest.param("192.0.2.1?", "192.0.2.10", 22, id="known-one-character"),
        pytest.param("[*.example]:2222", "server.example", 2222, id="known-wildcard-and-port"),
        pytest.param("2001:db8::1", "2001:db8::1", 22, id="known-ipv6"),
    ],
)
def test_a_server_is_found_by_every_way_to_name_it(file: Path, names: str, address: str, port: int) -> None:
    key = new_key()
    file.write_text(f"# comment\n\n{names} {key.public} root@server\n")
    assert look_up([file], address, port) == Known((on_record(key),))
    assert look_up([file], address, port).keys[0].origin == f"{file}:3"


@pytest.mark.parametrize(
    ("names", "address", "port"),
    [
        pytest.param("192.0.2.10", "192.0.2.10", 2222, id="unknown-at-another-port"),
        pytest.param("[192.0.2.10]:2222", "192.0.2.10", 22, id="unknown-at-the-usual-port"),
        pytest.param("192.0.2.10", "192.0.2.1", 22, id="unknown-prefix"),
        pytest.param("192.0.2.1", "192.0.201", 22, id="unknown-a-dot-is-a-dot"),
        pytest.param("*.example,!old.example", "old.example", 22, id="unknown-exception"),
        pytest.param("|1|notbase64!|x", "192.0.2.10", 22, id="unknown-damaged-hash"),
    ],
)
def test_a_server_that_the_line_does_not_mean_is_unknown(file: Path, names: str, address: str, port: int) -> None:
    file.write_text(f"{names} {new_key().public}\n")
    assert look_up([file], address, port) == Known()


@pytest.mark.parametrize(("address", "port"), [("192.0.2.10", 22), ("server.example", 2222)])
def test_names_that_openssh_has_hashed_are_found(file: Path, address: str, port: int) -> None:
    need("ssh-keygen")
    key = new_key()
    file.write_text(f"{name_of(address, port)} {key.public}\n")
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", file], check=True, capture_output=True)
    assert file.read_text().startswith("|1|")
    assert look_up([file], address, port) == Known((on_record(key),))
    assert look_up([file], "192.0.2.99", port) == Known()


def test_openssh_reads_the_line_that_we_write_and_prints_the_same_fingerprint(file: Path) -> None:
    need("ssh-keygen")
    key = on_record(new_key())
    file.write_text(line_for("server.example", 2222, key) + "\n")
    found = subprocess.run(
        ["ssh-keygen", "-l", "-F", "[server.example]:2222", "-f", file], check=True, capture_output=True, text=True
    )
    assert key.fingerprint in found.stdout
    assert look_up([file], "server.example", 2222) == Known((key,))


def test_a_certificate_authority_is_passed_over_and_a_withdrawn_key_is_told(file: Path) -> None:
    authority, withdrawn, good = new_key(), new_key(), new_key()
    file.write_text(f"@cert-authority * {authority.public}\n@revoked * {withdrawn.public}\n192.0.2.10 {good.public}\n")
    assert look_up([file], "192.0.2.10", 22) == Known((on_record(good),), (on_record(withdrawn),))


def test_several_keys_of_one_server_are_all_known(file: Path) -> None:
    need("ssh-keygen")
    first, second = new_key(), new_key()
    file.write_text(f"192.0.2.10 {first.public}\n192.0.2.10 {second.public}\n")
    assert look_up([file], "192.0.2.10", 22) == Known((on_record(first), on_record(second)))


def test_the_first_file_that_knows_a_server_decides_and_revocations_of_all_count(tmp_path: Path) -> None:
    new, old, withdrawn = new_key(), new_key(), new_key()
    files = [tmp_path / name for name in ("missing", "other", "ours", "theirs")]
    files[1].write_text(f"192.0.2.77 {old.public}\n")
    files[2].write_text(f"192.0.2.10 {new.public}\n")
    files[3].write_text(f"192.0.2.10 {old.public}\n@revoked 192.0.2.10 {withdrawn.public}\n")
    assert look_up(files, "192.0.2.10", 22) == Known((on_record(new),), (on_record(withdrawn),))


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    assert look_up([tmp_path], "192.0.2.10", 22) == Known(unread=(f"{tmp_path}: Is a directory",))


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("192.0.2.10 ssh-ed25519", id="cut"),
        pytest.param("192.0.2.10 ssh-ed25519 ???", id="no-base64"),
        pytest.param("192.0.2.10 ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIA==", id="another-type-than-it-says"),
        pytest.param("192.0.2.10 1024 35 1234567890", id="protocol-1"),
        pytest.param("@revoked", id="marker-alone"),
        pytest.param("\x00\xff", id="noise"),
    ],
)
def test_a_damaged_line_is_passed_over_and_the_next_is_read(file: Path, line: str) -> None:
    key = new_key()
    file.write_text(f"{line}\n192.0.2.10 {key.public}\n")
    assert look_up([file], "192.0.2.10", 22) == Known((on_record(key),))


@given(st.binary())
def test_whatever_the_file_holds_it_is_read(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "any_known_hosts"
    file.write_bytes(data)
    assert isinstance(look_up([file], "192.0.2.10", 22), Known)
