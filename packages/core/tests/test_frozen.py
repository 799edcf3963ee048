"""Dataclasses that cost little to define."""

import copy
import dataclasses
import inspect
import pickle
from typing import ClassVar

import pytest

from theano.frozen import dataclass, field, replace


@dataclass(frozen=True)
class Point:
    kind: ClassVar[str] = "point"
    x: int
    y: int = 3


@dataclass(frozen=True)
class Weighted(Point):
    weight: float = 1.0

    def __post_init__(self):
        object.__setattr__(self, "product", self.x * self.weight)


@dataclass(frozen=True)
class Empty:
    pass


@dataclasses.dataclass(frozen=True)
class Ordinary(Weighted):
    label: str = ""


def test_values_compare_hash_and_print_by_their_fields():
    assert Point(1) == Point(1, 3)
    assert Point(1) != Point(1, 2)
    assert Point(1) != Weighted(1)
    assert hash(Point(1)) == hash(Point(1, 3))
    assert repr(Point(1)) == "Point(x=1, y=3)"
    assert Empty() == Empty()
    assert len({Empty(), Empty(), Point(1), Point(x=1)}) == 2


def test_arguments_are_checked_and_defaults_apply():
    assert str(inspect.signature(Weighted)) == "(x: int, y: int = 3, weight: float = 1.0) -> None"
    assert Weighted(2, weight=4.0).product == 8
    with pytest.raises(TypeError, match="missing 1 required"):
        Point()
    with pytest.raises(TypeError):
        Point(1, 2, 3)
    with pytest.raises(TypeError):
        Empty(1)


@pytest.mark.parametrize("value", [Point(1), Weighted(1), Ordinary(1)])
def test_nothing_can_be_changed(value):
    for change in (lambda: setattr(value, "x", 2), lambda: setattr(value, "new", 2), lambda: delattr(value, "y")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            change()
    assert value.x == 1


def test_a_subclass_that_is_no_dataclass_may_keep_notes():
    class Noted(Point):
        pass

    noted = Noted(1)
    noted.note = "here"
    assert noted.note == "here"
    with pytest.raises(dataclasses.FrozenInstanceError):
        noted.x = 2


def test_functions_of_dataclasses_work():
    assert [f.name for f in dataclasses.fields(Weighted)] == ["x", "y", "weight"]
    assert dataclasses.fields(Weighted)[1].default == 3
    assert dataclasses.fields(Empty()) == ()
    assert dataclasses.is_dataclass(Point)
    assert dataclasses.replace(Weighted(1), weight=2.0) == Weighted(1, 3, 2.0)
    assert dataclasses.asdict(Point(1)) == {"x": 1, "y": 3}
    assert Ordinary(1, label="a") == dataclasses.replace(Ordinary(1), label="a")


def test_copies_and_pickles():
    for value in (Point(1), Weighted(2), Empty()):
        assert pickle.loads(pickle.dumps(value)) == value
        assert copy.deepcopy(value) == value


def test_patterns_match():
    match Point(1, 2):
        case Point(a, b):
            assert (a, b) == (1, 2)


def test_unusual_classes_are_left_to_the_standard_library():
    with pytest.raises(TypeError, match="non-default argument"):

        @dataclass(frozen=True)
        class Wrong:
            a: int = 1
            b: int  # type: ignore[misc]

    with pytest.raises(ValueError, match="mutable default"):

        @dataclass(frozen=True)
        class Shared:
            a: list = []

    @dataclass(frozen=True)
    class Made:
        a: list = dataclasses.field(default_factory=list)

    assert Made().a == []
    with pytest.raises(TypeError, match="frozen"):

        @dataclass(eq=False)
        class Changing(Point):
            z: int = 1


@dataclass(eq=False)
class Record:
    name: str
    notes: list = field(default_factory=list)
    level: int = 0


def test_records_change_and_have_defaults_of_their_own():
    first, second = Record("a"), Record("b", level=2)
    first.notes.append(1)
    first.level = 5
    assert (first.notes, second.notes, first.level, second.level) == ([1], [], 5, 2)
    assert first != Record("a", [1], 5)
    assert hash(first) != hash(second)
    assert repr(second) == "Record(name='b', notes=[], level=2)"
    assert dataclasses.replace(second, name="c").level == 2
    assert dataclasses.fields(Record)[1].default_factory is list
    assert not hasattr(Record, "notes")


def test_records_that_compare_do_not_hash():
    @dataclass(eq=True)
    class Pair:
        a: int
        b: dict = field(default_factory=dict)

    assert Pair(1) == Pair(1, {})
    with pytest.raises(TypeError, match="unhashable"):
        hash(Pair(1))


def test_a_factory_in_an_unusual_class_is_the_standard_one():
    @dataclass(eq=False)
    class Mixed:
        a: list = field(default_factory=list)
        b: dict = dataclasses.field(default_factory=dict)

    assert (Mixed().a, Mixed().b) == ([], {})


@pytest.mark.parametrize("value", [Point(1), Weighted(2, 3, 4.0), Ordinary(1), Record("a", [1])])
def test_replace_is_that_of_dataclasses(value):
    name = dataclasses.fields(value)[0].name
    ours, standard = replace(value, **{name: 7}), dataclasses.replace(value, **{name: 7})
    assert type(ours) is type(value)
    assert vars(ours) == vars(standard)
    assert getattr(value, name) != 7
    with pytest.raises(TypeError):
        replace(value, unknown=1)
