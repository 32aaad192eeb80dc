"""Loads kinds of check from wherever they are: the built-ins here, foreign files and packages behind the wall.

All come the same way, as modules that define `Check` dataclasses; moving a built-in's file into `checks.d/` and
editing it works.
"""

from __future__ import annotations

import dataclasses
import importlib
import importlib.util
import inspect
import os
import pkgutil
import re
import stat
import sys
from collections.abc import Iterator, Mapping
from dataclasses import field
from pathlib import Path
from types import ModuleType
from typing import Any

from healthcheck import checks
from healthcheck.check import Check
from healthcheck.errors import PluginError
from healthcheck.records import frozen

_NEEDS = re.compile(r"^(Needs\b.*?)(?=\b(?:Sources?|Formats?):\s|\Z)", re.MULTILINE | re.DOTALL)
_OTHERS_CAN_WRITE = stat.S_IWGRP | stat.S_IWOTH


@frozen
class Kind:
    """A kind of check and where it came from: "built-in", a file's path, or a distribution's name."""

    check: type[Check[Any]]
    origin: str

    @property
    def name(self) -> str:
        """The word that `kind = "…"` takes."""
        return self.check.kind

    @property
    def manual(self) -> str:
        """Its manual page: the class docstring."""
        return inspect.getdoc(self.check) or ""

    @property
    def summary(self) -> str:
        """The first line of the manual page."""
        return self.manual.partition("\n")[0]

    @property
    def needs(self) -> str:
        """What must be switched on for it: its manual page from the paragraph "Needs …" on, without the sources."""
        found = _NEEDS.search(self.manual)
        return found[1].strip() if found else ""


@frozen
class Catalogue:
    """Kinds by name, and a sentence for each file that could not be loaded."""

    kinds: Mapping[str, Kind] = field(default_factory=dict)
    refused: tuple[str, ...] = ()


def load() -> Catalogue:
    """The built-ins, by name."""
    return Catalogue(_BuiltIns())


class _BuiltIns(Mapping[str, Kind]):
    """The built-in kinds. A kind's name is its file's, so that a file is imported only when somebody asks for it."""

    def __init__(self) -> None:
        names = (module.name for module in pkgutil.iter_modules(checks.__path__))
        self._kinds: dict[str, Kind | None] = dict.fromkeys(sorted(n for n in names if not n.startswith("_")))

    def __iter__(self) -> Iterator[str]:
        return iter(self._kinds)

    def __len__(self) -> int:
        return len(self._kinds)

    def __getitem__(self, name: str) -> Kind:
        kind = self._kinds[name]
        if kind is None:
            [kind] = _kinds_of(importlib.import_module(f"{checks.__name__}.{name}"), "built-in")
            self._kinds[name] = kind
        return kind


def load_program(path: Path, manual: str) -> Kind:
    """The kind that an executable file is: a Nagios plug-in, run as the kind `nagios` runs one."""
    nagios = importlib.import_module(f"{checks.__name__}.nagios")
    return Kind(_checked(nagios.file_kind(path, manual), str(path)), str(path))


def load_entry_point(value: str, group: str, origin: str) -> list[Kind]:
    """The kinds of an installed package's entry point, a module or a class; `PluginError` says why there are none."""
    from importlib.metadata import EntryPoint  # slow to import, and most machines have no such package

    try:
        loaded = EntryPoint(name="", value=value, group=group).load()
    except BaseException as error:  # foreign code may do anything while it is imported
        raise PluginError(f"{origin}: not loaded: {_reason(error)}") from error
    if inspect.ismodule(loaded):
        return list(_kinds_of(loaded, origin))
    return [Kind(_checked(loaded, origin), origin)]


def load_file(path: Path) -> list[Kind]:
    """The kinds that one file defines; `PluginError` says why there are none."""
    if (why := unsafe(path)) is not None:
        raise PluginError(f"{path}: not loaded: {why}")
    name = f"healthcheck_checks_d.{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise PluginError(f"{path}: not loaded: it is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses with postponed annotations look their module up while it executes
    try:
        spec.loader.exec_module(module)
    except BaseException as error:  # foreign code may do anything while it is imported, exit included
        del sys.modules[name]
        raise PluginError(f"{path}: not loaded: {_reason(error)}") from error
    found = list(_kinds_of(module, str(path)))
    if not found:
        raise PluginError(f"{path}: not loaded: it defines no check (a dataclass that derives from Check)")
    return found


def unsafe(path: Path) -> str | None:
    """Why a file that will be run or that decides what runs must not be trusted; None when it may be."""
    status = path.stat()
    if status.st_uid not in (0, os.geteuid()):
        return f"it belongs to another user (uid {status.st_uid}); change its owner with: chown {os.geteuid()} {path}"
    if status.st_mode & _OTHERS_CAN_WRITE:
        return f"others can write to it; take that right away with: chmod go-w {path}"
    return None


def _kinds_of(module: ModuleType, origin: str) -> Iterator[Kind]:
    for value in vars(module).values():
        if isinstance(value, type) and value.__module__ == module.__name__ and issubclass(value, Check):
            if inspect.isabstract(value) and "kind" not in vars(value):
                continue
            yield Kind(_checked(value, origin), origin)


def _checked(value: object, origin: str) -> type[Check[Any]]:
    """The same class, if it keeps the contract of a check; `PluginError` names what it lacks."""
    if not (isinstance(value, type) and issubclass(value, Check)):
        raise PluginError(f"{origin}: not loaded: {value!r} is not a class that derives from Check")
    lacks = [
        what
        for what, there in (
            ("a `kind`", isinstance(getattr(value, "kind", None), str)),
            (
                "@dataclass(frozen=True, kw_only=True)",
                dataclasses.is_dataclass(value) and "__dataclass_fields__" in vars(value),
            ),
            ("a docstring", bool(value.__doc__)),
            ("`probe` and `evaluate`", not inspect.isabstract(value)),
        )
        if not there
    ]
    if lacks:
        raise PluginError(f"{origin}: not loaded: the check {value.__name__} lacks {', '.join(lacks)}")
    return value


def _reason(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
