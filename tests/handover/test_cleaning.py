"""A secret is taken out in every spelling, and what cannot be cleaned does not leave."""

from __future__ import annotations

import base64
import html
import json
import time
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from healthcheck.config.settings import Config
from healthcheck.handover.cleaning import Cleaning
from healthcheck.model import Secret
from healthcheck.privacy import REMOVED
from tests.inventory.practices import CONFIG, PRACTICE

NOWHERE = Config(Path("/nowhere/config.toml"), PRACTICE, ())
SECRETS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=8, max_size=40)
SPELLED = {
    "plain": str,
    "address": quote,
    "form": quote_plus,
    "html": html.escape,
    "json": lambda text: json.dumps(text)[1:-1],
    "hex": lambda text: text.encode().hex(),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64-within": lambda text: base64.b64encode(f"x{text}y".encode()).decode(),
    "base64-further": lambda text: base64.b64encode(f"xy{text}".encode()).decode(),
    "base64-for-addresses": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
}


def cleaning(*secrets: str, config: Config = NOWHERE) -> Cleaning:
    return Cleaning(config, [Secret(text) for text in secrets], {})


@pytest.mark.fault(62)
@pytest.mark.parametrize("spelled", SPELLED.values(), ids=SPELLED)
@given(secret=SECRETS)
def test_a_secret_is_taken_out_however_it_is_spelled(spelled: object, secret: str) -> None:
    assume(not secret.isalpha() and secret not in f"before {REMOVED} after")
    assert callable(spelled)
    clean = cleaning(secret)
    text = f"before {spelled(secret)} after"
    assert clean.lets_out(text.encode())
    left = clean.text(text)
    assert left.startswith("before ") and left.endswith(" after")
    assert secret not in left
    assert clean.lets_out(left.encode()) == ""


def test_lines_stay_and_each_line_of_a_key_goes() -> None:
    clean = cleaning("first-line-1\nsecond-line-2")
    assert clean.text("a\nfirst-line-1\nb second-line-2\n") == "a\n[removed]\nb [removed]\n"


def test_the_parts_of_an_address_that_let_somebody_in_are_looked_for_and_common_words_are_not() -> None:
    clean = cleaning("https://me:p4ssw0rd@hooks.example/services/T0AB12CD/incoming?key=k9k9k9k9")
    assert clean.text("T0AB12CD and k9k9k9k9 and p4ssw0rd of services/incoming at hooks.example") == (
        "[removed] and [removed] and [removed] of services/incoming at hooks.example"
    )


@pytest.mark.parametrize("secret", ["charts", "Password", "a1b2"])
def test_an_everyday_word_or_a_short_one_is_not_taken_out_of_the_middle_of_texts(secret: str) -> None:
    clean = cleaning(secret)
    assert clean.text(f"the {secret} page") == f"the {secret} page"
    assert clean.lets_out(f"the {secret} page".encode()) == ""


def test_secrets_are_looked_for_that_only_lie_in_their_places(tmp_path: Path) -> None:
    (tmp_path / "credentials").mkdir()
    (tmp_path / "credentials" / "old").write_text("of-f1le\n")
    (tmp_path / "handed").mkdir()
    (tmp_path / "handed" / "one").write_text("of-syst3md")
    (tmp_path / "elsewhere").write_text("of-els3where")
    environ = {
        "CREDENTIALS_DIRECTORY": str(tmp_path / "handed"),
        "HEALTHCHECK_SECRET_A": "of-envir0nment",
        "HEALTHCHECK_SECRET_B_FILE": str(tmp_path / "elsewhere"),
        "HOME": "not-a-s3cret",
    }
    clean = Cleaning(Config(tmp_path / "config.toml", PRACTICE, ()), [], environ)
    assert clean.text("of-f1le of-syst3md of-els3where of-envir0nment not-a-s3cret") == (
        "[removed] [removed] [removed] [removed] not-a-s3cret"
    )


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"-----BEGIN RSA PRIVATE KEY-----", "it holds a private key"),
        (b"-----BEGIN PGP PRIVATE KEY BLOCK-----", "it holds a private key"),
        (b"PuTTY-User-Key-File-3: ssh-ed25519", "it holds a private key"),
        (b"\xff\x00s3cret-0\x00", "it holds a secret in a form that could not be taken out"),
        (b"\xff123-45-6789", "it holds what looks like the number of a patient"),
        (b"a%20123-45-6789%20b", "it holds what looks like the number of a patient"),
        (b"-----BEGIN CERTIFICATE-----", ""),
        (b"626-555-0142", ""),
    ],
    ids=["key", "gpg", "putty", "binary", "number", "number-in-an-address", "certificate", "telephone"],
)
def test_what_must_not_leave_says_why(content: bytes, why: str) -> None:
    assert cleaning("s3cret-0").lets_out(content) == why


def test_a_number_is_found_in_an_address_where_a_word_begins_only_once_it_is_read() -> None:
    clean = cleaning()
    assert clean.text("mailto:a@b.example?body=of%20123-45-6789%20today&x=1%2B1") == (
        "mailto:a@b.example?body=of%20%5Bremoved%5D%20today&x=1+1"
    )
    assert clean.text("mailto:a@b.example?body=of%20today%2C%20all") == "mailto:a@b.example?body=of%20today%2C%20all"


def test_names_and_values_of_data_are_cleaned_and_a_configs_names_are_not() -> None:
    clean = cleaning("s3cret-0")
    assert clean.data({"s3cret-0": ["s3cret-0", 1, None]}) == {"[removed]": ["[removed]", 1, None]}
    assert clean.values({"s3cret-0": ["s3cret-0", {"a": "s3cret-0"}]}) == {
        "s3cret-0": ["[removed]", {"a": "[removed]"}]
    }


def test_a_long_text_without_a_blank_is_cleaned_at_once() -> None:
    clean = cleaning(*(f"s3cret-{number}" for number in range(20)), config=CONFIG)
    began = time.monotonic()
    assert len(clean.text("a1" * 500_000)) == 1_000_000
    assert time.monotonic() - began < 5
