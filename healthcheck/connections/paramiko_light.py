"""paramiko, imported the cheap way and kept quiet. Import it from here and nowhere else, and only for an SSH host.

A third of paramiko's import is `invoke`, which only reads `Match exec` lines of an ssh_config that is never read here;
paramiko does without where it is missing. Its log repeats what the other side says, with tracebacks.
"""

from __future__ import annotations

import logging
import sys
from typing import Any, cast

_modules = cast("dict[str, Any]", sys.modules)
_hidden = "invoke" not in _modules
if _hidden:
    _modules["invoke"] = None
try:
    import paramiko
finally:
    if _hidden:
        del _modules["invoke"]

logging.getLogger("paramiko").setLevel(logging.CRITICAL)

__all__ = ["paramiko"]
