"""Premises to look at: a config of one office, written as a test asks."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from healthcheck.doctor.premises import Premises, enter
from tests.lab import need_root
from tests.lab.program import CONFIG

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


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every account may look into."""
    need_root()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)
