"""Each mistake that people make in a config is refused with its own exact message.

The files in `invalid/` hold one mistake each; the comments at their top are the messages, without the file's name.
"""

from __future__ import annotations

import os
from itertools import takewhile
from pathlib import Path

import pytest

from healthcheck.config import load
from healthcheck.config.mistakes import did_you_mean, dotted, one_of, shown
from healthcheck.errors import ConfigError
from tests.config.conftest import SMALL, Mistaken, Written
from tests.config.kinds import CATALOGUE
from tests.lab import need_root

INVALID = sorted((Path(__file__).parent / "invalid").glob("invalid-*.toml"))
CANARY = "canary-7391"


@pytest.mark.fault(61)
@pytest.mark.parametrize("path", INVALID, ids=[path.stem for path in INVALID])
def test_a_mistake_is_refused_with_its_exact_message(path: Path, mistaken: Mistaken) -> None:
    text = path.read_text(encoding="utf-8")
    expected = [line.removeprefix("# ") for line in takewhile(lambda line: line.startswith("# "), text.split("\n"))]

    messages = mistaken(text)

    assert messages == [f"config.toml:{message}" for message in expected]


@pytest.mark.fault(62)
@pytest.mark.parametrize("path", [path for path in INVALID if CANARY in path.read_text()], ids=lambda path: path.stem)
def test_a_secret_in_a_wrong_place_is_never_shown(path: Path, written: Written) -> None:
    with pytest.raises(ConfigError) as caught:
        load(written(path.read_text(encoding="utf-8")), CATALOGUE, {})

    assert CANARY not in str(caught.value)
    assert CANARY not in repr(caught.value)


SECRET_PLACES = {
    "invalid-password": f"[email]\nhost = 1\nfrom = 2\npassword = ['{CANARY}']",
    "invalid-password-misspelt": f"[email]\nhost = 1\npasword = '{CANARY}'",
    "invalid-token": f"[email.oauth2]\nrefresh_token = {{ secert = '{CANARY}' }}",
    "invalid-secret-name": f"[[check]]\nkind = 'database'\nhosts = ['*']\nurl = 'x'\n"
    f"password = {{ secret = '{CANARY}!' }}",
    "invalid-webhook": f"[[delivery]]\nname = 'd'\nchannel = 'slack'\nurl = 'ftp://hooks.example/{CANARY}'",
    "invalid-key": f"[[site]]\nname = 'A'\n[[site.host]]\nname = 'a'\nssh = {{ user = 'u', key = ['{CANARY}'] }}",
    "invalid-password-in-url": f"[email]\nhost = 'smtp://u:{CANARY}@mail.example'\nport = '://u:{CANARY}@mail.example'",
    "invalid-check-url": f"[[check]]\nkind = 'database'\nhosts = ['*']\nurl = ['mysql://u:{CANARY}@db/x']",
    "invalid-headers": f"[[check]]\nkind = 'database'\nhosts = ['*']\nurl = 'x'\nheaders = {{ Authorization = 5, "
    f"Token = ['{CANARY}'] }}",
    "invalid-syntax": f"[email]\npassword = {CANARY}",
    "invalid-quote": f'[email]\npassword = "{CANARY}',
    "invalid-twice": f'[email]\npassword = "{CANARY}"\npassword = "{CANARY}"',
}


@pytest.mark.fault(62)
@pytest.mark.parametrize("text", SECRET_PLACES.values(), ids=SECRET_PLACES)
def test_whatever_is_wrong_with_a_secret_it_is_never_shown(text: str, written: Written) -> None:
    with pytest.raises(ConfigError) as caught:
        load(written(text), CATALOGUE, {})

    assert CANARY not in str(caught.value)


