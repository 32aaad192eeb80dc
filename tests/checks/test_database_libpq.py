"""Of psycopg only the wrapper of libpq is loaded, and whoever wants the rest of it still gets all."""

from __future__ import annotations

import subprocess
import sys

import pytest

LOADED = "import sys; from healthcheck.checks._database.libpq import pq; assert pq.version() >= 100000; "


def python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_adapters_of_psycopg_are_not_loaded() -> None:
    names = python(LOADED + "print(*(name for name in sys.modules if name.startswith('psycopg')))").split()
    assert "psycopg.pq" in names
    assert [name for name in names if name == "psycopg" or name.startswith("psycopg.types")] == []


@pytest.mark.parametrize("before", [False, True], ids=["afterwards", "before"])
def test_all_of_psycopg_can_still_be_had(before: bool) -> None:
    whole = "import psycopg; assert psycopg.connect and psycopg.types.TypeInfo; "
    same = "assert psycopg.pq is pq; "
    python(whole + LOADED + same if before else LOADED + whole + same)


def test_a_psycopg_that_is_built_otherwise_is_loaded_whole() -> None:
    """Here it is one whose `pq` needs something that only its `__init__` provides."""
    otherwise = (
        "import importlib, sys; short = importlib.import_module; tried = []\n"
        "def import_module(name):\n"
        "    tried.append(name)\n"
        "    if name == 'psycopg.pq': raise AttributeError(name)\n"
        "    return short(name)\n"
        "importlib.import_module = import_module\n"
    )
    assert python(otherwise + LOADED + "print(*tried, 'psycopg' in sys.modules)") == "psycopg.pq psycopg True\n"
