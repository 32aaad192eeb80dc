"""What a command loads: no more than it needs, for most of the time of a short command goes to loading."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parent.parent / "config.example.toml"
_LOADED = re.compile(r"^import '?([\w.]+)'? # ", re.MULTILINE)

PYDANTIC = frozenset({"pydantic_core"})
"""Its validator; the rest of it only declares models."""
PAGES = frozenset({"jinja2", "markupsafe"})

NETWORK = frozenset({"asyncio", "http", "smtplib", "ssl"})
HEAVY = NETWORK | {"sqlite3", "subprocess", "xml"}
"""Modules of Python's own that cost as much as a whole command."""

ONLY_PING = """
[practice]
name = "Foothill"
timezone = "America/Los_Angeles"
opens = "07:30"

[[site]]
name = "Pasadena"

[[site.host]]
name = "office"
local = true

[[check]]
kind = "ping"
hosts = ["*"]
"""


def loaded(*words: str) -> frozenset[str]:
    """Every module that a command loads, the processes that it forks included.

    As `-v` tells it: `-X importtime` leaves out what comes by way of `importlib.import_module`.
    """
    argv = [sys.executable, "-v", "-m", "healthcheck", *words]
    done = subprocess.run(argv, capture_output=True, text=True, errors="replace", check=False)
    assert done.returncode == 0, done.stderr[-1000:]
    return frozenset(_LOADED.findall(done.stderr))


def ours(modules: frozenset[str]) -> set[str]:
    """The modules of this program, without its name."""
    return {name.removeprefix("healthcheck.") for name in modules if name.startswith("healthcheck.")}


def rooms(modules: frozenset[str]) -> set[str]:
    return {name.partition(".")[0] for name in ours(modules)}


def others(modules: frozenset[str]) -> set[str]:
    """The packages of others that were loaded; what an interpreter's own `.pth` files load is not counted."""
    tops = {name.partition(".")[0] for name in modules} - {"healthcheck", "sitecustomize", "_distutils_hack"}
    return {name for name in tops if name not in sys.stdlib_module_names and not name.startswith("_sysconfig")}


def kinds(modules: frozenset[str]) -> set[str]:
    """The kinds of check that were loaded."""
    checks = {name.removeprefix("checks.") for name in ours(modules) if name.startswith("checks.")}
    return {name for name in checks if not name.startswith("_")}


def test_help_loads_click_and_the_root_of_the_commands_alone() -> None:
    modules = loaded("--help")
    assert ours(modules) == {"cli", "cli.hand_over", "cli.root", "config", "config.paths", "errors", "records"}
    assert others(modules) == {"click"}
    assert modules & (HEAVY | {"tomllib", "logging"}) == set()


def test_version_loads_nothing() -> None:
    modules = loaded("--version")
    assert ours(modules) == set()
    assert others(modules) == set()


def test_a_config_is_checked_with_the_kinds_that_it_names_and_without_a_network() -> None:
    modules = loaded("--config", str(EXAMPLE), "config", "check")
    named = set(re.findall(r'^kind = "(\w+)"', EXAMPLE.read_text(encoding="utf-8"), re.MULTILINE))
    assert kinds(modules) == named
    assert rooms(modules) == {
        "api", "check", "checks", "cli", "config", "delivery", "errors", "foreign", "model", "plugins",
        "partial_import", "privacy", "records", "words",
    }  # fmt: skip
    assert others(modules) == {"click"} | PYDANTIC
    assert modules & (NETWORK | {"sqlite3", "xml"}) == set()


def test_the_catalogue_needs_no_driver_of_any_extra() -> None:
    modules = loaded("--config", str(EXAMPLE), "checks")
    assert others(modules) == {"click"}


@pytest.fixture
def only_ping(tmp_path: Path) -> Path:
    config = tmp_path / "config.toml"
    config.write_text(ONLY_PING)
    return config


def test_a_round_of_pings_loads_no_other_kind_and_nothing_that_only_another_needs(
    only_ping: Path, tmp_path: Path
) -> None:
    modules = loaded("--config", str(only_ping), "--state-dir", str(tmp_path / "state"), "run")
    assert kinds(modules) == {"ping"}
    assert others(modules) == {"click", "ping3"} | PYDANTIC | PAGES
    assert modules & {"http.client", "smtplib"} == set()
    assert rooms(modules) & {"agent", "doctor", "interview", "walled"} == set()