def test_every_mistake_is_told_at_once_by_line(mistaken: Mistaken) -> None:
    messages = mistaken(
        """\
[practice]
name = "Foothill"
timezone = "America/Phenix"
opens = "05:00"
watcher = "Pasadenna"

[[persons]]
name = "Bay IT"

[[site]]
name = "Pasadena"

[[site.host]]
name = "router"
adress = "192.0.2.1"

[[site.host]]
name = "server"
local = "yes"

[[check]]
kind = "pnig"
hosts = ["*"]

[[check]]
kind = "ping"
hosts = ["router", "sever"]
timeout_s = -1
count = "3"

[[service]]
name = "Charts"
needs = ["servr"]

[[delivery]]
name = "chat"
channel = "teams"
"""
    )

    assert messages == [
        'config.toml:3: practice.timezone: unknown time zone "America/Phenix"; did you mean "America/Phoenix"?',
        "config.toml:4: practice.opens: the report is due at 6:30, after the doors open at 5:00",
        'config.toml:5: practice.watcher: unknown site "Pasadenna"; did you mean "Pasadena"?',
        'config.toml:7: persons: unknown section; did you mean "person"?',
        'config.toml:15: site[1].host[1].adress: unknown setting "adress"; did you mean "address"?',
        'config.toml:19: site[1].host[2].local: must be true or false without quotes, not "yes"',
        'config.toml:22: check[1].kind: unknown kind of check "pnig"; did you mean "ping"?',
        "config.toml:28: check[2].timeout_s: must be more than 0, not -1",
        'config.toml:29: check[2].count: must be a whole number without quotes, not "3"',
        'config.toml:33: service[1].needs[1]: there is no host and no check key "servr"; did you mean "server"?',
        "config.toml:35: delivery[1].url: this setting is missing; teams needs an address to send to",
    ]


def test_a_mistake_in_one_place_is_not_told_again_wherever_that_place_is_named(mistaken: Mistaken) -> None:
    messages = mistaken(
        SMALL.replace("local = true", "local = 1")
        + """
[[check]]
kind = "disk"
hosts = ["server", "site:Pasadena", "role:other", "serv*"]

[[service]]
name = "Charts"
needs = ["server", "Pasadena/server/disk"]
used_by = ["Pasadena"]
"""
    )

    assert messages == ["config.toml:11: site[1].host[1].local: must be true or false without quotes, not 1"]


FILES = {
    "invalid-empty": (b"", "config.toml: the config is empty; config.example.toml shows what belongs in it"),
    "invalid-only-comments": (
        b"# nothing\n",
        "config.toml: the config is empty; config.example.toml shows what belongs in it",
    ),
    "invalid-byte-order-mark": (
        b"\xef\xbb\xbf[practice]\n",
        'config.toml:1: it starts with a byte order mark; save it as "UTF-8", not as "UTF-8 with BOM"',
    ),
    "invalid-utf-16": (
        "[practice]\n".encode("utf-16"),
        'config.toml:1: it is written in UTF-16; save it as "UTF-8"',
    ),
    "invalid-not-utf-8": (
        '[practice]\nname = "Clínica"\n'.encode("latin-1"),
        'config.toml:2: the character at column 11 is not UTF-8 (byte 0xed); save the file as "UTF-8"',
    ),
    "invalid-too-large": (b"#" * 4_000_001, "config.toml: this is no config: it is larger than 4 MB"),
    "invalid-deep": (
        b"a = " + b"[" * 100_000,
        "config.toml: it cannot be read: lists or tables stand too deep inside each other",
    ),
    "invalid-long-number": (
        b"a = " + b"9" * 5_000,
        "config.toml: it cannot be read: there is a number of thousands of digits in it",
    ),
}


@pytest.mark.fault(61)
@pytest.mark.parametrize(("data", "message"), FILES.values(), ids=FILES)
def test_a_file_that_is_no_config_is_refused(data: bytes, message: str, mistaken: Mistaken) -> None:
    assert mistaken(data) == [message]


@pytest.mark.fault(61)
def test_a_missing_file_is_told_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "config.toml", CATALOGUE, {})

    assert str(caught.value) == (
        f"{tmp_path}/config.toml: there is no such file; "
        "make one with `healthcheck init`, or name another with --config"
    )


