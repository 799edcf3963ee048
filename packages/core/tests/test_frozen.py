"""`theano.frozen.dataclass` beside the decorator of the standard library."""

import copy
import dataclasses
import inspect
import pickle
from typing import ClassVar

import pytest

from theano.frozen import dataclass, own_field_names

DECORATORS = {"ours": dataclass(frozen=True), "standard": dataclasses.dataclass(frozen=True)}


def make(decorate):
    @decorate
    class Base:
        """Base."""

        x: int
        y: tuple = ()

    @decorate
    class Derived(Base):
        z: str = "z"
        shared: ClassVar[int] = 3

        def __post_init__(self):
            object.__setattr__(self, "y", tuple(self.y))

    return Base, Derived


@pytest.fixture(params=DECORATORS)
def classes(request):
    return make(DECORATORS[request.param])


@dataclass(frozen=True)
class Kept:
    """At module level, so that it pickles."""

    x: int
    y: float = 0.5


def test_construction_defaults_and_post_init(classes):
    base, derived = classes
    assert (base(1).x, base(1).y) == (1, ())
    assert derived(1, [2], z="a").y == (2,)
    assert derived.shared == 3
    with pytest.raises(TypeError):
        base()
    with pytest.raises(TypeError):
        base(1, nothing=2)
    assert list(inspect.signature(derived).parameters) == ["x", "y", "z"]


def test_equality_hash_and_text(classes):
    base, derived = classes
    assert base(1) == base(1, ()) != base(2)
    assert hash(base(1)) == hash(base(1, ()))
    assert base(1) != derived(1)
    assert repr(base(1)).endswith("Base(x=1, y=())")


def test_fields_cannot_be_set_or_deleted(classes):
    base, derived = classes
    for value in (base(1), derived(1)):
        with pytest.raises(dataclasses.FrozenInstanceError):
            value.x = 2
        with pytest.raises(dataclasses.FrozenInstanceError):
            del value.x
        assert value.x == 1


def test_functions_of_dataclasses_work(classes):
    base, derived = classes
    assert dataclasses.is_dataclass(base)
    assert [f.name for f in dataclasses.fields(derived)] == ["x", "y", "z"]
    assert dataclasses.fields(derived)[2].default == "z"
    assert dataclasses.replace(derived(1), z="b") == derived(1, (), "b")
    assert dataclasses.asdict(base(1, (2,))) == {"x": 1, "y": (2,)}
    assert base.__match_args__ == ("x", "y")


def test_copies_and_pickles():
    value = Kept(1)
    assert pickle.loads(pickle.dumps(value)) == value
    assert copy.deepcopy(value) == value


def test_unusual_classes_are_left_to_the_standard_library():
    @dataclass(frozen=True)
    class Lists:
        items: list = dataclasses.field(default_factory=list)

    assert Lists().items == []
    assert own_field_names(Lists) is None
    assert own_field_names(Kept) == ("x", "y")
    with pytest.raises(TypeError, match="frozen"):
        dataclass(frozen=False)
