"""Premises to look at: a config of one office, written as a test asks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from healthcheck.doctor.premises import Premises, enter
from tests.cli.test_root import CONFIG

At = Callable[..., Premises]


@pytest.fixture
def at(tmp_path: Path) -> At:
    """Write the config with these sections behind its head, and enter."""

    def build(*sections: str, config: str = CONFIG, environ: dict[str, str] | None = None) -> Premises:
        path = tmp_path / "config.toml"
        path.write_text("\n".join((config, *sections)))
        path.chmod(0o600)
        return enter(path, tmp_path / "state", " --here", environ or {})

    return build
