"""Real backup repositories, made by restic and by Borg, in every state that one can be in."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.poly1305 import Poly1305

from tests.lab import need, quick_folder

PASSWORD = "canary-of-the-backups"
_PATIENCE_S = 20.0


def fingerprint(folder: Path) -> dict[str, tuple[int, str]]:
    """Everything in a folder: by path, when it was changed (ns) and a file's hash."""
    return {
        str(path.relative_to(folder)): (
            path.stat().st_mtime_ns,
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "",
        )
        for path in (folder, *folder.rglob("*"))
        if path.exists()
    }


@contextlib.contextmanager
def reachable() -> Iterator[Path]:
    """A folder that every login gets to, which those of a test are not."""
    folder = quick_folder("repository")
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def let_read(path: Path) -> None:
    """Let every login read all of a folder, and write to none of it."""
    for each in (path, *path.rglob("*")):
        each.chmod(0o755 if each.is_dir() else 0o444)


def overwrite(path: Path, at: int) -> None:
    """A few bytes of a file gone bad."""
    path.chmod(0o600)
    with path.open("r+b") as file:
        file.seek(at)
        file.write(b"XXXXXXXXXXXXXXXX")


@dataclass(frozen=True)
class Repository:
    """A repository of one of the tools, with the environment that its own commands need."""

    path: Path
    environment: Mapping[str, str]

    def run(self, *argv: str | Path, folder: Path | None = None) -> str:
        """A command of the tool's own user, to its end."""
        done = subprocess.run(
            argv, env={**os.environ, **self.environment}, cwd=folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def copy(self, to: Path) -> Repository:
        """Another one with the same contents."""
        shutil.copytree(self.path, to, copy_function=shutil.copy2)
        return Repository(to, self.environment)

    @contextlib.contextmanager
    def at_work(self, argv: Sequence[str | Path], locked: Callable[[], bool]) -> Iterator[subprocess.Popen[bytes]]:
        """A backup under way: of what comes through a pipe that stays open for the body's length."""
        process = subprocess.Popen(
            argv,
            env={**os.environ, **self.environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        assert process.stdin is not None
        try:
            end = time.monotonic() + _PATIENCE_S
            while not locked():
                assert process.poll() is None and time.monotonic() < end, "the backup did not begin"
                time.sleep(0.02)
            yield process
        finally:
            process.kill()
            process.stdin.close()
            process.wait()


@dataclass(frozen=True)
class ResticRepository(Repository):
    """One of restic's. Its key is made weak, because deriving a usual one takes half a second for every command."""

    @classmethod
    def made(cls, path: Path) -> ResticRepository:
        need("restic")
        made = cls(path, {"RESTIC_PASSWORD": PASSWORD, "RESTIC_REPOSITORY": str(path), "HOME": str(path.parent)})
        made.run("restic", "init", "--no-cache")
        _weaken(path / "keys", made.run("restic", "--no-cache", "cat", "masterkey"))
        return made

    def copy(self, to: Path) -> ResticRepository:
        super().copy(to)
        return ResticRepository(to, {**self.environment, "RESTIC_REPOSITORY": str(to)})

    def back_up(self, what: Path, at: datetime, host: str = "pasadena", *options: str) -> None:
        when = at.astimezone().strftime("%Y-%m-%d %H:%M:%S")  # it takes local times only
        self.run("restic", "--no-cache", "backup", "-q", "--host", host, "--time", when, *options, what)

    def packs(self) -> tuple[Path, Path]:
        """The packs of a repository with one backup: that of the folders, and that of what is in the files."""
        tree, data = sorted((path for path in (self.path / "data").rglob("*") if path.is_file()), key=_size)
        return tree, data

    @contextlib.contextmanager
    def being_backed_up(self) -> Iterator[subprocess.Popen[bytes]]:
        def locked() -> bool:  # once it has been given its name
            return any(len(lock.name) == 64 for lock in (self.path / "locks").iterdir())

        with self.at_work(["restic", "--no-cache", "backup", "-q", "--stdin"], locked) as process:
            yield process


@dataclass(frozen=True)
class BorgRepository(Repository):
    """One of Borg's."""

    @classmethod
    def made(cls, path: Path, encryption: str = "repokey") -> BorgRepository:
        need("borg")
        made = cls(
            path,
            {
                "BORG_PASSPHRASE": PASSWORD,
                "BORG_BASE_DIR": str(path.parent / "borg-home"),
                "BORG_RELOCATED_REPO_ACCESS_IS_OK": "yes",
                "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "yes",
            },
        )
        made.run("borg", "init", "-e", encryption, path)
        return made

    def copy(self, to: Path) -> BorgRepository:
        super().copy(to)
        return BorgRepository(to, {**self.environment, "BORG_BASE_DIR": str(to.parent / f"{to.name}-home")})

    def back_up(self, what: Path, at: datetime, name: str) -> None:
        when = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")  # it takes UTC only
        self.run("borg", "create", "--timestamp", when, f"{self.path}::{name}", what)

    @contextlib.contextmanager
    def being_backed_up(self) -> Iterator[subprocess.Popen[bytes]]:
        roster = self.path / "lock.roster"
        argv = ["borg", "create", f"{self.path}::next", "-"]
        with self.at_work(argv, lambda: roster.exists() and roster.stat().st_size > 0) as process:
            yield process


def _size(path: Path) -> int:
    return path.stat().st_size


def _weaken(keys: Path, master: str) -> None:
    """Put another key in the place of a repository's only one, for the same password and cheap to derive.

    A key is the master key encrypted by AES-256 in counter mode with a MAC by Poly1305-AES, both under a key that
    scrypt derives (restic's design document, "Keys, Encryption and MAC").
    """
    [old] = keys.iterdir()
    salt, nonce = os.urandom(64), os.urandom(16)
    derived = hashlib.scrypt(PASSWORD.encode(), salt=salt, n=2, r=1, p=1, dklen=64)
    encryptor = Cipher(algorithms.AES(derived[:32]), modes.CTR(nonce)).encryptor()
    ciphertext = encryptor.update(json.dumps(json.loads(master)).encode()) + encryptor.finalize()
    once = Cipher(algorithms.AES(derived[32:48]), modes.ECB()).encryptor()  # one block, as the MAC has it
    mac = Poly1305.generate_tag(derived[48:64] + once.update(nonce), ciphertext)
    key = {
        "created": "2026-11-22T00:00:00Z", "username": "", "hostname": "", "kdf": "scrypt", "N": 2, "r": 1, "p": 1,
        "salt": b64encode(salt).decode(), "data": b64encode(nonce + ciphertext + mac).decode(),
    }  # fmt: skip
    text = json.dumps(key).encode()
    old.unlink()
    (keys / hashlib.sha256(text).hexdigest()).write_bytes(text)
