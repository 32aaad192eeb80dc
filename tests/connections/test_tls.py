"""TLS contexts: made once, made again when the authorities change, and never without trust by accident."""

from __future__ import annotations

import os
import ssl
from pathlib import Path

import pytest

from healthcheck.connections.tls import client_context
from healthcheck.errors import ProbeError
from tests.lab.tls import Authority


def test_a_context_is_made_once(tmp_path: Path) -> None:
    ca_file = Authority(tmp_path).ca_file
    assert client_context() is client_context()
    assert client_context(ca_file=ca_file) is client_context(ca_file=ca_file)
    assert client_context(ca_file=ca_file) is not client_context()


def test_a_changed_file_of_authorities_is_read_again(tmp_path: Path) -> None:
    ca_file = Authority(tmp_path).ca_file
    before = client_context(ca_file=ca_file)
    os.utime(ca_file, ns=(0, Path(ca_file).stat().st_mtime_ns + 1))
    assert client_context(ca_file=ca_file) is not before


def test_a_context_trusts_nothing_that_it_was_not_told_to(tmp_path: Path) -> None:
    context = client_context(ca_file=Authority(tmp_path).ca_file)
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert len(context.get_ca_certs()) == 1
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


def test_only_a_look_that_decides_nothing_takes_any_certificate() -> None:
    context = client_context(verify=False)
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_NONE, False)
    assert client_context().verify_mode is ssl.CERT_REQUIRED


@pytest.mark.parametrize("content", [None, "", "no certificate"], ids=["missing", "empty", "text"])
def test_a_file_that_holds_no_authority_cannot_be_used(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "authority.pem"
    if content is not None:
        file.write_text(content)
    with pytest.raises(ProbeError) as caught:
        client_context(ca_file=str(file))
    assert caught.value.says == "the file of trusted certificates could not be read"
    assert caught.value.detail.startswith(f"ca_file {file}: ")
