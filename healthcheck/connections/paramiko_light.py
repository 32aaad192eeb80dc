"""paramiko, imported the cheap way and kept quiet. Import it from here and nowhere else, and only for an SSH host.

Half of paramiko's import is not for us. `invoke` only reads `Match exec` lines of an ssh_config that is never read
here; paramiko does without where it is missing. `importlib.metadata`, which reads mails, tables and archives, tells
paramiko its own version; so does the name of a folder. Its log repeats what the other side says, with tracebacks.
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from healthcheck.partial_import import in_place_of


class _Versions(ModuleType):
    """Knows the one thing of `importlib.metadata` that paramiko asks; who asks for more, from any thread, brings it."""

    def version(self, package: str) -> str:
        spec = importlib.util.find_spec(package)
        beside = Path(spec.origin).parents[1] if spec and spec.origin else Path()
        found = [each.stem.removeprefix(f"{package}-") for each in beside.glob(f"{package}-*.dist-info")]
        return found[0] if len(found) == 1 else str(self.__getattr__("version")(package))

    def __getattr__(self, name: str) -> Any:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)


with in_place_of("invoke", None), in_place_of("importlib.metadata", _Versions("importlib.metadata")):
    import paramiko

logging.getLogger("paramiko").setLevel(logging.CRITICAL)

__all__ = ["paramiko"]
