"""What root leaves in a state directory that is another account's, handed over to that account.

The timer's service runs as an account of its own. When somebody runs the program with sudo in between, the service must
be able to write in the same folders the next morning.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path


def hand_over(state_dir: Path) -> None:
    """Give every file and folder of root's in it to its owner; nothing where root owns it, or where we are not root."""
    if os.geteuid() != 0:
        return
    with contextlib.suppress(OSError):
        folder = state_dir.resolve(strict=True)
        owner = folder.stat()
        if owner.st_uid != 0:
            for path in _roots(folder):
                with contextlib.suppress(OSError):
                    os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


def _roots(folder: Path) -> Iterator[Path]:
    """Files and folders of root's, but no link: the folder's owner could point one at a file that is none of ours."""
    for inside, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(inside, name)
            found = path.lstat()
            whole = stat.S_ISDIR(found.st_mode) or (stat.S_ISREG(found.st_mode) and found.st_nlink == 1)
            if found.st_uid == 0 and whole:
                yield path
