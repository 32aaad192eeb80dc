"""One module of a package without the package around it, where the rest takes long to import and is not wanted."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from types import ModuleType


def module_alone(package: str, name: str) -> ModuleType:
    """The package's module of that name; its `__init__` is passed over for as long as this takes.

    A package that is loaded already, or built in a way that does not bear this, is imported as a whole. Whoever imports
    it later gets all of it, with this very module in it. Raises `ImportError` when there is no such package.
    """
    spec = None if package in sys.modules else importlib.util.find_spec(package)
    if spec is not None:
        sys.modules[package] = importlib.util.module_from_spec(spec)
        try:
            return importlib.import_module(f"{package}.{name}")
        except (ImportError, AttributeError):  # then the long way
            pass
        finally:
            del sys.modules[package]
    found: ModuleType = getattr(importlib.import_module(package), name)
    return found
