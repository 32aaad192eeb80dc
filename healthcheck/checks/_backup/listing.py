"""Lists a backup folder: one walk, reduced on the host itself to the newest files of each kind."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

from healthcheck.api import ProbeError, plain
from healthcheck.checks._backup.files import AHEAD_S, JUST_WRITTEN_S, LOCK_ENDINGS, BackupFile, Files

UNFINISHED = (
    "*.part", "*.partial", "*.filepart", "*.incomplete", "*.inprogress", "*.checkpoint", "*.tmp", "*.temp",
    "*.crdownload", "*.swp", "*~",
)  # fmt: skip
_NOT_SEARCHED = (".?*", "lost+found", "@eaDir", "#recycle", "#snapshot", "$RECYCLE.BIN", "System Volume Information")
"""Folders of the system's own; plain users may not read some of them, which is no fault."""

FINISHED_KEPT = 40
OTHERS_KEPT = 3

# A record begins with "/", which the rest of a file name after a line break cannot.
_WALK = """
now=$(date +%s); echo "clock $now"
cd -P -- {path} || exit
find . -maxdepth {depth} -type d {not_searched} -prune \
 -o -type f {unfinished} -exec stat -c '/unfinished/%Y/%s/%W/%n' {{}} + \
 -o -type f -name {pattern} ! -name '.*' -exec stat -c '/finished/%Y/%s/%W/%n' {{}} + |
sort -t/ -k3,3nr |
awk -F/ -v OFS=/ -v now="$now" -v least={min_bytes} '
  substr($0, 1, 1) == "/" {{
    if ($2 == "finished" && $3 > now + {ahead_s}) $2 = "future"
    if ($2 == "finished" && $3 > now - {just_written_s}) $2 = "growing"
    if ($2 == "finished" && $4 < least) $2 = "small"
    if (++seen[$2] <= ($2 == "finished" ? {finished_kept} : {others_kept})) print
  }}
  END {{ print "/end/" }}'
"""
_CLOCK = re.compile(r"clock (\d{1,11})")
_KINDS = ("finished", "growing", "future", "small", "unfinished")
_RECORD = re.compile(rf"/({'|'.join(_KINDS)})/(-?\d{{1,20}})/(\d{{1,20}})/([^/]*)/(?:\./)?(.*)")
_COMPLAINT = re.compile(r"(?:.*[/: ])?(?:find|stat|sort|awk|mawk|gawk|date|cd): .*")
_LATEST_S = 99_999_999_999


def question(path: str, *, pattern: str, depth: int, min_bytes: int) -> str:
    """What to ask the host, as POSIX shell; `parse_files` reads the answer."""
    ours = (pattern, f"{pattern}.*")
    unfinished = [
        "(",
        *_named("-iname", [f"*{ending}" for ending in LOCK_ENDINGS]),
        "-o",
        *_named("-iname", UNFINISHED),
        *_named("-name", ours),
        ")",
    ]
    return _WALK.format(
        path=shlex.quote(path),
        depth=depth,
        not_searched=shlex.join(_named("-name", _NOT_SEARCHED)),
        unfinished=shlex.join(unfinished),
        pattern=shlex.quote(pattern),
        min_bytes=min_bytes,
        ahead_s=AHEAD_S,
        just_written_s=JUST_WRITTEN_S,
        finished_kept=FINISHED_KEPT,
        others_kept=OTHERS_KEPT,
    )


def _named(test: str, patterns: Sequence[str]) -> list[str]:
    """`find`'s words for "named like one of them"."""
    words = [word for pattern in patterns for word in ("-o", test, pattern)]
    return ["(", *words[1:], ")"]


def parse_files(text: str) -> Files:
    """A line "clock <epoch s>", then "/<kind>/<modified>/<bytes>/<created>/<name>" of `stat -c` (coreutils, BusyBox).

    Creation is "0", "-" or a letter where it is not known. Other lines are what the tools complained of; files that
    went while they were looked at are no complaint. Raises `ProbeError` when the clock or the end is missing.
    """
    clock_s: int | None = None
    ended = False
    complaint = ""
    found: dict[str, list[BackupFile]] = {kind: [] for kind in _KINDS}
    for line in text.split("\n"):
        if record := _RECORD.fullmatch(line):
            kind, modified, size_bytes, created, name = record.groups()
            found[kind].append(BackupFile(plain(name, 120), _epoch(modified), int(size_bytes), _created(created)))
        elif clock := _CLOCK.fullmatch(line):
            clock_s = int(clock[1])
        elif line == "/end/":
            ended = True
        elif _COMPLAINT.fullmatch(line) and not line.endswith("No such file or directory"):
            complaint = complaint or plain(line, 120)
    if clock_s is None or not ended:
        raise ProbeError("its list of backups was cut short", plain(complaint or text, 200))
    kinds = {kind: tuple(sorted(files, key=lambda file: -file.modified_s)) for kind, files in found.items()}
    return Files(clock_s, complaint=complaint, **kinds)


def _epoch(seconds: str) -> int:
    """Within what a calendar can show."""
    return max(0, min(_LATEST_S, int(seconds)))


def _created(seconds: str) -> int | None:
    return _epoch(seconds) if re.fullmatch(r"[1-9]\d{0,19}", seconds) else None
