"""Parts of packages without the rest, where the rest takes long to import and is not wanted."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any, cast

_modules = cast("dict[str, Any]", sys.modules)


@contextlib.contextmanager
def in_place_of(name: str, other: ModuleType | None) -> Iterator[None]:
    """While this lasts, whoever imports that module gets the other one (None: hears that it is missing).

    A module that is loaded already stays.
    """
    if name in _modules:
        yield
        return
    _modules[name] = other
    try:
        yield
    finally:
        if _modules.get(name) is other:
            del _modules[name]


def module_alone(package: str, name: str) -> ModuleType:
    """The package's module of that name; its `__init__` is passed over for as long as this takes.

    A package that is loaded already, or built in a way that does not bear this, is imported as a whole. Whoever imports
    it later gets all of it, with this very module in it. Raises `ImportError` when there is no such package.
    """
    spec = None if package in _modules else importlib.util.find_spec(package)
    if spec is not None:
        bare = importlib.util.module_from_spec(spec)
        with contextlib.suppress(ImportError, AttributeError), in_place_of(package, bare):
            return importlib.import_module(f"{package}.{name}")
    found: ModuleType = getattr(importlib.import_module(package), name)
    return found
