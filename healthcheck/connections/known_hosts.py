"""Host keys on record, in the files that OpenSSH keeps them in (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT").

Read here and not by paramiko, whose reader raises at a `@cert-authority` line and does not know `@revoked`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field
from pathlib import Path

from healthcheck.records import frozen

_HASHED = "|1|"
_DEFAULT_PORT = 22
_REVOKED = "@revoked"
_SPECIAL = frozenset("*?!|")
"""What makes more of a name than itself."""
_NAME_AND_PORT = re.compile(r"[\w.:-]+|\[[\w.:-]+\]:\d+", re.ASCII)


@frozen
class HostKey:
    """A server's public key. `kind` is its type ("ssh-ed25519"), `origin` the file and line it is on record in."""

    kind: str
    blob: bytes
    origin: str = field(default="", compare=False)

    @property
    def fingerprint(self) -> str:
        """As ssh-keygen -l prints it: "SHA256:…"."""
        return "SHA256:" + base64.b64encode(hashlib.sha256(self.blob).digest()).decode().rstrip("=")

    def __str__(self) -> str:
        return f"{self.kind} {self.fingerprint}"


@frozen
class Known:
    """What is on record about one server. `unread` names files that could not be read."""

    keys: tuple[HostKey, ...] = ()
    revoked: tuple[HostKey, ...] = ()
    unread: tuple[str, ...] = ()


def look_up(files: Sequence[Path], address: str, port: int) -> Known:
    """What the files say about the server at `address`; see `Records.of`."""
    return Records(files).of(address, port)


class Records:
    """The files, read once for all the servers that are looked up in them."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._files: list[_File] = []
        self._unread: list[str] = []
        for path in files:
            try:
                lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
            except FileNotFoundError:
                continue
            except OSError as error:
                self._unread.append(f"{path}: {error.strerror}")
            else:
                self._files.append(_File(_entries(lines, str(path))))

    def of(self, address: str, port: int) -> Known:
        """What is on record about the server at `address`.

        The first file that knows it decides, so that a key enrolled anew is not undone by an old one in a later file;
        revocations of all count.
        """
        name = name_of(address, port)
        keys: tuple[HostKey, ...] = ()
        revoked: list[HostKey] = []
        for file in self._files:
            found = file.entries(name)
            revoked += [entry.key for entry in found if entry.marker == _REVOKED]
            keys = keys or tuple(entry.key for entry in found if not entry.marker)
        return Known(keys, tuple(revoked), tuple(self._unread))


class _File:
    """The lines of one file, those without a pattern by the names in them: thousands of hosts stand in some."""

    def __init__(self, entries: Iterable[_Entry]) -> None:
        self._named: dict[str, list[tuple[int, _Entry]]] = {}
        self._patterns: list[tuple[int, _Entry]] = []
        for line in enumerate(entries):
            names = line[1].names.lower()
            if _SPECIAL.isdisjoint(names):
                for name in names.split(","):
                    self._named.setdefault(name, []).append(line)
            else:
                self._patterns.append(line)

    def entries(self, name: str) -> list[_Entry]:
        """Every line that means that server, in the file's order."""
        found = [*self._named.get(name, ()), *(line for line in self._patterns if _names(line[1].names, name))]
        return [entry for _, entry in sorted(found, key=lambda line: line[0])]


@frozen
class Names:
    """The servers that files of known hosts name, each once; `hashed` counts the lines whose name nobody can read."""

    names: tuple[str, ...]
    hashed: int


def names(files: Iterable[Path]) -> Names:
    """Every server that can be read out of the files, without its port; patterns and damage are passed over."""
    found: dict[str, None] = {}
    hashed = 0
    for path in files:
        try:
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            continue
        for entry in _entries(lines, str(path)):
            if entry.names.startswith(_HASHED):
                hashed += not entry.marker
            elif not entry.marker:
                found |= {bare: None for name in entry.names.split(",") if (bare := _bare(name))}
    return Names(tuple(found), hashed)


def _bare(name: str) -> str:
    """The name or number alone; "" for a pattern or an exception."""
    if not _NAME_AND_PORT.fullmatch(name):
        return ""
    return name.removeprefix("[").partition("]")[0].lower()


def name_of(address: str, port: int) -> str:
    """How the files name a server: "example.org", or "[example.org]:2222" when its port is not 22."""
    name = address.lower()
    return name if port == _DEFAULT_PORT else f"[{name}]:{port}"


def line_for(address: str, port: int, key: HostKey) -> str:
    """The line that puts a server's key on record."""
    return f"{name_of(address, port)} {key.kind} {base64.b64encode(key.blob).decode()}"


@frozen
class _Entry:
    marker: str
    names: str
    key: HostKey


def _entries(lines: Sequence[str], origin: str) -> Iterator[_Entry]:
    """Every line that holds a key; what else stands there (comments, damage, keys of version 1) is passed over."""
    for number, line in enumerate(lines, 1):
        words = line.split()
        marker = words.pop(0) if words and words[0].startswith("@") else ""
        if len(words) < 3 or words[0].startswith("#"):
            continue
        names, kind, encoded = words[:3]
        try:
            blob = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            continue
        if blob[4 : 4 + len(kind)] == kind.encode():  # the key names its own type (RFC 4253, 6.6)
            yield _Entry(marker, names, HostKey(kind, blob, f"{origin}:{number}"))


def _names(patterns: str, name: str) -> bool:
    """Whether a line's first field means that server: names, wildcards, "!" exceptions, or one hashed name."""
    matched = False
    for pattern in patterns.split(","):
        wanted = pattern.removeprefix("!")
        if _hashed_is(wanted, name) if wanted.startswith(_HASHED) else _wildcard(wanted).fullmatch(name):
            if pattern.startswith("!"):
                return False
            matched = True
    return matched


def _hashed_is(hashed: str, name: str) -> bool:
    salt, _, digest = hashed.removeprefix(_HASHED).partition("|")
    try:
        made = hmac.new(base64.b64decode(salt), name.encode(), hashlib.sha1).digest()
        return hmac.compare_digest(made, base64.b64decode(digest))
    except (binascii.Error, ValueError):
        return False


def _wildcard(pattern: str) -> re.Pattern[str]:
    """`*` and `?` are the only special characters; a bracket is part of "[name]:port"."""
    return re.compile(re.escape(pattern.lower()).replace(r"\*", ".*").replace(r"\?", "."))
