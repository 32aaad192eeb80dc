"""A history of the test's own."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from healthcheck.history import History

MONDAY = datetime(2026, 11, 23, 13, 45, tzinfo=UTC)
"""A quarter to six in Los Angeles."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.sqlite"


@pytest.fixture
def history(path: Path) -> Iterator[History]:
    """Opened as the program opens it on that Monday."""
    with contextlib.closing(History.open(path, MONDAY)) as opened:
        yield opened
