"""Of psycopg only the wrapper of libpq is loaded, and whoever wants the rest of it still gets all."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest
from psycopg import sql

from healthcheck.checks._database.libpq import Connection, LoginError
from tests.lab.postgres import ADDRESS, DATABASE, Postgres, postgres, prepared

LOADED = "import sys; from healthcheck.checks._database.libpq import pq; assert pq.version() >= 100000; "


def python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def primary() -> Iterator[Postgres]:
    with prepared() as data, postgres(data) as server:
        yield server


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


@pytest.mark.parametrize("password", ["plain", "it's", 'a "b" c', "back\\slash\\'", " spaces ", "Grüße"])
def test_settings_reach_the_server_as_they_are(primary: Postgres, password: str) -> None:
    """Whatever stands in a password, it does not end the setting that it stands in."""
    with primary.connect() as superuser:
        superuser.execute(b"DROP ROLE IF EXISTS odd")
        superuser.execute(sql.SQL("CREATE ROLE odd LOGIN PASSWORD {}").format(password))
    settings = {"hostaddr": ADDRESS, "port": str(primary.port), "dbname": DATABASE, "user": "odd", "password": password}
    connection = Connection(settings, 5.0)
    assert connection.ask("SELECT current_user, NULL, $1::text", password) == ("odd", None, password)
    connection.close()
    with pytest.raises(LoginError, match="password authentication failed"):
        Connection({**settings, "password": password + "x"}, 5.0)
