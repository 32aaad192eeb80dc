"""Backups that Borg makes: how old the newest is, of which machine, and whether it can be read and got back."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import ClassVar

from healthcheck.api import Answer, Secret, Target, plain
from healthcheck.checks import _json
from healthcheck.checks._repository.asking import Said, Tool, live_file, look_around, restored
from healthcheck.checks._repository.check import RepositoryCheck
from healthcheck.checks._repository.contents import Contents, Lock, Rehearsal, Seen, Snapshot, Trouble, Work, at_work

LOCK_ALIVE_S = 24 * 3600
"""Borg does not renew its lock; one whose process cannot be seen is taken for abandoned after that."""
_LISTED = 1000
_RESERVE_S = 2.0
_CHECKPOINT = re.compile(r".*\.checkpoint(?:\.\d+)?")
_LOCK = re.compile(r"(\d{1,11}) (.{1,255})@\d+\.(\d{1,9})-[0-9a-f]+")
_GONE = re.compile(r"Include pattern .* never matched")

# Borg keeps notes on every repository it meets: here in a folder that goes with the look; its keys stay where they are.
# Even with --bypass-lock it mends a broken index if the login may write. A mount of its own, where we may make one,
# forbids it that.
_PREPARE = """
unset BORG_PASSPHRASE BORG_PASSCOMMAND
: "${BORG_KEYS_DIR:=${BORG_CONFIG_DIR:-${XDG_CONFIG_HOME:-${BORG_BASE_DIR:-$HOME}/.config}/borg}/keys}"
notes=$(mktemp -d) || exit 1
trap 'rm -rf "$notes"' EXIT
trap 'exit 1' HUP INT TERM
export BORG_REPO="$2" BORG_KEYS_DIR BORG_PASSPHRASE_FD=0 TZ=UTC \\
  BORG_CACHE_DIR="$notes" BORG_SECURITY_DIR="$notes" BORG_CONFIG_DIR="$notes" \\
  BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK=yes BORG_RELOCATED_REPO_ACCESS_IS_OK=yes
read_only='mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"'
apart=
for way in 'unshare -m' 'unshare -rm'; do
  [ -z "$apart" ] && [ -d "$2" ] && $way sh -c "$read_only" "$2" true 2>/dev/null && apart=$way
