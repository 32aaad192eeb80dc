"""A frozen class is what the standard library's frozen dataclass is, however little of it was compiled."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from dataclasses import FrozenInstanceError, dataclass, field
from functools import cached_property
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcheck.records import frozen


@frozen
class Ours:
    name: str
    size: int = 3
    parts: list[int] = field(default_factory=list)
    secret: str = field(default="hidden", repr=False)
    note: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Theirs:
    name: str
    size: int = 3
    parts: list[int] = field(default_factory=list)
    secret: str = field(default="hidden", repr=False)
    note: str = field(default="", compare=False)


@frozen
class Nothing:
    """Has no field."""


@frozen
class One:
    value: int


@frozen
class Longer(One):
    more: int = 0


@frozen(slots=False)
class Counted:
    words: str

    @cached_property
    def count(self) -> int:
        return len(self.words.split())


@frozen
class Own:
    word: str

    def __repr__(self) -> str:
        return "Own(…)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Own)

    def __hash__(self) -> int:
        return 7


settings = st.fixed_dictionaries(
    {"name": st.text(max_size=3)},
    optional={
        "size": st.integers(0, 2),
        "parts": st.lists(st.integers(0, 1), max_size=2),
        "secret": st.text(max_size=2),
        "note": st.text(max_size=2),
    },
)


@given(settings, settings)
def test_it_compares_shows_replaces_and_takes_apart_as_the_standard_librarys(
    one: dict[str, Any], two: dict[str, Any]
) -> None:
    ours, theirs = Ours(**one), Theirs(**one)
    assert (ours == Ours(**two)) == (theirs == Theirs(**two))
    assert repr(ours) == repr(theirs).replace("Theirs", "Ours")
    assert dataclasses.asdict(ours) == dataclasses.asdict(theirs)
    assert dataclasses.astuple(dataclasses.replace(ours, **two)) == dataclasses.astuple(
        dataclasses.replace(theirs, **two)
    )
    for copied in (pickle.loads(pickle.dumps(ours)), copy.copy(ours), copy.deepcopy(ours)):  # our own
        assert dataclasses.astuple(copied) == dataclasses.astuple(ours)


def test_equal_ones_have_the_same_hash_and_other_classes_are_never_equal() -> None:
    assert hash(One(1)) == hash(One(1))
    assert {One(1), One(1), One(2)} == {One(2), One(1)}
    assert One(1) != Longer(1)
    assert Nothing() == Nothing()
    assert hash(Nothing()) == hash(Nothing())


def test_it_cannot_be_changed() -> None:
    one = One(1)
    for name in ("value", "anything"):
        with pytest.raises(FrozenInstanceError, match=name):
            setattr(one, name, 2)
        with pytest.raises(FrozenInstanceError, match=name):
            delattr(one, name)
    assert one.value == 1
    assert not hasattr(one, "__dict__")


@pytest.mark.parametrize(
    ("arguments", "settings"), [((), {}), (("x", 1, [], "", "", "over"), {}), (("x",), {"name": "y"}), ((), {"n": 1})]
)
def test_wrong_arguments_are_told_as_the_standard_library_tells_them(
    arguments: tuple[Any, ...], settings: dict[str, Any]
) -> None:
    said = []
    for cls in (Theirs, Ours):
        with pytest.raises(TypeError) as told:
            cls(*arguments, **settings)
        said.append(str(told.value).replace("Theirs", "Ours"))
    assert said[0] == said[1]


def test_each_instance_gets_a_default_of_its_own_where_a_factory_makes_it() -> None:
    one, two = Ours("a"), Ours("a")
    assert one.parts is not two.parts


def test_a_class_inherits_fields_and_keeps_the_methods_that_it_defines() -> None:
    assert dataclasses.astuple(Longer(1, 2)) == (1, 2)
    assert repr(Longer(1)) == "Longer(value=1, more=0)"
    assert (repr(Own("secret")), Own("a") == Own("b"), hash(Own("a"))) == ("Own(…)", True, 7)


def test_a_cached_property_is_worked_out_once() -> None:
    counted = Counted("one two")
    assert counted.count == 2
    assert vars(counted)["count"] == 2
    assert vars(pickle.loads(pickle.dumps(counted)))["words"] == "one two"  # our own


def test_nothing_is_compiled_for_a_class_of_which_there_is_no_instance() -> None:
    @frozen
    class Unused:
        value: int

    compiled = {name for name, method in vars(Unused).items() if getattr(method, "__code__", None) is not None}
    assert [name for name in sorted(compiled) if vars(Unused)[name].__code__.co_filename == "<string>"] == []
    Unused(1)
    assert vars(Unused)["__init__"].__code__.co_filename == "<string>"