def test_a_folder_is_no_config(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, CATALOGUE, {})

    assert str(caught.value) == f"{tmp_path}: cannot be read: Is a directory"


@pytest.mark.fault(61)
def test_a_config_that_others_can_write_to_is_refused(written: Written) -> None:
    path = written(SMALL)
    path.chmod(0o664)

    with pytest.raises(ConfigError) as caught:
        load(path, CATALOGUE, {})

    assert str(caught.value) == (
        f"{path}: not read: others can write to it; take that right away with: chmod go-w {path}"
    )


def test_a_config_of_another_user_is_refused(written: Written) -> None:
    need_root()
    path = written(SMALL)
    os.chown(path, 65534, 65534)

    with pytest.raises(ConfigError) as caught:
        load(path, CATALOGUE, {})

    assert str(caught.value) == (
        f"{path}: not read: it belongs to another user (uid 65534); change its owner with: chown 0 {path}"
    )


ADDRESSES = {
    "valid-plain": ("help@bayit.example", True),
    "valid-named": ("Bay IT <help@bayit.example>", True),
    "invalid-two": ("help@bayit.example, more@bayit.example", False),
    "invalid-something-behind": ("help@bayit.example please", False),
    "invalid-open": ("Bay IT <help@bayit.example", False),
    "invalid-no-at": ("help.bayit.example", False),
    "invalid-two-lines": ("help@bayit.example\\nBcc: x@y.example", False),
}


@pytest.mark.parametrize(("address", "right"), ADDRESSES.values(), ids=ADDRESSES)
def test_a_mail_address_is_one_address(address: str, right: bool, written: Written) -> None:
    path = written(SMALL + f'\n[[person]]\nname = "Bay IT"\nrole = "it"\nemail = "{address}"\n')

    if right:
        assert load(path, CATALOGUE, {}).practice.people[0].email == address
    else:
        with pytest.raises(ConfigError, match=r":20: person\[1\]\.email: "):
            load(path, CATALOGUE, {})


def test_a_tab_is_as_good_as_a_space(written: Written) -> None:
    assert load(written(SMALL.replace("local = true", "\tlocal\t=\ttrue\t")), CATALOGUE, {}).plan


def test_a_place_is_told_as_people_count() -> None:
    assert dotted(("site", 1, "host", 0, "address")) == "site[2].host[1].address"
    assert dotted(()) == ""


def test_a_word_is_guessed_whatever_its_capitals() -> None:
    assert did_you_mean("PASADINA", ["Azusa", "Pasadena"]) == '; did you mean "Pasadena"?'
    assert did_you_mean("zzz", ["Azusa", "Pasadena"]) == ""


def test_a_choice_is_told_in_words() -> None:
    assert one_of(["tls"]) == '"tls"'
    assert one_of(["tls", "starttls", "none"]) == '"tls", "starttls" or "none"'


@pytest.mark.parametrize(
    ("place", "value", "text"),
    [
        pytest.param(("name",), "Pasadena", '"Pasadena"', id="shown-text"),
        pytest.param(("name",), "a" * 100, '"' + "a" * 59 + '…"', id="shown-shortened"),
        pytest.param(("name",), "two\nlines\x1b[31m", '"two lines"', id="shown-harmless"),
        pytest.param(("port",), 7, "7", id="shown-number"),
        pytest.param(("local",), True, "true", id="shown-truth"),
        pytest.param(("hosts",), ["a"], "a list", id="hidden-list"),
        pytest.param(("ssh",), {"a": 1}, "a table", id="hidden-table"),
        pytest.param(("email", "password"), CANARY, "the text found there", id="hidden-password"),
        pytest.param(("email", "password"), 7391, "the value found there", id="hidden-number"),
        pytest.param(("url",), CANARY, "the text found there", id="hidden-address"),
        pytest.param(("host",), "smtp://u:p@mail", "the text found there", id="hidden-password-in-an-address"),
    ],
)
def test_what_was_found_is_shown_unless_it_may_be_a_secret(place: tuple[str, ...], value: object, text: str) -> None:
    assert shown(place, value) == text
