"""What a host had and has no longer: each sort of thing by its own rule, and in its own words."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import PurePosixPath

from healthcheck.diagnosis.returns import Return
from healthcheck.findings import Stretch
from healthcheck.model import Status
from healthcheck.records import frozen
from healthcheck.words import plain, small

_NETWORK_TYPES = re.compile(r"(?:nfs4?|cifs|smb3|smbfs|ceph|fuse\.\S+|glusterfs|afs|lustre|9p|virtiofs) ")
_MEMORY_SHARE = 0.85
"""What a start leaves of the memory differs a little from kernel to kernel; a module is at least a quarter."""
_SIZE_SHARE = 0.9
"""A drive of nearly the same size stands in for another."""


@frozen
class Lost:
    """A thing that an earlier look found better than this one. `now` is None where it is not there at all.

    `seen` is the last look that found it as it was, `missed` the first that did not. `settled` is whether it had been
    there for more than one look, so that it was no passing thing.
    """

    name: str
    was: str
    now: str | None
    seen: datetime
    missed: datetime
    settled: bool = True


def _gone(was: str, now: str | None) -> bool:
    return now is None


def _nothing(was: str, new: str) -> bool:
    return False


@frozen
class Sort:
    """How one sort of thing is compared and told. `says` takes the host's label, what was lost, and the return.

    `days` is for how long a loss is news. `at_any_time` is whether it is one without a restart, too. `stands_in` is
    whether a new thing takes the place of a lost one: a drive that was replaced, a line that has another name.
    `called` are patterns by which a failing check may have named it already; the name stands for "{}".
    """

    name: str
    says: Callable[[str, Sequence[Lost], Return], str]
    worse: Callable[[str, str | None], bool] = _gone
    stands_in: Callable[[str, str], bool] = _nothing
    status: Status = Status.WARNING
    at_any_time: bool = True
    days: int = 14
    called: tuple[str, ...] = ()

    def is_named(self, name: str, told: str) -> bool:
        """Whether a thing is named in what checks say."""
        return any(re.search(called.format(re.escape(name)), told) for called in self.called)


def lost(sort: Sort, before: Sequence[Stretch], now: Stretch) -> list[Lost]:
    """What is worse now than in an earlier stretch, in the order of the names; the latest such stretch counts.

    `before` is in the order in which it was found: clocks may have been set back meanwhile.
    """
    found: dict[str, Lost] = {}
    missed = now.since
    for number in range(len(before) - 1, -1, -1):
        stretch = before[number]
        if (now.since - stretch.until).days < sort.days:
            earlier = before[number - 1].things if number else None
            worse = [
                Lost(
                    name,
                    was,
                    now.things.get(name),
                    stretch.until,
                    missed,
                    settled=stretch.since < stretch.until or earlier is None or name in earlier,
                )
                for name, was in stretch.things.items()
                if name not in found and sort.worse(was, now.things.get(name))
            ]
            new = [how for name, how in now.things.items() if name not in stretch.things]
            found |= {one.name: one for one in _not_replaced(sort, worse, new)}
        missed = stretch.since
    return sorted(found.values(), key=lambda one: one.name)


def _not_replaced(sort: Sort, worse: Iterable[Lost], new: Sequence[str]) -> Iterator[Lost]:
    """Each new thing stands in for one that is gone."""
    left = sorted(new)
    for one in sorted(worse, key=lambda one: one.name):
        instead = next((how for how in left if one.now is None and sort.stands_in(one.was, how)), None)
        if instead is None:
            yield one
        else:
            left.remove(instead)


def _number(text: str) -> int:
    found = re.match(r"[0-9]{1,20}", text)
    return int(found[0]) if found else 0


def _as_large(was: str, new: str) -> bool:
    return _number(new) >= _SIZE_SHARE * _number(was)


def _working(how: str) -> int:
    found = re.search(r" ([0-9]{1,4})/[0-9]{1,4}\b", how)
    return int(found[1]) if found else 0


def _fewer_work(was: str, now: str | None) -> bool:
    return now is None or _working(now) < _working(was)


def _same_set(was: str, new: str) -> bool:
    return was.split(" ")[:2] == new.split(" ")[:2]


def _slower(was: str, now: str | None) -> bool:
    if was == "down" or now == "up":
        return False
    return now in (None, "down") or _number(now or "") < _number(was)


def _as_fast(was: str, new: str) -> bool:
    return not _slower(was, new)


def _much_less(was: str, now: str | None) -> bool:
    return now is not None and _number(now) < _MEMORY_SHARE * _number(was)


def _some(number: int, things: str) -> str:
    """ "one of its drives", "two of its drives"."""
    return f"{small(number)} of {things}"


def _without(label: str, back: Return, what: str) -> str:
    return f"{label} has lost {what}" if back is Return.NONE else f"{label} {back.came_back} without {what}"


def _drives(label: str, found: Sequence[Lost], back: Return) -> str:
    return _without(label, back, _some(len(found), "its drives"))


def _raid(label: str, found: Sequence[Lost], back: Return) -> str:
    whole = sum(one.now is None for one in found)
    if whole:
        return _without(label, back, _some(whole, "its sets of drives"))
    missing = sum(_working(one.was) - _working(one.now or "") for one in found)
    return _without(label, back, _some(missing, "the drives that stand in for each other"))


def _mounts(label: str, found: Sequence[Lost], back: Return) -> str:
    if len(found) > 1:
        return _without(label, back, _some(len(found), "its disks"))
    one = found[0]
    sort = "shared folder" if is_shared(one) else "disk"
    return _without(label, back, f"its {sort} “{plain(PurePosixPath(one.name).name, 40)}”")


def is_shared(one: Lost) -> bool:
    """Whether a lost mount came from a file server."""
    return _NETWORK_TYPES.match(one.was) is not None


def _programs(label: str, found: Sequence[Lost], back: Return) -> str:
    one = len(found) == 1
    programs = f"{small(len(found))} program{'' if one else 's'}"
    return f"on {label}, {programs} that ran before {back.value} {'does' if one else 'do'} not run now"


def _ports(label: str, found: Sequence[Lost], back: Return) -> str:
    one = len(found) == 1
    programs = f"{small(len(found))} program{'' if one else 's'}"
    verb = "does" if one else "do"
    return f"on {label}, {programs} that others could connect to before {back.value} {verb} not answer them now"


_SHARES = ((100, "a hundredth"), (10, "a tenth"), (4, "a quarter"), (2, "half"))


def _lines(label: str, found: Sequence[Lost], back: Return) -> str:
    since = f" since {back.value}" if back is not Return.NONE else ""
    dead = [one for one in found if one.now in (None, "down")]
    if dead:
        line = "a network line" if len(dead) == 1 else f"{small(len(dead))} network lines"
        return f"{line} of {label} {'is' if len(dead) == 1 else 'are'} dead{since}"
    slowest = max(_number(one.was) / max(1, _number(one.now or "")) for one in found)
    share = next((word for times, word in _SHARES if slowest >= times), "less than all")
    return f"the network line of {label} runs at {share} of its speed{since}"


def _memory(label: str, found: Sequence[Lost], back: Return) -> str:
    one = found[0]
    compared = f"({_installed(one.now or '')} instead of {_installed(one.was)})"
    verb = "has" if back is Return.NONE else f"{back.came_back} with"
    return f"{label} {verb} less memory than before {compared}"


def _installed(how: str) -> str:
    """Memory as it is sold: Linux keeps a little for itself and tells the rest."""
    gib = max(1, _number(how)) / 2**30
    step = 2 ** math.floor(math.log2(gib)) / 8
    return f"{math.ceil(gib / step) * step:g} GB"


SORTS: tuple[Sort, ...] = (
    Sort("drives", _drives, stands_in=_as_large, status=Status.CRITICAL),
    Sort("raid", _raid, _fewer_work, _same_set, Status.CRITICAL),
    Sort("mounts", _mounts, status=Status.CRITICAL, called=(r"(?<![\w./-]){}(?![\w.-])",)),
    Sort("programs", _programs, at_any_time=False, days=7, called=(r"(?<![\w.@-]){}(?![\w-])",)),
    Sort("ports", _ports, at_any_time=False, days=7, called=(r":{}\b", r"\bport {}\b")),
    Sort("lines", _lines, _slower, _as_fast),
    Sort("memory", _memory, _much_less),
)
"""In the order in which they are told. The later may follow from the earlier: `FOLLOWS`."""

FOLLOWS = {"raid": "drives", "mounts": "drives", "ports": "programs"}
"""What is told with its cause, and not by itself: a drive takes what is on it along."""
