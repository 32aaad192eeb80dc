"""Where the config and the state are kept, for whoever starts the program and however."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

FILE = Path("healthcheck", "config.toml")
SYSTEM_CONFIG = Path("/etc/healthcheck/config.toml")
SYSTEM_STATE = Path("/var/lib/healthcheck")


def find_config(explicit: Path | None, environ: Mapping[str, str], uid: int) -> Path:
    """`--config`, else `$HEALTHCHECK_CONFIG`, else the user's own config if there is one (never root's), else /etc."""
    if explicit is not None:
        return explicit
    if named := environ.get("HEALTHCHECK_CONFIG"):
        return Path(named)
    own = _of_user("XDG_CONFIG_HOME", ".config", environ, uid)
    if own is not None and os.access(own / FILE, os.F_OK):
        return own / FILE
    return SYSTEM_CONFIG


def new_config(explicit: Path | None, environ: Mapping[str, str], uid: int) -> Path:
    """Where `find_config` will find a config that is not there yet: a user's own, where it would take /etc else."""
    own = _of_user("XDG_CONFIG_HOME", ".config", environ, uid)
    if explicit is None and not environ.get("HEALTHCHECK_CONFIG") and own is not None:
        return own / FILE
    return find_config(explicit, environ, uid)


def find_state_dir(explicit: Path | None, environ: Mapping[str, str], uid: int) -> Path:
    """`--state-dir`, else `$HEALTHCHECK_STATE_DIR`, `$STATE_DIRECTORY`, the user's own (never root's), else /var."""
    if explicit is not None:
        return explicit
    if named := environ.get("HEALTHCHECK_STATE_DIR"):
        return Path(named)
    if given := environ.get("STATE_DIRECTORY"):
        return Path(given.partition(":")[0])  # systemd lists several with colons; ours is the first
    own = _of_user("XDG_STATE_HOME", ".local/state", environ, uid)
    return own / "healthcheck" if own is not None else SYSTEM_STATE


def _of_user(variable: str, usual: str, environ: Mapping[str, str], uid: int) -> Path | None:
    """A user's base folder (XDG Base Directory Specification: a relative path counts as unset); root has none."""
    if uid == 0:
        return None
    if Path(named := environ.get(variable, "")).is_absolute():
        return Path(named)
    home = environ.get("HOME", "")
    return Path(home, usual) if Path(home).is_absolute() else None
