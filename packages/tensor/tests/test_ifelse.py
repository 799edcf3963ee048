"""`ifelse`: values, laziness, errors."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.ifelse import IfElse, ifelse
from theano.scan_module import scan

c, x, y = T.lscalar("c"), T.dvector("x"), T.dvector("y")


class Loud(theano.Op):
    """The identity; counts how often it is computed."""

    def __init__(self):
        self.calls = 0

    def make_node(self, v):
        return theano.Apply(self, [v], [v.type()])

    def perform(self, node, inputs, output_storage):
        self.calls += 1
        output_storage[0][0] = inputs[0].copy()


@pytest.mark.parametrize("condition", [0, 1, 5])
def test_chooses_by_the_condition(condition):
    f = theano.function([c, x, y], ifelse(c, x, y))
    assert f(condition, [1.0], [2.0]).tolist() == [1.0 if condition else 2.0]


@pytest.mark.parametrize("optimizer", [None, "fast_run"])
@pytest.mark.parametrize("linker", ["py", "cvm"])
def test_computes_only_the_branch_that_is_taken(linker, optimizer):
    left, right = Loud(), Loud()
    f = theano.function([c, x], ifelse(c, left(x) + 1, right(x) * 2), mode=theano.Mode(linker, optimizer))
    assert f(1, [3.0]).tolist() == [4.0]
    assert (left.calls, right.calls) == (1, 0)
    assert f(0, [3.0]).tolist() == [6.0]
    assert (left.calls, right.calls) == (1, 1)


def test_nested_choices_are_lazy():
    ops = [Loud() for _ in range(4)]
    a, b, d, e = [op(x * k) for k, op in enumerate(ops, 1)]
    f = theano.function([c, x], ifelse(c > 1, ifelse(c > 2, a, b), ifelse(c > 0, d, e)))
    for k, which in enumerate([3, 2, 1, 0]):
        assert f(k, [1.0]).tolist() == [which + 1.0]
    assert [op.calls for op in ops] == [1, 1, 1, 1]


def test_several_values_come_in_the_container_of_the_first_branch():
    as_list = ifelse(c, [x, x + 1], [y, y + 2])
    as_tuple = ifelse(c, (x, x + 1), [y, y + 2])
    assert isinstance(as_list, list)
    assert isinstance(as_tuple, tuple)
    assert isinstance(ifelse(c, [x], [y]), list)
    found = theano.function([c, x, y], as_list)(0, [1.0], [2.0])
    assert [v.tolist() for v in found] == [[2.0], [4.0]]


def test_results_are_no_views_of_arguments():
    f = theano.function([c, theano.In(x, borrow=True)], theano.Out(ifelse(c, x, x + 1), borrow=True))
    value = np.ones(2)
    f(1, value)[...] = 7
    assert value.tolist() == [1.0, 1.0]


def test_numbers_become_variables():
    assert theano.function([c], ifelse(c, 1.5, 2.5))(0) == 2.5


def test_works_inside_a_loop():
    out, _ = scan(lambda row: ifelse(row > 1, row * 10, row - 1), x)
    assert out.eval({x: [0.0, 1.0, 2.0]}).tolist() == [-1.0, 0.0, 20.0]


def test_work_of_a_branch_stays_inside_the_loop():
    loud = Loud()
    out, _ = scan(lambda row: ifelse(row > 1, loud(y).sum(), row), x)
    f = theano.function([x, y], out)
    f([0.0, 1.0], [1.0])
    assert loud.calls == 0
    assert f([0.0, 2.0], [1.0, 2.0]).tolist() == [0.0, 3.0]


def test_text_and_equality():
    assert str(IfElse(1)) == "if{}"
    assert str(IfElse(2, as_view=True, name="mine")) == "if{mine,inplace}"
    assert IfElse(1) == IfElse(1) != IfElse(2)
    assert IfElse(1, as_view=True).view_map == {0: [1, 2]}


@pytest.mark.parametrize("bad", [x, T.dmatrix("m")])
def test_the_condition_has_no_dimensions(bad):
    with pytest.raises(TypeError, match=r"switch"):
        ifelse(bad, x, y)


def test_branches_have_as_many_values():
    with pytest.raises(ValueError, match="1 and 2 values"):
        ifelse(c, [x], [x, y])


@pytest.mark.parametrize("other", [T.dmatrix("m"), T.fvector("f")])
def test_branches_have_equal_types(other):
    with pytest.raises(TypeError, match="same type"):
        ifelse(c, x, other)


def test_shapes_follow_the_branch():
    out = ifelse(c, x, y)
    f = theano.function([c, x, y], out.shape)
    assert f(1, np.ones(2), np.ones(5)).tolist() == [2]
    assert f(0, np.ones(2), np.ones(5)).tolist() == [5]
