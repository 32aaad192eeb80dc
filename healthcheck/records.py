"""Frozen dataclasses that cost little until they are used.

The standard library writes and compiles six functions for each frozen dataclass while its module is imported. With
some two hundred of them that was a fifth of this program's start, and a command uses but a few. Here the fields are
the standard library's, so that its `fields`, `replace`, `asdict` and `is_dataclass` work as ever. Comparing, hashing,
showing and refusing to change are functions that all classes share, and `__init__` is compiled for the first instance.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields
from operator import attrgetter
from typing import Any, NoReturn, TypeVar, dataclass_transform, overload

T = TypeVar("T")
_NOT_GIVEN = object()
_set = object.__setattr__


@overload
@dataclass_transform(frozen_default=True, field_specifiers=(field, Field))
def frozen(cls: type[T], /) -> type[T]: ...
@overload
@dataclass_transform(frozen_default=True, field_specifiers=(field, Field))
def frozen(*, slots: bool) -> Callable[[type[T]], type[T]]: ...
def frozen(cls: type[T] | None = None, /, *, slots: bool = True) -> type[T] | Callable[[type[T]], type[T]]:
    """Make a class what `dataclass(frozen=True, slots=True)` makes of it; a `cached_property` needs `slots=False`.

    Of `field` it knows `default`, `default_factory`, `repr` and `compare`. Methods that the class itself defines stay.
    """
    return _made(cls, slots) if cls is not None else lambda given: _made(given, slots)


def _made(given: type[T], slots: bool) -> type[T]:
    if given.__doc__ is None:
        given.__doc__ = given.__name__  # else `dataclass` works out a signature to put there
    own = set(vars(given))
    cls = dataclass(init=False, repr=False, eq=False, slots=slots)(given)
    names = [each.name for each in _fields(cls)]
    compared = _values_of([each.name for each in _fields(cls) if each.compare])

    def first(self: Any, *args: Any, **kwargs: Any) -> None:
        init = _init_of(cls)
        setattr(cls, "__init__", init)  # noqa: B010  # mypy lets nobody assign it
        init(self, *args, **kwargs)

    def equals(self: Any, other: object) -> Any:
        return compared(self) == compared(other) if other.__class__ is self.__class__ else NotImplemented

    def restore(self: Any, state: tuple[Any, ...]) -> None:
        for name, value in zip(names, state, strict=True):
            _set(self, name, value)

    methods: dict[str, Callable[..., Any]] = {
        "__init__": first,
        "__eq__": equals,
        "__hash__": lambda self: hash(compared(self)),
        "__repr__": _repr,
        "__setattr__": _refuse_to_set,
        "__delattr__": _refuse_to_delete,
        "__getstate__": _values_of(names),
        "__setstate__": restore,
    }
    for name in methods.keys() - own:
        setattr(cls, name, methods[name])
    return cls


def _fields(of: Any) -> tuple[Field[Any], ...]:
    return fields(of)


def _values_of(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    """What gives the values of these attributes, as a tuple however many there are."""
    if len(names) > 1:
        get = attrgetter(*names)
        return lambda of: get(of)  # a function, which as a method is given the instance
    return (lambda of: (getattr(of, names[0]),)) if names else (lambda of: ())


def _init_of(cls: type[Any]) -> Callable[..., None]:
    """`__init__`, written out and compiled: called by the thousand, it must not look through the fields each time."""
    known: dict[str, Any] = {"_set": _set, "_NOT_GIVEN": _NOT_GIVEN}
    taken, lines = ["self"], []
    for each in _fields(cls):
        name = value = each.name
        if each.default_factory is not MISSING:
            known[f"_make_{name}"] = each.default_factory
            taken.append(f"{name}=_NOT_GIVEN")
            value = f"_make_{name}() if {name} is _NOT_GIVEN else {name}"
        elif each.default is not MISSING:
            known[f"_usual_{name}"] = each.default
            taken.append(f"{name}=_usual_{name}")
        else:
            taken.append(name)
        lines.append(f"    _set(self, {name!r}, {value})")
    exec("\n".join([f"def __init__({', '.join(taken)}):", *(lines or ["    pass"])]), known)  # noqa: S102  # our own
    init: Callable[..., None] = known["__init__"]
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    init.__module__ = cls.__module__
    return init


def _repr(self: Any) -> str:
    shown = (f"{each.name}={getattr(self, each.name)!r}" for each in _fields(self) if each.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _refuse_to_set(self: Any, name: str, value: object) -> NoReturn:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(self: Any, name: str) -> NoReturn:
    raise FrozenInstanceError(f"cannot delete field {name!r}")
