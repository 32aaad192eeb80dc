"""The config room: TOML in, a `Config` out, or every mistake at once with its line."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from healthcheck.config.settings import Config
    from healthcheck.plugins import Catalogue


def load(
    path: Path,
    catalogue: Catalogue | None = None,
    environ: Mapping[str, str] = os.environ,
    *,
    copy: Path | None = None,
) -> Config:
    """The config at that path, whole and checked; `ConfigError` lists every mistake, one a line.

    Checks that are dropped into `checks.d/` beside the config are known to it, unless a `catalogue` is given.
    `environ` is where secrets are looked up besides files. `copy` is read in the config's place; what stands beside it
    is still looked for beside the config itself.
    """
    from healthcheck.config.loading import load  # takes longer to import than all the rest

    return load(path, catalogue, environ, copy or path)
