"""Drop-in checks that do the worst they can, each in a file of its own, beside one that is good."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from pathlib import Path

WELL = ("OK", "is well")
FAULT = ("UNKNOWN", "could not be checked: this check has a fault")
LATE = ("UNKNOWN", "could not be checked: it did not finish in 2 seconds")

_FILE = '''\
from __future__ import annotations
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
import asyncio, ctypes, os, signal, subprocess, sys, threading, time
from healthcheck.api import Check, Event, Levels, Metric, ProbeError, Result, Secret, Status, Target
{top}

@dataclass(frozen=True, kw_only=True)
class Dropped(Check[object]):
    """Does what its test says."""

    kind: ClassVar[str] = "{kind}"

    note: str = ""

{probe}

{evaluate}

{more}
'''
_EVALUATE = """\
def evaluate(self, sample: object, now: datetime) -> Iterator[Result]:
    yield Result(Status.OK, "is well")
"""


@dataclass(frozen=True)
class DropIn:
    """One drop-in: what its probe does, and what must be found of it."""

    kind: str
    probe: str = "return 1"
    top: str = ""
    evaluate: str = _EVALUATE
    more: str = ""
    is_async: bool = False
    finds: tuple[str, str] = FAULT
    timeout_s: int = 2

    def write(self, folder: Path) -> Path:
        """Put its file into the folder, for the owner alone to write."""
        body = f"{'async ' if self.is_async else ''}def probe(self, target: Target) -> object:\n"
        body += textwrap.indent(textwrap.dedent(self.probe), "    ")
        text = _FILE.format(
            kind=self.kind, top=textwrap.dedent(self.top),
            probe=textwrap.indent(body, "    "), evaluate=textwrap.indent(textwrap.dedent(self.evaluate), "    "),
            more=textwrap.indent(textwrap.dedent(self.more), "    "),
        )  # fmt: skip
        path = folder / f"{self.kind}.py"
        path.write_text(text)
        path.chmod(0o600)
        return path


GOOD = DropIn("good", finds=WELL)
GOOD_ASYNC = DropIn("good_async", "await asyncio.sleep(0)\nreturn 1", is_async=True, finds=WELL)

AT_RUN = (
    DropIn("raises", 'raise ValueError("its own words")'),
    DropIn("exits", "sys.exit(0)"),
    DropIn("interrupts", "raise KeyboardInterrupt"),
    DropIn("leaves", "os._exit(0)"),
    DropIn("leaves_in_the_loop", "os._exit(0)", is_async=True),
    DropIn("segfaults", "ctypes.string_at(0)"),
    DropIn("aborts", "os.abort()"),
    DropIn(
        "hangs",
        """\
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        time.sleep(600)
        """,
        finds=LATE,
    ),
    DropIn("blocks_the_loop", "time.sleep(600)", is_async=True, finds=LATE),
    DropIn("holds_the_interpreter", "ctypes.PyDLL(None).sleep(600)", finds=LATE),
    DropIn("recurses", "return self.probe(target)"),
    DropIn("recurses_in_c", "sys.setrecursionlimit(10**9)\nreturn repr(Endless())",
           top="class Endless:\n    def __repr__(self):\n        return repr(self)\n"),
    DropIn("recurses_in_async", "return await self.probe(target)", is_async=True),
    DropIn("eats_memory", "kept = []\nwhile True: kept.append(bytearray(1 << 24))", timeout_s=30),
    DropIn("floods", "while True: print('x' * 10_000)"),
    DropIn("floods_ten_megabytes", "print('x' * 10_000_000)\nreturn 1"),
    DropIn("floods_errors", "while True: os.write(2, b'x' * 10_000)"),
    DropIn("finds_nonsense", evaluate='def evaluate(self, sample, now):\n    yield "OK"\n'),
    DropIn("finds_nothing", evaluate="def evaluate(self, sample, now):\n    return iter(())\n"),
    DropIn(
        "finds_an_object",
        evaluate=_EVALUATE.replace('"is well"', '"is well", metric=Metric("a", object())'),
    ),
    DropIn(
        "forges",
        """\
        for descriptor in range(3, 64):
            try:
                os.write(descriptor, b'{"answer": {"results": 5}}\\n')
            except OSError:
                pass
        os._exit(0)
        """,
    ),
    DropIn(
        "writes_junk",
        """\
        for descriptor in range(3, 64):
            try:
                os.write(descriptor, b'{"answer": [' * 99)
            except OSError:
                pass
        os._exit(0)
        """,
    ),
    DropIn("falls_the_wall", "os.kill(os.getppid(), 9)\ntime.sleep(600)"),
)  # fmt: skip

WELL_ALL_THE_SAME = (
    DropIn("prints_junk", "print('{\"answer\": {}}' * 100)\nsys.stderr.write('junk')\nreturn 1", finds=WELL),
    DropIn(
        "forks",
        """\
        for _ in range(3):
            if os.fork() == 0:
                open(self.note, "a").write(f"{os.getpid()}\\n")
                time.sleep(600)
        return 1
        """,
        finds=WELL,
    ),
    DropIn(
        "flees",
        """\
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                open(self.note, "a").write(f"{os.getpid()}\\n")
                time.sleep(600)
            os._exit(0)
        time.sleep(0.3)
        return 1
        """,
        finds=WELL,
    ),
)

AT_BINDING = (
    DropIn("has_raising_mistakes", more='def mistakes(self):\n    raise RuntimeError("its own words")\n'),
    DropIn("has_exiting_mistakes", more="def mistakes(self):\n    os._exit(0)\n"),
    DropIn("has_nonsense_mistakes", more="def mistakes(self):\n    yield 5\n"),
    DropIn("is_not_made", more='def __post_init__(self):\n    raise RuntimeError("its own words")\n'),
    DropIn("cannot_be_bound", more="owner: str = ''\n"),
)


def not_loaded(kind: str, why: str) -> tuple[str, str]:
    """What is found of a file that could not be loaded."""
    return "UNKNOWN", f"could not be checked: its file {kind}.py could not be loaded: {why}"


def _bad(kind: str, top: str, why: str) -> DropIn:
    return DropIn(kind, top=top, finds=not_loaded(kind, why))


AT_IMPORT = (
    _bad("import_raises", "import nothing_of_that_name", "it fails while it is loaded"),
    _bad("import_exits", "sys.exit(0)", "it fails while it is loaded"),
    _bad("import_leaves", "os._exit(0)", "it ended while it was loaded"),
    _bad("import_segfaults", "ctypes.string_at(0)", "it ended while it was loaded"),
    _bad("import_floods", "while True: print('x' * 10_000)", "it ended while it was loaded"),
    _bad("import_is_no_python", "def (:", "it is not correct Python"),
)
