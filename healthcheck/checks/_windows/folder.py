"""The backup folder of a Windows machine: one walk, reduced there to the newest files of each kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from healthcheck.api import Space, Target
from healthcheck.checks._backup.drives import Place
from healthcheck.checks._backup.files import AHEAD_S, JUST_WRITTEN_S, LOCK_ENDINGS, Files
from healthcheck.checks._backup.listing import FINISHED_KEPT, OTHERS_KEPT, UNFINISHED, parse_files
from healthcheck.checks._windows import letters
from healthcheck.checks._windows.asking import Failure, Told, ask, quoted, unreadable
from healthcheck.checks._windows.letters import Letter

WHAT = "its backups"
_PLACE = "@{{Folder = (Get-Item -LiteralPath {path} -Force).PSIsContainer}}"
# In the words that a Linux host answers with. Hidden files and folders are left out by themselves.
_FILES = """
function epoch($time) {{ [long][Math]::Floor(($time - [datetime]'1970-01-01').TotalSeconds) }}
$there = Get-Item -LiteralPath {path} -Force; $root = $there.FullName.TrimEnd('\\').Length + 1
$now = epoch ([datetime]::UtcNow); $seen = @{{}}; $bad = @()
$lines = $there | Get-ChildItem -Recurse -Depth {below} -File -ErrorVariable bad -ErrorAction SilentlyContinue |
  Sort-Object LastWriteTimeUtc -Descending | ForEach-Object {{
  $name = $_.Name; $at = epoch $_.LastWriteTimeUtc; $kind = ''
  $ours = $name -like {pattern}
  if ($name -match '{locks}') {{ $kind = 'unfinished' }}
  elseif ($name -match '{unfinished}') {{ if ($ours -or ($name -like {longer})) {{ $kind = 'unfinished' }} }}
  elseif ($ours -and ($name -notlike '.*')) {{
    $kind = if ($at -gt $now + {ahead_s}) {{ 'future' }} elseif ($at -gt $now - {just_written_s}) {{ 'growing' }}
      elseif ($_.Length -lt {min_bytes}) {{ 'small' }} else {{ 'finished' }}
  }}
  $most = {others_kept}; if ($kind -eq 'finished') {{ $most = {finished_kept} }}
  $seen[$kind] = 1 + $seen[$kind]
  if ($kind -and ($seen[$kind] -le $most)) {{
    "/$kind/$at/$($_.Length)/$(epoch $_.CreationTimeUtc)/$($_.FullName.Substring($root).Replace('\\', '/'))"
  }}
}}
$bad = $bad | ForEach-Object {{ "find: $($_.TargetObject): $($_.CategoryInfo.Category)" }} |
  Where-Object {{ $_ -notlike '*: ObjectNotFound' }} | Select-Object -First 1
@{{Text = (@("clock $now") + $lines + $bad + '/end/' | Where-Object {{ $_ }}) -join "`n"}}
"""
_NO_DRIVE = "No such device"
_OF_WINDOWS = 0x8007
# What Linux says, so that it is judged alike, where Windows has a number for the same (winerror.h).
_ERRORS = {
    21: _NO_DRIVE,
    23: "Input/output error",
    1117: "Input/output error",
    1392: "Structure needs cleaning",
}


def whole(path: str) -> str:
    """A path in one spelling, with the separators that names in reports have: "D:/Backups"."""
    return letters.tidy(path) or path.replace("\\", "/").rstrip("/")


async def read(
    target: Target, paths: Mapping[str, str], *, pattern: str, depth: int, min_bytes: int
) -> tuple[dict[str, Place], Files | None]:
    """The places by name, "folder" among them, and the files in that; None where it could not be entered."""
    files = _FILES.format(
        path=_as_windows_takes(paths["folder"]),
        below=depth - 1,
        locks=_ending(LOCK_ENDINGS),
        unfinished=_ending([name.removeprefix("*") for name in UNFINISHED]),
        pattern=quoted(pattern),
        longer=quoted(f"{pattern}.*"),
        ahead_s=AHEAD_S,
        just_written_s=JUST_WRITTEN_S,
        min_bytes=min_bytes,
        finished_kept=FINISHED_KEPT,
        others_kept=OTHERS_KEPT,
    )
    questions = {name: _PLACE.format(path=_as_windows_takes(path)) for name, path in paths.items()}
    told = await ask(target, letters=letters.QUESTION, files=files, **questions)
    by_letter = {letter.mount.path: letter for letter in letters.letters_of(told["letters"])}
    places = {name: place_of(path, told[name], by_letter) for name, path in paths.items()}
    return places, files_of(told["files"]) if isinstance(places["folder"].space, Space) else None


def _as_windows_takes(path: str) -> str:
    """ "D:" alone would be wherever one is on that drive."""
    drive = letters.tidy(path)
    return quoted(f"{drive}\\" if drive else path)


def _ending(endings: Sequence[str]) -> str:
    """Names that end with one of them, as a regular expression: most begin with a full stop."""
    after_a_stop = "|".join(ending[1:] for ending in endings if ending.startswith("."))
    return rf"\.({after_a_stop})$" + "".join(f"|{ending}$" for ending in endings if not ending.startswith("."))


def place_of(path: str, told: Told, by_letter: Mapping[str, Letter]) -> Place:
    """What is known of a path, in the words that a Linux host would say why it is not."""
    letter = by_letter.get(letters.drive_of(path))
    if letter is None:
        return Place(whole(path), "", None, _NO_DRIVE)
    if isinstance(letter.space, str):
        return Place(whole(path), "", None, letter.space)
    if told.failure is not None:
        return Place(whole(path), "", None, _why(told.failure))
    is_folder = told.record(WHAT).get("Folder")
    if not isinstance(is_folder, bool):
        raise unreadable(WHAT, told.things)
    if not is_folder:
        return Place(whole(path), "", None, "Not a directory")
    return Place(whole(path), whole(path), letter.mount, letter.space)


def _why(failure: Failure) -> str:
    if failure.is_refusal:
        return "Permission denied"
    if failure.code >> 16 == _OF_WINDOWS and failure.code & 0xFFFF in _ERRORS:
        return _ERRORS[failure.code & 0xFFFF]
    return "No such file or directory" if failure.category == "ObjectNotFound" else failure.detail


def files_of(told: Told) -> Files:
    """The files of the folder, which the machine lists as `parse_files` wants it."""
    text = told.record(WHAT).get("Text")
    if not isinstance(text, str):
        raise unreadable(WHAT, told.things)
    return parse_files(text)
