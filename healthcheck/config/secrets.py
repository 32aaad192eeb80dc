"""Where a secret is looked up: systemd's credentials, the environment, then a file that only its owner can read."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path

from healthcheck.config.lines import Place
from healthcheck.config.mistakes import Mistakes
from healthcheck.model import Secret
from healthcheck.records import frozen

FOLDER = "credentials"
_LARGEST_BYTES = 65_536
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}")
_READ_WITHOUT_WAITING = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK  # a named pipe would wait for a writer
_OTHERS_CAN_WRITE = stat.S_IWGRP | stat.S_IWOTH
_OTHERS_CAN_READ = stat.S_IRWXG | stat.S_IRWXO


class NotFound(Exception):
    """There is no such secret; the text names every place that was looked at."""


class Unusable(Exception):
    """There is something in a secret's place that must not or cannot be used; the text says what to do."""


@frozen
class Request:
    """A setting that asked for a secret: by its name, for a key by its file, or (neither) with the thing itself."""

    place: Place
    name: str = ""
    file: Path | None = None


def look_up(name: str, folder: Path, environ: Mapping[str, str]) -> Secret:
    """The secret of that name; `folder` is where the config stands. Raises `NotFound` or `Unusable`."""
    if not _NAME.fullmatch(name):
        # What was written instead is not shown: it may well be the secret itself.
        raise Unusable('the name of a secret is made of letters, digits, "-", "_" and "."')
    variable = "HEALTHCHECK_SECRET_" + re.sub(r"[.-]", "_", name.upper())
    own = folder / FOLDER / name
    given = environ.get("CREDENTIALS_DIRECTORY")
    if given and (text := _content(Path(given, name))) is not None:
        return Secret(text, name)
    if named := environ.get(f"{variable}_FILE"):
        return Secret(_required(Path(named), _content(Path(named))), name)
    if value := environ.get(variable):
        return Secret(value, name)
    if (text := _content(own, only_ours=True)) is not None:
        return Secret(text, name)
    raise NotFound(
        f'the secret "{name}" was not found; looked at $CREDENTIALS_DIRECTORY/{name} '
        f"({'no such file' if given else 'not set'}), ${variable}_FILE (not set), ${variable} (not set) "
        f"and {own} (no such file)"
    )


class Secrets:
    """Looks up what one config asks for and notes what goes wrong as a mistake of the setting that asked.

    `known` are all that were found, `requests` all that were asked for.
    """

    def __init__(self, folder: Path, environ: Mapping[str, str], mistakes: Mistakes) -> None:
        self._folder, self._environ, self._mistakes = folder, environ, mistakes
        self.known: list[Secret] = []
        self.requests: list[Request] = []

    def named(self, place: Place, name: str) -> Secret | None:
        """The secret of that name; None when it is not to be had, which is a mistake then."""
        self.requests.append(Request(place, name))
        try:
            return self._kept(look_up(name, self._folder, self._environ))
        except (NotFound, Unusable) as error:
            self._mistakes.add(place, str(error))
            return None

    def given(self, place: Place, name: str, literal: str) -> Secret | None:
        """The secret of that name or, with a warning, the one that the config itself gives."""
        if name:
            return self.named(place, name)
        self.requests.append(Request(place))
        self._mistakes.warn(
            place, 'the secret itself stands in the config; write { secret = "its-name" } and keep it in a file'
        )
        return self._kept(Secret(literal))

    def if_any(self, place: Place, name: str) -> Secret | None:
        """The secret of that name, or None when nobody gave one."""
        try:
            found = self._kept(look_up(name, self._folder, self._environ))
        except NotFound:
            return None
        except Unusable as error:
            self._mistakes.add(place, str(error))
            return None
        self.requests.append(Request(place, name))
        return found

    def _kept(self, secret: Secret) -> Secret:
        self.known.append(secret)
        return secret

    def key_file(self, place: Place, written: str) -> Path:
        """The file of a client key: below the config's folder unless it says otherwise, and nobody else's to read."""
        path = self._folder / Path(written).expanduser()
        self.requests.append(Request(place, file=path))
        try:
            private_file(path)
        except Unusable as error:
            self._mistakes.add(place, str(error))
        return path


def private_file(path: Path) -> str:
    """The text of a file that only its owner can read, such as a client key. Raises `Unusable`."""
    return _required(path, _content(path, only_ours=True))


def _required(path: Path, text: str | None) -> str:
    if text is None:
        raise Unusable(f"there is no file {path}")
    return text


def _content(path: Path, *, only_ours: bool = False) -> str | None:
    try:
        with os.fdopen(os.open(path, _READ_WITHOUT_WAITING), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise Unusable(f"{path} is not a file")
            if only_ours:
                _refuse_if_shared(path, status)
            elif status.st_mode & _OTHERS_CAN_WRITE:
                raise Unusable(
                    f"the secret in {path} can be changed by others; take that right away with: chmod go-w {path}"
                )
            data = file.read(_LARGEST_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise Unusable(f"the secret in {path} cannot be read: {error.strerror or 'unknown reason'}") from None
    if len(data) > _LARGEST_BYTES:
        raise Unusable(f"{path} is too large to be a secret")
    try:
        text = data.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise Unusable(f"the secret in {path} is not UTF-8 text") from None
    if not text:
        raise Unusable(f"the secret in {path} is empty")
    return text


def _refuse_if_shared(path: Path, status: os.stat_result) -> None:
    if status.st_uid not in (0, os.geteuid()):
        raise Unusable(
            f"the secret in {path} belongs to another user (uid {status.st_uid}); "
            f"make it yours with: chown {os.geteuid()} {path} && chmod 600 {path}"
        )
    if status.st_mode & _OTHERS_CAN_READ:
        raise Unusable(f"the secret in {path} can be read by others; take that right away with: chmod 600 {path}")
