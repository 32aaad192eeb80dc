"""What the config's tests share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from healthcheck.config import load
from healthcheck.config.settings import Config
from healthcheck.errors import ConfigError
from tests.config.kinds import CATALOGUE

Written = Callable[[str | bytes], Path]
Mistaken = Callable[..., list[str]]
Loaded = Callable[..., Config]

SMALL = """\
[practice]
name = "Foothill"
timezone = "America/Los_Angeles"
opens = "07:30"

[[site]]
name = "Pasadena"

[[site.host]]
name = "server"
local = true

[[check]]
kind = "ping"
hosts = ["*"]
"""


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """Write a config that nobody else can have written, whatever the umask of whoever runs the tests."""

    def write(text: str | bytes) -> Path:
        path = tmp_path / "config.toml"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        path.chmod(0o600)
        return path

    return write


@pytest.fixture
def loaded(written: Written) -> Loaded:
    """Load a config that is right."""

    def read(text: str, environ: Mapping[str, str] | None = None) -> Config:
        return load(written(text), CATALOGUE, environ or {})

    return read


@pytest.fixture
def mistaken(written: Written, tmp_path: Path) -> Mistaken:
    """Load a config that is wrong and return its messages, without the folder that it stands in."""

    def read(text: str | bytes, environ: Mapping[str, str] | None = None) -> list[str]:
        with pytest.raises(ConfigError) as caught:
            load(written(text), CATALOGUE, environ or {})
        return str(caught.value).replace(f"{tmp_path}/", "").split("\n")

    return read
