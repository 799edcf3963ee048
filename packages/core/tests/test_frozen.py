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


def made(**how):
    """A class that nobody has seen yet."""

    @dataclass(**how)
    class Item:
        name: str
        size: int = 3
        parts: list = field(default_factory=list)

        def __post_init__(self):
            self.parts.append(self.name)

    return Item


@pytest.mark.parametrize("frozen", [False, True])
def test_the_first_instances_are_as_all_others(frozen):
    item = made(frozen=frozen)
    few = [item("a"), item("a", 3), item(size=3, name="a"), item("a", parts=[], size=3)]
    assert "<lambda>" in repr(item.__dict__["__init__"].__get__(object(), item))  # nothing is compiled
    item.__init__  # noqa: B018  compiles it
    assert inspect.isfunction(item.__dict__["__init__"])
    later = [item("a"), item("a", 3), item(size=3, name="a"), item("a", parts=[], size=3)]
    assert all(vars(one) == vars(other) for one, other in zip(few, later, strict=True))
    assert [list(vars(one)) for one in few] == [list(vars(other)) for other in later]
    assert few[0].parts is not few[1].parts
    assert few[0].parts == ["a"]


WRONG = [((), {}), (("a", 1, [], 4), {}), (("a",), {"name": "b"}), (("a",), {"colour": 1}), ((), {"size": 1})]


@pytest.mark.parametrize(("args", "kwargs"), WRONG)
def test_wrong_arguments_of_the_first_instance_are_explained_as_those_of_later_ones(args, kwargs):
    item, other = made(), made()
    other.__init__  # noqa: B018  compiles it
    with pytest.raises(TypeError) as first:
        item(*args, **kwargs)
    with pytest.raises(TypeError) as later:
        other(*args, **kwargs)
    assert str(first.value) == str(later.value)


def test_a_class_with_many_instances_has_a_method_of_its_own():
    item = made(frozen=True)
    assert [item("a").size for _ in range(100)] == [3] * 100
    assert inspect.isfunction(item.__dict__["__init__"])


def test_the_first_instance_may_be_of_a_subclass():
    item = made()

    class Kept(item):
        def __init__(self, name):
            super().__init__(name, 5)

    assert (Kept("a").name, Kept("a").size) == ("a", 5)
    assert vars(type("Plain", (item,), {})("b")) == {"name": "b", "size": 3, "parts": ["b"]}


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
