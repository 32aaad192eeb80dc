"""Puts the config and the password in their places: checked first, whole or not at all, and over nobody's file."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from healthcheck import config as configs
from healthcheck.config.secrets import FOLDER
from healthcheck.errors import HealthcheckError
from healthcheck.interview.answers import Answers

PASSWORD = "smtp_password"  # noqa: S105  the name of a secret


class InTheWay(HealthcheckError):
    """Something that a person wrote stands where the config or the password would."""


def look_for_room(path: Path) -> None:
    """Raise `InTheWay` before anything is asked if something stands there already, or nothing can be written there."""
    for taken in (path, password_file(path)):
        if os.path.lexists(taken):
            raise InTheWay(
                f"{taken} is there already, and is left as it is. Move it away, or name another place with --config."
            )
    there = next(folder for folder in (path.absolute().parent, *path.absolute().parents) if folder.exists())
    if not os.access(there, os.W_OK | os.X_OK):
        raise HealthcheckError(
            f"{path} cannot be written, because {there} belongs to somebody else. Run this with sudo, or name another "
            "place with --config."
        )


def password_file(path: Path) -> Path:
    """Where the mail password of a config is kept."""
    return path.absolute().parent / FOLDER / PASSWORD


def put(path: Path, text: str, answers: Answers, environ: Mapping[str, str]) -> None:
    """Write the config, and the password beside it. `ConfigError` if the program itself does not take the config.

    The service that makes the report may run as an account of its own, so root's config can be read by everybody; it
    holds no secret. A person's own is their own.
    """
    as_root = os.geteuid() == 0
    password = answers.password if answers.sends else None
    _check(path, text, environ, password.reveal() if password else "")
    with _nothing_half_done() as made:
        for folder in reversed([path.absolute().parent, *path.absolute().parent.parents]):
            made += _made_folder(folder, 0o755 if as_root else 0o700)
        if password is not None:
            made += _made_folder(password_file(path).parent, 0o700)
            _write_new(password_file(path), password.reveal() + "\n", 0o600)
            made.append(password_file(path))
        _write_new(path.absolute(), text, 0o644 if as_root else 0o600)


def _check(path: Path, text: str, environ: Mapping[str, str], password: str) -> None:
    """Let the program read it as it will, in a place of its own first."""
    given = {f"HEALTHCHECK_SECRET_{PASSWORD.upper()}": password} if password else {}
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "config.toml")
        copy.write_text(text, encoding="utf-8")
        copy.chmod(0o600)
        configs.load(path, environ={**environ, **given}, copy=copy)


def _made_folder(folder: Path, mode: int) -> Iterator[Path]:
    """Make a folder that is not there, with that mode whatever the umask."""
    if not folder.exists():
        folder.mkdir(mode=0o700)
        yield folder
        folder.chmod(mode)


def _write_new(path: Path, text: str, mode: int) -> None:
    """A file that is whole at once or not there, and takes no other's place."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), mode)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.link(name, path)  # unlike a rename, it fails where something came in between
    except FileExistsError:
        raise InTheWay(f"{path} has come there in the meantime, and is left as it is.") from None
    finally:
        os.unlink(name)  # noqa: PTH108


@contextlib.contextmanager
def _nothing_half_done() -> Iterator[list[Path]]:
    """What is noted as made is taken away again when the rest does not come about, be it for Ctrl-C."""
    made: list[Path] = []
    try:
        yield made
    except BaseException as error:
        for path in reversed(made):
            with contextlib.suppress(OSError):
                path.rmdir() if path.is_dir() else path.unlink()
        if isinstance(error, OSError):
            raise HealthcheckError(f"Nothing was written: {(error.strerror or 'unknown reason').lower()}.") from None
        raise
