"""Who may read and write what: the config, the secrets beside it, and the folder in which the program remembers."""

from __future__ import annotations

import os
import pwd
import shlex
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from healthcheck.config.secrets import FOLDER, Unusable, private_file
from healthcheck.doctor.examination import Finding
from healthcheck.doctor.premises import Premises
from healthcheck.model import Levels, Status
from healthcheck.words import count, join_some, sentence, size

FREE_BYTES = Levels.below(warning=500_000_000, critical=50_000_000)
"""A year of nine clinics is some megabytes; what is left must also hold reports and what waits to be sent."""
_OTHERS_CAN_WRITE = stat.S_IWGRP | stat.S_IWOTH
_OTHERS_CAN_READ = stat.S_IRWXG | stat.S_IRWXO


def config_file(premises: Premises) -> Iterator[Finding]:
    """Whether nobody else can change the config: it decides what runs."""
    path = premises.config_file
    try:
        found = path.stat()
    except OSError as error:
        says = f"{path} cannot be looked at: {(error.strerror or 'unknown reason').lower()}."
        yield Finding(Status.CRITICAL, says, premises.command("init"))
        return
    if found.st_uid not in (0, os.geteuid()):
        says = f"{path} belongs to {_account(found.st_uid)}, so it is not read."
        yield Finding(Status.CRITICAL, says, f"sudo chown {os.geteuid()} {shlex.quote(str(path))}")
    elif found.st_mode & _OTHERS_CAN_WRITE:
        says = f"Others can write to {path}, so it is not read."
        yield Finding(Status.CRITICAL, says, f"sudo chmod go-w {shlex.quote(str(path))}")
    else:
        yield Finding(Status.OK, f"{path} belongs to {_account(found.st_uid)}, and nobody else can change it.")


def credentials(premises: Premises) -> Iterator[Finding]:
    """Whether the secrets beside the config are nobody else's to read."""
    folder = premises.config_file.absolute().parent / FOLDER
    try:
        # The public half of a key, which ssh-keygen puts beside it, is there to be given away.
        kept = sorted(path for path in folder.iterdir() if not path.name.startswith(".") and path.suffix != ".pub")
    except FileNotFoundError:
        yield Finding(Status.OK, f"There is no folder {folder}; secrets, if there are any, come from elsewhere.")
        return
    except OSError as error:
        says = f"{folder} cannot be looked into: {(error.strerror or 'unknown reason').lower()}."
        yield Finding(Status.UNKNOWN, says, premises.command("doctor", sudo=True))
        return
    bad = list(_unusable(kept))
    yield from bad
    if not bad:
        says = f"{count(len(kept), 'secret')} in {folder}, and nobody else can read it."
        yield Finding(Status.OK, says if len(kept) == 1 else says.replace(" it.", " them."))


def _unusable(kept: list[Path]) -> Iterator[Finding]:
    for path in kept:
        try:
            private_file(path)
        except Unusable as error:
            says, _, fix = str(error).partition("; ")
            yield Finding(Status.CRITICAL, sentence(says), fix.rpartition(" with: ")[2] or f"Look at {path}.")


def state(premises: Premises) -> Iterator[Finding]:
    """Whether the program can remember: its folder is there, ours to write, private, and has room."""
    folder = premises.state_dir
    try:
        found = folder.stat()
    except FileNotFoundError:
        yield Finding(
            Status.WARNING, f"There is no folder {folder} yet; the first round makes it.", premises.command("run")
        )
        return
    except OSError as error:
        says = f"{folder} cannot be looked at: {(error.strerror or 'unknown reason').lower()}."
        yield Finding(Status.UNKNOWN, says, premises.command("doctor", sudo=True))
        return
    quoted = shlex.quote(str(folder))
    owner = _account(found.st_uid)
    wrong = False
    if not os.access(folder, os.W_OK | os.X_OK):
        wrong = True
        us = _account(os.geteuid())
        says = f"{folder} belongs to {owner} and cannot be written to as {us}, so nothing is remembered."
        yield Finding(Status.CRITICAL, says, f"sudo chown -R {us} {quoted}")
    elif strangers := sorted(path.name for path in folder.iterdir() if not _writable(path, found.st_uid)):
        wrong = True
        says = f"In {folder} {join_some(strangers, 3)} cannot be written to."
        yield Finding(Status.CRITICAL, says, f"sudo chown -R {owner} {quoted}")
    if found.st_mode & stat.S_IRWXO:
        wrong = True
        yield Finding(Status.WARNING, f"Every account here can look into {folder}.", f"sudo chmod o-rwx {quoted}")
    free = shutil.disk_usage(folder).free
    status = FREE_BYTES.judge(free)
    if status is not Status.OK:
        says = f"There is only room for {size(free)} more where {folder} is."
        yield Finding(status, says, f"df -h {quoted}")
    elif not wrong:
        yield Finding(Status.OK, f"{folder} belongs to {owner}, can be written to, and has room ({size(free)}).")


def _writable(path: Path, owner: int) -> bool:
    """Whether the folder's owner can write to it: us, or the account that root looks after."""
    return path.lstat().st_uid == owner if os.geteuid() == 0 != owner else os.access(path, os.W_OK)


def _account(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"an account without a name (uid {uid})"
