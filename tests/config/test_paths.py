"""The config and the state are found in the order that the manual promises."""

from __future__ import annotations

from pathlib import Path

import pytest

from healthcheck.config.paths import find_config, find_state_dir, new_config

USER, ROOT = 1000, 0


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home in which a config is kept."""
    config = tmp_path / ".config" / "healthcheck" / "config.toml"
    config.parent.mkdir(parents=True)
    config.touch()
    return tmp_path


def test_the_command_line_names_the_config_before_anything_else(home: Path) -> None:
    assert find_config(Path("a.toml"), {"HEALTHCHECK_CONFIG": "b.toml", "HOME": str(home)}, USER) == Path("a.toml")


def test_the_environment_names_the_config_next(home: Path) -> None:
    assert find_config(None, {"HEALTHCHECK_CONFIG": "b.toml", "HOME": str(home)}, USER) == Path("b.toml")


def test_a_user_has_a_config_of_his_own(home: Path) -> None:
    own = home / ".config/healthcheck/config.toml"
    assert find_config(None, {"XDG_CONFIG_HOME": str(home / ".config")}, USER) == own
    assert find_config(None, {"HOME": str(home)}, USER) == own
    assert find_config(None, {"HOME": str(home), "XDG_CONFIG_HOME": "relative"}, USER) == own


@pytest.mark.parametrize(
    ("environ", "uid"),
    [
        pytest.param({}, USER, id="system-nothing-set"),
        pytest.param({"HOME": "relative"}, USER, id="system-relative-home"),
        pytest.param({"HOME": "/nonexistent"}, USER, id="system-none-at-home"),
        pytest.param({"HOME": "HOME", "XDG_CONFIG_HOME": "HOME/.config"}, ROOT, id="system-root"),
    ],
)
def test_else_the_config_is_the_system_s(environ: dict[str, str], uid: int, home: Path) -> None:
    given = {name: value.replace("HOME", str(home)) for name, value in environ.items()}
    assert find_config(None, given, uid) == Path("/etc/healthcheck/config.toml")


@pytest.mark.parametrize(
    ("explicit", "environ", "uid"),
    [
        (Path("a.toml"), {"HOME": "/home/dana"}, USER),
        (None, {"HEALTHCHECK_CONFIG": "/b.toml", "HOME": "/home/dana"}, USER),
        (None, {}, ROOT),
    ],
    ids=["named", "environment", "root"],
)
def test_a_new_config_is_written_where_it_will_be_found(
    explicit: Path | None, environ: dict[str, str], uid: int
) -> None:
    assert new_config(explicit, environ, uid) == find_config(explicit, environ, uid)


def test_a_new_config_of_a_user_is_his_own(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path)}
    made = new_config(None, environ, USER)
    assert made == tmp_path / ".config/healthcheck/config.toml"
    made.parent.mkdir(parents=True)
    made.touch()
    assert find_config(None, environ, USER) == made


@pytest.mark.parametrize(
    ("explicit", "environ", "uid", "found"),
    [
        pytest.param("a", {"HEALTHCHECK_STATE_DIR": "b", "STATE_DIRECTORY": "c"}, USER, "a", id="command-line"),
        pytest.param(None, {"HEALTHCHECK_STATE_DIR": "b", "STATE_DIRECTORY": "c"}, USER, "b", id="environment"),
        pytest.param(None, {"STATE_DIRECTORY": "/c:/d", "XDG_STATE_HOME": "/e"}, USER, "/c", id="systemd"),
        pytest.param(None, {"XDG_STATE_HOME": "/e", "HOME": "/f"}, USER, "/e/healthcheck", id="user"),
        pytest.param(None, {"HOME": "/f"}, USER, "/f/.local/state/healthcheck", id="user-home"),
        pytest.param(None, {"XDG_STATE_HOME": "/e", "HOME": "/f"}, ROOT, "/var/lib/healthcheck", id="root"),
        pytest.param(None, {}, USER, "/var/lib/healthcheck", id="nothing-set"),
    ],
)
def test_the_state_is_kept_in_the_first_place_that_is_given(
    explicit: str | None, environ: dict[str, str], uid: int, found: str
) -> None:
    assert find_state_dir(Path(explicit) if explicit else None, environ, uid) == Path(found)
