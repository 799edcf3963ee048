"""Shared variables, their containers, and how theano.shared chooses a class."""

import copy
import pickle

import numpy as np
import pytest
from small_ops import add, number, vector

from theano.compile import Container, SharedVariable, generic_constructor, shared, shared_constructor
from theano.graph import generic


def shared_vector(value, **options):
    return SharedVariable("s", vector, value, False, **options)


@pytest.fixture
def array_constructor():
    def make(value, name=None, strict=False, allow_downcast=None, borrow=False):
        if not isinstance(value, np.ndarray) or value.ndim != 1:
            raise TypeError("not a vector")
        return SharedVariable(name, vector, value if borrow else value.copy(), strict, allow_downcast)

    shared_constructor(make)
    yield make
    shared_constructor(make, remove=True)


def test_get_value_copies_unless_borrowed():
    s = shared_vector(np.arange(3.0))
    s.get_value()[:] = 9
    assert list(s.get_value()) == [0, 1, 2]
    s.get_value(borrow=True)[:] = 9
    assert list(s.get_value()) == [9, 9, 9]


def test_set_value_copies_unless_borrowed():
    s = shared_vector(np.zeros(1))
    value = np.arange(4.0)
    s.set_value(value)
    value[:] = 7
    assert list(s.get_value()) == [0, 1, 2, 3]
    s.set_value(value, borrow=True)
    assert s.get_value(borrow=True) is value


def test_the_shape_may_change_but_not_the_type():
    s = shared_vector(np.zeros(1))
    s.set_value(np.zeros(5))
    assert s.get_value().shape == (5,)
    with pytest.raises(TypeError, match="expected 1, got 2"):
        s.set_value(np.zeros((2, 2)))
    assert s.get_value().shape == (5,)


def test_strict_refuses_conversions():
    s = SharedVariable("s", vector, np.zeros(1), True)
    with pytest.raises(TypeError, match="strict"):
        s.set_value([1.0])


def test_zero_works_in_place_and_by_a_new_array():
    value = np.ones(3)
    s = SharedVariable("s", vector, value, False)
    s.zero(borrow=True)
    assert list(value) == [0, 0, 0]
    s.set_value(np.ones(2), borrow=True)
    held = s.get_value(borrow=True)
    s.zero()
    assert list(s.get_value()) == [0, 0]
    assert list(held) == [1, 1]


def test_value_is_gone():
    s = shared_vector(np.zeros(1))
    with pytest.raises(Exception, match="get_value"):
        _ = s.value
    with pytest.raises(Exception, match="set_value"):
        s.value = 3


def test_clones_share_the_container_and_copy_the_tag():
    s = shared_vector(np.zeros(1))
    s.tag.note = "kept"
    twin = s.clone()
    twin.set_value(np.ones(2))
    assert list(s.get_value()) == [1, 1]
    assert twin.tag.note == "kept"
    assert twin.tag is not s.tag
    assert twin is not s


def test_shared_variables_can_be_pickled_and_deep_copied():
    s = shared_vector(np.arange(2.0))
    for twin in (pickle.loads(pickle.dumps(s)), copy.deepcopy(s)):
        twin.set_value(np.ones(1))
        assert list(s.get_value()) == [0, 1]
        assert twin.name == "s"
        assert twin.type == vector


def test_shared_asks_the_newest_constructor_first(array_constructor):
    assert shared(np.zeros(2)).type == vector
    assert shared.constructors[-1] is array_constructor
    assert shared("text").type == generic


def test_options_that_a_constructor_does_not_know_pass_it_over(array_constructor):
    value = np.zeros(2)
    assert shared(value, borrow=True).get_value(borrow=True) is value
    with pytest.raises(TypeError, match=r"(?s)options \['colour'\].*no constructor"):
        shared(value, colour="red")


def test_symbolic_values_are_refused():
    with pytest.raises(TypeError, match=r"(?s)concrete value.*symbolic variable x"):
        shared(number("x"))


def test_a_memory_error_hints_at_borrow(array_constructor):
    def greedy(value, **options):
        raise MemoryError("no room")

    shared_constructor(greedy)
    try:
        with pytest.raises(MemoryError, match="borrow=True"):
            shared(np.zeros(2))
    finally:
        shared_constructor(greedy, remove=True)


def test_generic_shared_variables_hold_anything_but_cannot_be_indexed():
    s = generic_constructor([1, 2], name="items")
    assert s.get_value() == [1, 2]
    with pytest.raises(TypeError, match=r"(?s)items.*holds a list.*numpy.asarray"):
        s[0]


def test_container_rules():
    with pytest.raises(TypeError, match="list of one element"):
        Container(number, [])
    box = Container(number("x"), [None], readonly=True)
    assert box.name == "x"
    with pytest.raises(Exception, match="readonly storage: x"):
        box.value = 1
    box = Container(number, [None])
    box.value = 3
    assert box.storage[0] == 3
    assert box.data == 3
    box.value = None
    assert box.storage == [None]
    twin = copy.deepcopy(box)
    twin.value = 1
    assert box.storage == [None]
    assert twin.type is box.type


def test_a_shared_variable_takes_part_in_expressions():
    s = SharedVariable("s", number, 3.0, False)
    node = add(s, 1).owner
    assert node.inputs[0] is s
    assert str(s) == "s"
