"""Backups that restic makes: how old the newest is, of which machine, and whether it can be read and got back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from healthcheck.api import Secret, Target
from healthcheck.checks import _json
from healthcheck.checks._repository.asking import Said, Tool, live_file, look_around, restored
from healthcheck.checks._repository.check import RepositoryCheck
from healthcheck.checks._repository.contents import Contents, Lock, Rehearsal, Seen, Snapshot, Trouble, Work, at_work

LOCK_ALIVE_S = 30 * 60
"""restic renews its lock every five minutes, and takes one for abandoned that is older than this itself."""
_LOCKS_READ = 3
_KEPT = 5
_RESERVE_S = 2.0
_LOCK = re.compile(r"^[0-9a-f]{64}$", re.MULTILINE)
_ID = re.compile(r"[0-9a-f]{64}")
_GONE = re.compile(r"cannot dump file: .*not found in snapshot")
_LOCKED = "its backups are locked, by work on them that is running or has broken off"
_REFUSED = "the password of its backups is not the right one"

RESTIC = Tool(
    name="restic",
    # Nothing is written: neither a lock into the repository nor a cache beside it.
    command='restic --repo "$2" --password-file /dev/stdin --no-lock --no-cache',
    prepare="unset RESTIC_PASSWORD RESTIC_PASSWORD_FILE RESTIC_PASSWORD_COMMAND RESTIC_REPOSITORY_FILE",
    refusals=(
        (re.compile(r"wrong password or no key found"), _REFUSED),
        (re.compile(r"permission denied", re.IGNORECASE), "our login there may not read its backups"),
        (re.compile(r"repository is already locked|unable to create lock"), _LOCKED),
    ),
    troubles=(
        (
            re.compile(
                r"ciphertext verification failed|invalid data returned|repository contains errors|is damaged"
                r"|Pack ID does not match"
                r"|returned error, retrying after .*(?:no such file|does not exist|unexpected EOF)"
                r"|<(?:data|index|snapshot)/[0-9a-f]+>.* does not exist"
            ),
            Trouble.DAMAGED,
        ),
        (
            re.compile(
                r"unable to open config file: .*(?:no such file|does not exist|not found)|repository does not exist"
            ),
            Trouble.MISSING,
        ),
    ),
    exits=((10, Trouble.MISSING), (11, _LOCKED), (12, _REFUSED)),
)


@dataclass(frozen=True, kw_only=True)
class Restic(RepositoryCheck):
    """How old the newest restic backup is, of which machine, and whether it can be read; a file is got back if asked.

    repository       where it is, as restic is told ("/srv/backup/restic"), seen from the host that the check is for
    password         of the repository, as { secret = "name" }
    newest_within_h  the age in hours up to which the newest backup is good
    host_name        the machine whose backups count, as `restic snapshots` names it; empty: all of them
    tag              only backups with this tag count
    rehearse         a small file in the newest backup, by its whole path there, that is got back each time
    sha256           the SHA-256 that this file must have; empty: that of the file at the same path on the host now
    verify_percent   how much of the data is read and verified each time, at random; 0 verifies nothing

    Problem: no backup within the time, none of that machine, none at all; the newest holds no file that is not empty;
    the repository is gone or damaged; the file is not in the newest backup or not what it should be. Look: a lock that
    was left behind, a backup dated in the future, or the very first one is running. Could not check: the password is
    refused, our login may not read it, restic is not installed; the file was changed since the backup, so that there
    is nothing to compare with. Work on the backups that is running is said to be; they are judged by the last that is
    finished, and not verified meanwhile.

    Without `verify_percent` and `rehearse` only lists are read, and damage to what is in the files goes unseen. The
    file is hashed on the host and does not leave it. Choose one that never changes.

    restic writes nothing into the repository here and takes no lock. Ages are by the host's own clock.

    Needs on the host: restic 0.12 or later, `ps` of procps, sha256sum, and a login that may read every file of the
    repository: give the repository to a group of that login (chgrp -R, chmod -R g+rX, and g+s on its folders); restic
    then keeps new files readable for it. The password goes through a pipe, is in no command line, environment or file
    there. Tested with restic 0.14 on a local folder; other places must need no further secret than those that the
    login has.

    Source: restic's manual, "Scripting", and the output of 0.14.
    """

    kind: ClassVar[str] = "restic"

    password: Secret
    tag: str = ""
    verify_percent: float = 0

    async def probe(self, target: Target) -> Contents:
        around, _ = await look_around(target, tool="restic")
        tagged = ["--tag", self.tag] if self.tag else []
        listed = await self._ask(target, ["snapshots", "--json", "--latest", str(_KEPT), *tagged])
        trouble = RESTIC.trouble(listed)
        if listed.exit and (troubled := Contents(around).troubled(trouble)):
            return troubled
        found = snapshots_of(listed.out)
        ours = tuple(each for each, tags in found if self._counts(each, tags))
        others = tuple(sorted({each.host for each, _ in found} - {each.host for each in ours}))
        contents = Contents(around, ours, others, work=await self._work(target, around))
        if troubled := contents.troubled(trouble):
            return troubled
        for look in (self._files, self._rehearsal, self._verified):
            contents = await look(target, contents)
            if contents.trouble:
                break
        return contents

    def _counts(self, snapshot: Snapshot, tags: Sequence[str]) -> bool:
        return (not self.host_name or snapshot.host == self.host_name) and (not self.tag or self.tag in tags)

    async def _ask(self, target: Target, arguments: Sequence[str], *, reader: str = "cat", share: float = 0.4) -> Said:
        """What restic says, within its share of the time that is left: it retries for a quarter of an hour."""
        limit_s = (target.left_s() - _RESERVE_S) * share
        return await RESTIC.ask(
            target, self.repository, arguments, password=self.password.reveal(), limit_s=limit_s, reader=reader
        )

    async def _work(self, target: Target, around: Seen) -> Work | None:
        listed = await self._ask(target, ["list", "locks"])
        RESTIC.trouble(listed)
        works = []
        for name in _LOCK.findall(listed.out)[:_LOCKS_READ]:
            said = await self._ask(target, ["cat", "lock", name])
            if said.exit == 0:  # else it was given back in the meantime
                works.append(at_work(lock_of(said.out), around, tool="restic", alive_s=LOCK_ALIVE_S))
        return next(iter(sorted(works, key=lambda work: work.alive)), None)

    async def _files(self, target: Target, contents: Contents) -> Contents:
        if not contents.past:
            return contents
        reader = """grep -m1 '"type":"file".*"size":[1-9]'"""
        said = await self._ask(target, ["ls", "--json", contents.past[0].id], reader=reader)
        if said.out.strip():  # then it was ended by force, which is no trouble
            return replace(contents, has_files=True)
        return contents.troubled(RESTIC.trouble(said)) or replace(contents, has_files=False)

    async def _rehearsal(self, target: Target, contents: Contents) -> Contents:
        if not self.rehearse or not contents.past:
            return contents
        wanted, changed_s = (self.sha256, None) if self.sha256 else await live_file(target, self.rehearse)
        said = await self._ask(target, ["dump", contents.past[0].id, self.rehearse], reader="sha256sum")
        if said.exit and _GONE.search(said.complaint):
            return replace(contents, rehearsal=Rehearsal("", wanted, changed_s))
        trouble = RESTIC.trouble(said)
        return contents.troubled(trouble) or replace(contents, rehearsal=restored(said, wanted, changed_s))

    async def _verified(self, target: Target, contents: Contents) -> Contents:
        # What a backup under way has written so far is in no list yet, and would look like damage.
        if not self.verify_percent or (contents.work and contents.work.alive):
            return contents
        said = await self._ask(target, ["check", f"--read-data-subset={self.verify_percent:g}%"], share=1.0)
        return contents.troubled(RESTIC.trouble(said)) or replace(contents, verified=True)

    def mistakes(self) -> Iterator[tuple[str, str]]:
        yield from super().mistakes()
        if not 0 <= self.verify_percent <= 100:
            yield "verify_percent", "must be between 0 and 100"
        if "," in self.tag:
            yield "tag", "must be one tag"


def snapshots_of(text: str) -> tuple[tuple[Snapshot, tuple[str, ...]], ...]:
    """The snapshots and their tags that `restic snapshots --json` (0.12 and later) lists, newest first.

    A list of objects with "time" (RFC 3339), "hostname", "id" and perhaps "tags", or null. Raises `ProbeError`.
    """
    says = "its list of backups is unreadable"
    listed = _json.read(text, says)
    if listed is None:
        return ()
    if not isinstance(listed, list):
        raise _json.unreadable(text, says)
    found = []
    for entry in listed:
        at = _json.moment_of(entry.get("time")) if isinstance(entry, dict) else None
        if at is None or not _ID.fullmatch(_json.word(entry, "id")):
            raise _json.unreadable(text, says)
        snapshot = Snapshot(_json.word(entry, "id"), at, _json.word(entry, "hostname"))
        found.append((snapshot, _json.words(entry, "tags")))
    return tuple(sorted(found, key=lambda each: each[0].at, reverse=True))


def lock_of(text: str) -> Lock:
    """The lock that `restic cat lock` prints: an object with "time" (when it was renewed), "hostname" and "pid"."""
    says = "the lock of its backups is unreadable"
    entry = _json.read(text, says)
    at = _json.moment_of(entry.get("time")) if isinstance(entry, dict) else None
    if not isinstance(entry, dict) or at is None:
        raise _json.unreadable(text, says)
    pid = entry.get("pid")
    return Lock(_json.word(entry, "hostname"), pid if isinstance(pid, int) else 0, int(at.timestamp()))