done
"""

BORG = Tool(
    name="borg",
    command='${apart:+$apart sh -c "$read_only" "$2"} borg --bypass-lock',
    prepare=_PREPARE,
    refusals=(
        (re.compile(r"passphrase supplied in .* is incorrect"), "the password of its backups is not the right one"),
        (re.compile(r"permission denied", re.IGNORECASE), "our login there may not read its backups"),
        (
            re.compile(r"Failed to create/acquire the lock"),
            "its backups are locked, by work on them that is running or has broken off",
        ),
    ),
    troubles=(
        (
            re.compile(
                r"Data integrity error|Repository index missing or corrupted|Object with key .* not found in repository"
                r"|FileNotFoundError: .*/data/\d+/\d+'|OSError: .*Read-only file system: .*/(?:index|hints|integrity)\."
            ),
            Trouble.DAMAGED,
        ),
        (re.compile(r"Repository .* does not exist|is not a valid repository"), Trouble.MISSING),
    ),
)


@dataclass(frozen=True, kw_only=True)
class Borg(RepositoryCheck):
    """How old the newest Borg backup is, of which machine, and whether it can be read; a file is got back if asked.

    repository       where it is, as Borg is told ("/srv/backup/borg"), seen from the host that the check is for
    password         the passphrase, as { secret = "name" }; none for a repository without encryption
    newest_within_h  the age in hours up to which the newest backup is good
    host_name        the machine whose backups count, by the name that Borg noted; empty: all of them
    archive          names of the archives that count ("charts-*")
    rehearse         a small file in the newest backup, by its whole path there, that is got back each time
    sha256           the SHA-256 that this file must have; empty: that of the file at the same path on the host now

    Problem: no backup within the time, none of that machine, none at all; the newest holds no file that is not empty;
    the repository is gone or damaged; the file is not in the newest backup or not what it should be. Look: a lock that
    was left behind, a backup dated in the future, or the very first one is running. Could not check: the passphrase is
    refused, our login may not read it, Borg is not installed; the file was changed since the backup, so that there is
    nothing to compare with. Work on the backups that is running is said to be; they are judged by the last that is
    finished. An archive that broke off (".checkpoint") is none.

    Only lists and that file are read: damage to what is in other files goes unseen, because `borg check` would take a
    lock. The file is hashed on the host and does not leave it. Choose one that never changes.

    No lock is taken. Borg mends a broken index even so where it may write: it is shown the repository read-only where
    the host lets us (unshare(1)). Locks are seen in folders of the host only. Ages are by the host's own clock; Borg,
    which tells times without their zone, is asked in UTC. The newest 1,000 archives are read.

    Needs on the host: Borg 1.1 or 1.2, `ps` of procps, mktemp, sha256sum, and a login that may read every file of the
    repository and write none: by its group, with `--umask 0027` for every `borg` that writes. The passphrase goes
    through a pipe, is in no command line, environment or file there. Tested with Borg 1.2.4 on a local folder.

    Source: Borg's manual, "All about JSON: How to develop frontends", and the output of 1.2.4.
    """

    kind: ClassVar[str] = "borg"

    password: Secret | None = None
    archive: str = "*"

    async def probe(self, target: Target) -> Contents:
        where = {"locks": _locks(self.repository)} if self.repository.startswith("/") else {}
        around, asked = await look_around(target, tool="borg", **where)
        listed = await self._ask(target, ["list", "--json", "--format", "{hostname}", "--last", str(_LISTED)])
        trouble = BORG.trouble(listed)
        contents = Contents(around, work=work_of(asked["locks"], around) if where else None)
        if listed.exit and (troubled := contents.troubled(trouble)):
            return troubled
        found = archives_of(listed.out)
        ours = tuple(each for each in found if self._counts(each))
        others = tuple(sorted({each.host for each in found if each.host} - {each.host for each in ours}))
        contents = replace(contents, snapshots=ours, others=others)
        if troubled := contents.troubled(trouble):
            return troubled
        for look in (self._files, self._rehearsal):
            contents = await look(target, contents)
            if contents.trouble:
                break
        return contents

    def _counts(self, archive: Snapshot) -> bool:
        return fnmatchcase(archive.id, self.archive) and (not self.host_name or archive.host == self.host_name)

    async def _ask(self, target: Target, arguments: Sequence[str], *, reader: str = "cat") -> Said:
        password = self.password.reveal() if self.password else ""
        limit_s = (target.left_s() - _RESERVE_S) * 0.5
        return await BORG.ask(target, self.repository, arguments, password=password, limit_s=limit_s, reader=reader)

    async def _files(self, target: Target, contents: Contents) -> Contents:
        if not contents.past:
            return contents
        reader = """grep -m1 '"type": "-".*"size": [1-9]'"""
        said = await self._ask(target, ["list", "--json-lines", f"::{contents.past[0].id}"], reader=reader)
        if said.out.strip():  # then it was ended by force, which is no trouble
            return replace(contents, has_files=True)
        return contents.troubled(BORG.trouble(said)) or replace(contents, has_files=False)

    async def _rehearsal(self, target: Target, contents: Contents) -> Contents:
        if not self.rehearse or not contents.past:
            return contents
        wanted, changed_s = (self.sha256, None) if self.sha256 else await live_file(target, self.rehearse)
        words = ["extract", "--stdout", f"::{contents.past[0].id}", f"pp:{self.rehearse.lstrip('/')}"]
        said = await self._ask(target, words, reader="sha256sum")
        if said.exit and _GONE.search(said.complaint):
            return replace(contents, rehearsal=Rehearsal("", wanted, changed_s))
        return contents.troubled(BORG.trouble(said)) or replace(contents, rehearsal=restored(said, wanted, changed_s))

    def mistakes(self) -> Iterator[tuple[str, str]]:
        yield from super().mistakes()
        if "::" in self.repository:
            yield "repository", "must be without an archive: set `archive`"
        if not self.archive:
            yield "archive", "must be names of archives, * for all of them"


def _locks(repository: str) -> str:
    """The locks of a repository in a folder, as POSIX shell; `work_of` reads the answer."""
    folder = shlex.quote(f"{repository.rstrip('/')}/lock.exclusive")
    return (
        f"[ -d {folder} ] || exit 0\n"
        f"cd -P -- {folder} 2>/dev/null || {{ stat -c '%Y ?@0.0-0' -- {folder}; exit 0; }}\n"
        'for lock in *; do [ ! -e "$lock" ] || stat -c "%Y %n" -- "$lock"; done'
    )


def work_of(answer: Answer, around: Seen) -> Work | None:
    """Who holds the lock: lines of when it was taken (epoch seconds) and "host@number.process-thread" (Borg 1)."""
    held = _LOCK.search(answer.text)
    if held is None:
        return None
    lock = Lock(plain(held[2], 80), int(held[3]), int(held[1]))
    work = at_work(lock, around, tool="borg", alive_s=LOCK_ALIVE_S)
    return replace(work, since_s=lock.renewed_s) if work.alive else work


def archives_of(text: str) -> tuple[Snapshot, ...]:
    """The archives that `TZ=UTC borg list --json` (1.1 and later) lists, newest first, without those that broke off.

    An object whose "archives" have "name", "start" (ISO 8601; without a zone it is that of the asker) and, if asked
    for, "hostname". Raises `ProbeError`.
    """
    says = "its list of backups is unreadable"
    told = _json.read(text, says)
    archives = told.get("archives") if isinstance(told, dict) else None
    if not isinstance(archives, list):
        raise _json.unreadable(text, says)
    found = []
    for entry in archives:
        at = _json.moment_of(entry.get("start"), naive_is_utc=True) if isinstance(entry, dict) else None
        name = entry.get("name") if isinstance(entry, dict) else None
        if at is None or not isinstance(name, str) or not name:
            raise _json.unreadable(text, says)
        if not _CHECKPOINT.fullmatch(name):
            found.append(Snapshot(name, at, _json.word(entry, "hostname")))
    return tuple(sorted(found, key=lambda archive: archive.at, reverse=True))
